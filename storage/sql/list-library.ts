import { and, desc, eq, isNotNull, sql } from 'drizzle-orm'
import type { LibraryItem } from '../../shared/contract/api/files.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Database } from './database.ts'
import { anywhere, readCursor, TimeKey, toPage } from './page.ts'
import { files, instances } from './schema.ts'

const inLibrary = (caller: Caller) =>
  and(eq(files.workspaceId, caller.workspaceId), eq(files.appId, caller.appId), isNotNull(files.libraryAt))

const select = (db: Database) =>
  db
    .select({ file: files, workflowName: instances.workflowName })
    .from(files)
    .leftJoin(
      instances,
      and(eq(instances.instanceUuid, files.instanceUuid), eq(instances.workspaceId, files.workspaceId)),
    )

/** Delivered files of the app, newest first. Everybody of the app shares the Library. */
export async function listLibrary(
  db: Database,
  caller: Caller,
  { limit, cursor, q }: PageQuery & { q?: string | undefined },
): Promise<Page<LibraryItem>> {
  const after = readCursor(cursor, TimeKey)
  const rows = await select(db)
    .where(
      and(
        inLibrary(caller),
        q ? sql`${files.name} ilike ${anywhere(q)}` : undefined,
        after && sql`(${files.libraryAt}, ${files.fileId}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(files.libraryAt), desc(files.fileId))
    .limit(limit + 1)
  return toPage(rows, limit, {
    item: asItem,
    key: ({ file }) => [(file.libraryAt as Date).toISOString(), file.fileId],
  })
}

/** One delivered file. */
export async function findLibraryItem(
  db: Database,
  caller: Caller,
  fileId: string,
): Promise<LibraryItem | undefined> {
  const [row] = await select(db).where(and(inLibrary(caller), eq(files.fileId, fileId)))
  return row && asItem(row)
}

const asItem = ({
  file,
  workflowName,
}: {
  file: typeof files.$inferSelect
  workflowName: string | null
}): LibraryItem => ({
  fileId: file.fileId,
  name: file.name,
  mediaType: file.mediaType,
  bytes: file.bytes,
  label: file.label,
  instanceUuid: file.instanceUuid,
  workflowName,
  addedAt: (file.libraryAt as Date).toISOString(),
})
