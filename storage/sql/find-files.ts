import { and, eq, inArray, sql } from 'drizzle-orm'
import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import type { Database } from './database.ts'
import { files, instances } from './schema.ts'
import { visibleTo } from './visible-to.ts'

export type FileRow = typeof files.$inferSelect

/** Those of the files that the caller may read: their own, of runs they may read, of the Library; for admins all of the app. */
export async function findFiles(db: Database, caller: Caller, fileIds: string[]): Promise<FileRow[]> {
  if (fileIds.length === 0) return []
  const ofVisibleRun = sql`exists (select from ${instances} where ${instances.instanceUuid} = ${files.instanceUuid} and ${visibleTo(caller)})`
  return db
    .select()
    .from(files)
    .where(
      and(
        eq(files.workspaceId, caller.workspaceId),
        eq(files.appId, caller.appId),
        inArray(files.fileId, fileIds),
        isAdmin(caller)
          ? undefined
          : sql`(${files.createdBy} = ${caller.userId} or ${files.libraryAt} is not null or ${ofVisibleRun})`,
      ),
    )
}
