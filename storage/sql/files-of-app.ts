import { and, eq, inArray } from 'drizzle-orm'
import type { FileValue } from '../../shared/contract/file.ts'
import type { Database } from './database.ts'
import { files } from './schema.ts'

/** Files of an app by their ids, in the order asked for; ids that are unknown or foreign are left out. */
export async function filesOfApp(
  db: Database,
  scope: { workspaceId: string; appId: string },
  fileIds: string[],
): Promise<FileValue[]> {
  if (fileIds.length === 0) return []
  const rows = await db
    .select({ fileId: files.fileId, name: files.name, mediaType: files.mediaType, bytes: files.bytes })
    .from(files)
    .where(
      and(
        eq(files.workspaceId, scope.workspaceId),
        eq(files.appId, scope.appId),
        inArray(files.fileId, fileIds),
      ),
    )
  return fileIds.flatMap((fileId) => rows.filter((row) => row.fileId === fileId))
}
