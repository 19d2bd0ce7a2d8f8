import { and, eq } from 'drizzle-orm'
import { emptyView } from '../../shared/contract/journal.ts'
import type { Person } from '../../shared/contract/person.ts'
import { tell } from '../live/live.ts'
import type { Database, Transaction } from './database.ts'
import { instances, type StartOrder } from './schema.ts'

export interface NewRun {
  instanceUuid: string
  workspaceId: string
  appId: string
  workflowId: string
  version: number
  workflowName: string
  startedBy: Person
  startOrder: StartOrder
  temporalWorkflowId: string
  rewoundFrom?: string
}

/** Keeps an accepted start. From here on it is not lost: whoever finds it not dispatched hands it to Temporal. */
export async function addRun(tx: Transaction, run: NewRun): Promise<void> {
  const added = await tx
    .insert(instances)
    .values({
      ...run,
      kind: run.startOrder.isTest ? 'test' : 'run',
      status: 'running',
      view: emptyView,
      startedById: run.startedBy.userId,
      dispatched: false,
    })
    .onConflictDoNothing()
    .returning({ instanceUuid: instances.instanceUuid })
  if (added.length === 0) return
  const { workspaceId, appId, instanceUuid } = run
  await tell(tx, {
    t: 'journal',
    workspaceId,
    appId,
    streamId: instanceUuid,
    instanceUuid,
    seq: 0,
    status: 'running',
    percent: 0,
    startedById: run.startedBy.userId,
  })
}

/** Temporal has the run. True when the run was cancelled in the meantime, so that it has to be cancelled there too. */
export async function markDispatched(
  db: Database,
  workspaceId: string,
  instanceUuid: string,
): Promise<boolean> {
  const [run] = await db
    .update(instances)
    .set({ dispatched: true })
    .where(and(eq(instances.workspaceId, workspaceId), eq(instances.instanceUuid, instanceUuid)))
    .returning({ status: instances.status })
  return run?.status === 'cancelled'
}
