import { and, eq, inArray, isNull } from 'drizzle-orm'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { Transaction } from './database.ts'
import { files } from './schema.ts'

/** Files that people say something with belong to the run then, so that whoever reads that may read them. */
export async function shareFiles(tx: Transaction, run: RunRef, entry: JournalEntry): Promise<void> {
  if (entry.event !== 'message' || entry.attachments.length === 0) return
  if (entry.role !== 'user' && !entry.by) return
  await tx
    .update(files)
    .set({ instanceUuid: run.instanceUuid })
    .where(
      and(
        eq(files.workspaceId, run.workspaceId),
        eq(files.appId, run.appId),
        isNull(files.instanceUuid),
        inArray(
          files.fileId,
          entry.attachments.map(({ fileId }) => fileId),
        ),
      ),
    )
}
