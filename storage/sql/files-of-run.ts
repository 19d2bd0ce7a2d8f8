import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { FileValue } from '../../shared/contract/file.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { isUuid } from '../../shared/contract/uuid.ts'
import type { Database } from './database.ts'
import { files, instances, journal, versions } from './schema.ts'

/**
 * Files that a run may use, in the order asked for; others are left out. A value may claim to be any file, and so may an
 * expression: what counts is whose file it is. A run uses what its starter may read, what it or a run of its starter
 * made, what it was given as an answer, what its definition names, and the Library. A run that nobody started in
 * particular was started by a Temporal client, which may do everything.
 */
export async function filesOfRun(db: Database, run: RunRef, fileIds: string[]): Promise<FileValue[]> {
  const ids = fileIds.filter(isUuid).map((fileId) => fileId.toLowerCase())
  if (ids.length === 0) return []
  const rows = await db
    .select({ fileId: files.fileId, name: files.name, mediaType: files.mediaType, bytes: files.bytes })
    .from(files)
    .where(
      and(
        eq(files.workspaceId, run.workspaceId),
        eq(files.appId, run.appId),
        inArray(files.fileId, ids),
        isTheirs(run),
      ),
    )
  return ids.flatMap((fileId) => rows.filter((row) => row.fileId === fileId))
}

function isTheirs(run: RunRef): SQL | undefined {
  const starter = run.startedBy
  if (!starter || starter.roles?.includes('admin')) return undefined
  const { workspaceId, workflowId, version } = run
  const streamId = run.chatSessionId ?? run.instanceUuid
  return sql`(
    ${files.createdBy} = ${starter.userId}
    or ${files.libraryAt} is not null
    or exists (
      select from ${instances} where ${instances.instanceUuid} = ${files.instanceUuid}
        and ${instances.workspaceId} = ${workspaceId} and ${instances.startedById} = ${starter.userId})
    or exists (
      select from ${journal} where ${journal.streamId} = ${streamId} and ${journal.workspaceId} = ${workspaceId}
        and ${journal.event} = 'message' and ${journal.data} ->> 'role' = 'user'
        and ${journal.data} -> 'attachments' @> jsonb_build_array(jsonb_build_object('fileId', ${files.fileId})))
    or exists (
      select from ${versions} where ${versions.workflowId} = ${workflowId} and ${versions.version} = ${version}
        and ${versions.workspaceId} = ${workspaceId}
        and position(${files.fileId}::text in ${versions.definition}::text) > 0))`
}
