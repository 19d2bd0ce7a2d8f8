import { and, eq, inArray, isNull } from 'drizzle-orm'
import type { Transaction } from './database.ts'
import { files } from './schema.ts'

/** Shows files in the Library. A file that is there already keeps its place. */
export async function putInLibrary(
  tx: Transaction,
  scope: { workspaceId: string; appId: string },
  fileIds: string[],
): Promise<void> {
  if (fileIds.length === 0) return
  await tx
    .update(files)
    .set({ libraryAt: new Date() })
    .where(
      and(
        eq(files.workspaceId, scope.workspaceId),
        eq(files.appId, scope.appId),
        inArray(files.fileId, fileIds),
        isNull(files.libraryAt),
      ),
    )
}
