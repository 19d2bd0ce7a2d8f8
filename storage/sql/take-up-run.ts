import { and, eq } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Transaction } from './database.ts'
import { type InstanceRow, refOf } from './find-instance.ts'
import { instances, type StartOrder } from './schema.ts'
import { writeJournal } from './write-journal.ts'

/**
 * Opens a failed run again, and tells its readers. From here on it is not lost: whoever finds it not dispatched hands
 * it to Temporal.
 * @throws Refusal `Conflict` when it has not failed, or goes on already
 */
export async function takeUpRun(
  tx: Transaction,
  run: Pick<InstanceRow, 'workspaceId' | 'instanceUuid'>,
): Promise<InstanceRow> {
  const place = and(eq(instances.workspaceId, run.workspaceId), eq(instances.instanceUuid, run.instanceUuid))
  const [row] = await tx.select().from(instances).where(place).for('no key update')
  if (row?.status !== 'failed')
    throw new Refusal(
      'Conflict',
      `only a run that failed can be retried; this one is ${row?.status ?? 'unknown'}`,
    )
  const retries = row.retries + 1
  const startOrder: StartOrder = { ...row.startOrder, resume: { kind: 'retry', times: retries } }
  await writeJournal(tx, refOf({ ...row, retries }), [
    {
      event: 'instanceStarted',
      key: `run~${retries}:started`,
      at: new Date().toISOString(),
      title: row.workflowName,
      status: 'running',
      retry: retries,
    },
  ])
  const [opened] = await tx
    .update(instances)
    .set({ retries, startOrder, dispatched: false, comparedAt: new Date() })
    .where(place)
    .returning()
  return opened ?? row
}
