import { and, eq } from 'drizzle-orm'
import type { ErrorCode } from '../../shared/contract/errors.ts'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import type { Database, Transaction } from './database.ts'
import { type InstanceRow, refOf } from './find-instance.ts'
import { instances, journal } from './schema.ts'
import { writeJournal } from './write-journal.ts'

/**
 * Closes a run where Temporal runs no code for it any more: one that was never handed over, or that was ended from
 * outside. As cancelled, unless an `error` says that it failed. With `onlyUndispatched` a run that Temporal has is left
 * alone. False when nothing was closed.
 */
export const closeRun = (
  db: Database,
  run: Pick<InstanceRow, 'workspaceId' | 'instanceUuid'>,
  more: { onlyUndispatched?: boolean; error?: { code: ErrorCode; message: string } } = {},
): Promise<boolean> =>
  db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(instances)
      .where(and(eq(instances.workspaceId, run.workspaceId), eq(instances.instanceUuid, run.instanceUuid)))
      .for('no key update')
    if (!row || row.finishedAt || (more.onlyUndispatched && row.dispatched)) return false
    const entry: JournalEntry = {
      event: 'instanceFinished',
      status: more.error ? 'failed' : 'cancelled',
      ...(more.error ? { error: more.error } : {}),
      key: row.retries > 0 ? `run~${row.retries}:finished` : 'run:finished',
      at: new Date().toISOString(),
    }
    const prompts = row.chatSessionId && !more.error ? await cancelledPrompts(tx, row, entry.at) : []
    await writeJournal(tx, refOf(row), [...prompts, entry])
    // A start that is under way may still reach Temporal: the sweeper looks after a closed run that is not dispatched.
    if (!row.dispatched)
      await tx
        .update(instances)
        .set({ dispatched: false })
        .where(and(eq(instances.workspaceId, row.workspaceId), eq(instances.instanceUuid, row.instanceUuid)))
    return true
  })

/** The prompts of a turn, marked as its workflow would have marked them. */
async function cancelledPrompts(
  tx: Transaction,
  { workspaceId, instanceUuid }: InstanceRow,
  at: string,
): Promise<JournalEntry[]> {
  const [opened] = await tx
    .select({ data: journal.data })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, workspaceId),
        eq(journal.instanceUuid, instanceUuid),
        eq(journal.event, 'turnOpened'),
      ),
    )
  const messageIds = (opened?.data.messageIds ?? []) as string[]
  return messageIds.map((messageId) => ({
    event: 'chatCancelled',
    key: `cancelled:${messageId}`,
    messageId,
    at,
  }))
}
