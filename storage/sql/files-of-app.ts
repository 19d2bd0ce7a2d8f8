import { and, eq, inArray } from 'drizzle-orm'
import type { FileValue } from '../../shared/contract/file.ts'
import { isUuid } from '../../shared/contract/uuid.ts'
import type { Database } from './database.ts'
import { files } from './schema.ts'

/** Files of an app by their ids, in the order asked for; what is unknown, foreign or no id is left out. */
export async function filesOfApp(
  db: Database,
  scope: { workspaceId: string; appId: string },
  fileIds: string[],
): Promise<FileValue[]> {
  const ids = fileIds.filter(isUuid)
  if (ids.length === 0) return []
  const rows = await db
    .select({ fileId: files.fileId, name: files.name, mediaType: files.mediaType, bytes: files.bytes })
    .from(files)
    .where(
      and(eq(files.workspaceId, scope.workspaceId), eq(files.appId, scope.appId), inArray(files.fileId, ids)),
    )
  return ids.flatMap((fileId) => rows.filter((row) => row.fileId === fileId.toLowerCase()))
}
