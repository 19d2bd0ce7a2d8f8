import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { InstanceStatus } from '../../shared/contract/journal.ts'
import { closeRun } from '../../storage/sql/close-run.ts'
import type { InstanceRow } from '../../storage/sql/find-instance.ts'
import type { Deps } from '../deps.ts'
import { asRefusal } from '../errors.ts'
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
  if (run.chatSessionId) await cancelTurn(deps, caller, run, run.chatSessionId)
  else await deps.engine(caller).cancel(instanceUuid)
  return { instanceUuid, status: run.status }
}

/** A turn is cancelled, not its conversation. One that ended in this moment says how. */
async function cancelTurn(
  deps: Deps,
  caller: Caller,
  { instanceUuid }: InstanceRow,
  chatSessionId: string,
): Promise<void> {
  try {
    await deps.engine(caller).cancelTurn(chatSessionId, instanceUuid)
  } catch (error) {
    if (asRefusal(error)?.code !== 'NotRunning') throw error
    const { status } = await mustRead(deps.db, caller, instanceUuid)
    if (status !== 'cancelled') throw new Refusal('NotRunning', `the turn is ${status} already`)
  }
}
