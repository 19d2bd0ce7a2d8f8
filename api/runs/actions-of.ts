import type { RunAction } from '../../shared/contract/api/instances.ts'
import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import { mayDecide } from '../../shared/contract/request.ts'
import type { InstanceRow } from '../../storage/sql/find-instance.ts'
import { wasAnswered } from '../../storage/sql/find-requests.ts'
import type { Deps } from '../deps.ts'

/** Whether a run is the caller's to answer, cancel, retry and rewind. */
export const mayAct = (caller: Caller, { startedById }: InstanceRow): boolean =>
  startedById === caller.userId || isAdmin(caller)

/** What the caller may do with a run now. */
export async function actionsOf({ db }: Deps, caller: Caller, run: InstanceRow): Promise<RunAction[]> {
  const isTheirs = mayAct(caller, run)
  const { requests } = run.view
  // What is said in a conversation is said again, not done again.
  const isRun = run.chatSessionId === null
  const may: Record<RunAction, boolean> = {
    answer: isTheirs && requests.some(({ kind }) => kind === 'answer'),
    decide: requests.some(
      ({ kind, approvers }) => (kind === 'approval' || kind === 'budget') && mayDecide(approvers, caller),
    ),
    cancel: isTheirs && !run.finishedAt,
    retry: isTheirs && isRun && run.status === 'failed' && !run.parentInstanceUuid,
    rewind: isTheirs && isRun && !run.parentInstanceUuid && (await wasAnswered(db, run)),
    export: true,
  }
  return (Object.keys(may) as RunAction[]).filter((action) => may[action])
}
