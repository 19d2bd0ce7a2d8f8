import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { InstanceStatus } from '../../shared/contract/journal.ts'
import { takeUpRun } from '../../storage/sql/take-up-run.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { dispatch } from './dispatch.ts'
import { mustRead } from './must-read.ts'

/**
 * Lets a failed run go on from the step it failed at, under the same id.
 * @throws Refusal
 */
export async function retry(
  deps: Deps,
  caller: Caller,
  instanceUuid: string,
  one: Try,
): Promise<{ instanceUuid: string; status: InstanceStatus }> {
  const run = await mustRead(deps.db, caller, instanceUuid)
  if (run.startedById !== caller.userId && !isAdmin(caller))
    throw new Refusal('Forbidden', 'only who started the run, or an admin, retries it')
  if (run.chatSessionId)
    throw new Refusal('Conflict', 'this is a turn of a conversation: send the message again')
  if (run.parentInstanceUuid)
    throw new Refusal('Conflict', 'a subworkflow or an action is retried with the run that called it')
  const reply = { instanceUuid, status: 'running' as const }
  const opened = await deps.db.transaction(async (tx) => {
    const taken = await takeUpRun(tx, run)
    await one.keep(tx, { status: 202, body: reply })
    return taken
  })
  await dispatch(deps, caller, { ...opened, startedBy: opened.startedBy ?? undefined })
  return reply
}
