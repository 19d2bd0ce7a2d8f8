import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { InstanceStatus } from '../../shared/contract/journal.ts'
import { closeRun } from '../../storage/sql/close-run.ts'
import { findInstance, type InstanceRow } from '../../storage/sql/find-instance.ts'
import { findSessionOfQueued } from '../../storage/sql/find-session.ts'
import type { SessionRow } from '../../storage/sql/lock-session.ts'
import { untilSeen } from '../chat/until-seen.ts'
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
  const found = await findInstance(deps.db, caller, instanceUuid)
  const session = found ? undefined : await findSessionOfQueued(deps.db, caller, instanceUuid)
  if (session) return cancelQueued(deps, caller, session, instanceUuid)
  // What waited at the first look may have begun since.
  const run = found ?? (await mustRead(deps.db, caller, instanceUuid))
  if (run.startedById !== caller.userId && !isAdmin(caller))
    throw new Refusal('Forbidden', 'only who started the run, or an admin, cancels it')
  if (run.status === 'cancelled') return { instanceUuid, status: 'cancelled' }
  if (run.finishedAt) throw new Refusal('NotRunning', `the run is ${run.status} already`)
  if (await closeRun(deps.db, run, { onlyUndispatched: true })) return { instanceUuid, status: 'cancelled' }
  if (run.chatSessionId) await cancelTurn(deps, caller, run, run.chatSessionId)
  else await deps.engine(caller).cancel(instanceUuid)
  return { instanceUuid, status: run.status }
}

/** A turn whose message still waits: it never begins, and is in History as cancelled. @throws Refusal */
async function cancelQueued(
  deps: Deps,
  caller: Caller,
  { chatSessionId }: SessionRow,
  instanceUuid: string,
): Promise<{ instanceUuid: string; status: InstanceStatus }> {
  await cancelTurn(deps, caller, { instanceUuid }, chatSessionId)
  const found = () => findInstance(deps.db, caller, instanceUuid)
  await untilSeen(async () => (await found())?.finishedAt != null)
  return { instanceUuid, status: (await found())?.status ?? 'cancelled' }
}

/** A turn is cancelled, not its conversation. One that ended in this moment says how. */
async function cancelTurn(
  deps: Deps,
  caller: Caller,
  { instanceUuid }: Pick<InstanceRow, 'instanceUuid'>,
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
