import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { DocumentFields } from '../../shared/contract/knowledge.ts'
import type { Database } from '../../storage/sql/database.ts'
import { findFiles } from '../../storage/sql/find-files.ts'

/** A document as its row names it. @throws Refusal `Invalid` for a file that the caller may not read */
export async function wantedDocument(db: Database, caller: Caller, { fileId, url, name }: DocumentFields) {
  if (!fileId) return { url, name: name ?? nameOf(url ?? '') }
  const [file] = await findFiles(db, caller, [fileId])
  if (file) return { fileId, name: name ?? file.name }
  const problems = [{ path: 'fileId', message: `no file has the id ${fileId}: upload it first` }]
  throw new Refusal('Invalid', `no file has the id ${fileId}: upload it first`, { problems })
}

/** An address as people say it. */
const nameOf = (url: string): string =>
  url
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
    .slice(0, 200)
