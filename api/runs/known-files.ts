import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { isObject, type Json } from '../../shared/contract/json.ts'
import { isUuid } from '../../shared/contract/uuid.ts'
import type { Database } from '../../storage/sql/database.ts'
import { type FileRow, findFiles } from '../../storage/sql/find-files.ts'

/**
 * A body may name files, but never describe them: each object with a `fileId` must be a file the caller may read, and
 * name, type and size become those that the server knows. So no forged handle reads somebody else's file.
 * @throws Refusal `Invalid`
 */
export async function withKnownFiles<Value extends object>(
  db: Database,
  caller: Caller,
  value: Value,
): Promise<Value> {
  const ids = new Set<string>()
  walk(value as Json, (handle) => {
    ids.add(handle.fileId.toLowerCase())
    return handle
  })
  if (ids.size === 0) return value
  if (ids.size > 1_000) throw new Refusal('Invalid', 'at most 1,000 files may be named at once')
  const known = new Map((await findFiles(db, caller, [...ids])).map((file) => [file.fileId, file]))
  const unknown = [...ids].find((fileId) => !known.has(fileId))
  if (unknown) throw new Refusal('Invalid', `no file has the id ${unknown}: upload it first`)
  return walk(value as Json, ({ fileId }) => fileValueOf(known.get(fileId.toLowerCase()) as FileRow)) as Value
}

/** A file as steps, variables and answers hold it. */
export const fileValueOf = ({ fileId, name, mediaType, bytes }: FileRow) => ({
  fileId,
  name,
  mediaType,
  bytes,
})

type Handle = { [key: string]: Json; fileId: string }

function walk(value: Json, each: (handle: Handle) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => walk(item, each))
  if (!isObject(value)) return value
  if (typeof value.fileId === 'string' && isUuid(value.fileId)) return each(value as Handle)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner as Json, each)]))
}
