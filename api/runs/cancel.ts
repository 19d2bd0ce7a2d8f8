import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { InstanceStatus } from '../../shared/contract/journal.ts'
import { closeRun } from '../../storage/sql/close-run.ts'
import type { Deps } from '../deps.ts'
import { mustRead } from './must-read.ts'

/**
 * Cancels a run. One that Temporal never got is closed in SQL, so that no sweeper starts it; where its start is under
 * way at this moment, that start sees it closed and cancels.
 * @throws Refusal
 */
export async function cancel(
  deps: Deps,
  caller: Caller,
  instanceUuid: string,
): Promise<{ instanceUuid: string; status: InstanceStatus }> {
  const run = await mustRead(deps.db, caller, instanceUuid)
  if (run.startedById !== caller.userId && !isAdmin(caller))
    throw new Refusal('Forbidden', 'only who started the run, or an admin, cancels it')
  if (run.status === 'cancelled') return { instanceUuid, status: 'cancelled' }
  if (run.finishedAt) throw new Refusal('NotRunning', `the run is ${run.status} already`)
  if (await closeRun(deps.db, run, { onlyUndispatched: true })) return { instanceUuid, status: 'cancelled' }
  await deps.engine(caller).cancel(instanceUuid)
  return { instanceUuid, status: run.status }
}
