import type { DecisionBody } from '../../shared/contract/api/run-replies.ts'
import { type Caller, isAdmin, personIn } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { mayDecide } from '../../shared/contract/request.ts'
import { idFrom } from '../../storage/id-from.ts'
import { findInstance, type InstanceRow, isOfApp } from '../../storage/sql/find-instance.ts'
import { findRequest, listOpenRequests, type RequestRow } from '../../storage/sql/find-requests.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { doorOf } from './door-of.ts'

/**
 * Decides an open approval. The workflow has the last word: two decisions at once see each other there.
 * @throws Refusal
 */
export async function decide(
  deps: Deps,
  caller: Caller,
  instanceUuid: string,
  body: DecisionBody,
  one: Try,
): Promise<{ requestId: string }> {
  const run = await findInstance(deps.db, caller, instanceUuid)
  if (!run) throw await notForThem(deps, caller, instanceUuid)
  const request = await meantApproval(deps, run, body.requestId, one.again)
  if (request) checkDecision(caller, run, request, body, one.again)
  const requestId = request?.requestId ?? body.requestId
  const taken = await doorOf(deps.engine(caller), run, request?.instanceUuid).decide(
    { ...body, ...(requestId ? { requestId } : {}), by: personIn(caller, request?.request.approvers?.team) },
    { updateId: idFrom(`${one.seed}:decide`) },
  )
  await deps.settled(caller.workspaceId, taken.requestId)
  return taken
}

/** Who cannot even see a run of their app is no approver in it; a run of another app does not exist. */
const notForThem = async (deps: Deps, caller: Caller, instanceUuid: string): Promise<Refusal> =>
  (await isOfApp(deps.db, caller, instanceUuid))
    ? new Refusal('NotApprover', 'you are not an approver in this run')
    : new Refusal('NotFound', 'there is no such run')

const isDecided = (kind: string | undefined) => kind === 'approval' || kind === 'budget'

/** The approval that is meant, open or closed. After a try that broke off it may be closed by just that try. */
async function meantApproval(
  deps: Deps,
  run: InstanceRow,
  requestId: string | undefined,
  again: boolean,
): Promise<RequestRow | undefined> {
  if (requestId) {
    const found = await findRequest(deps.db, run.workspaceId, run.instanceUuid, requestId)
    if (!isDecided(found?.kind))
      throw new Refusal(
        'NotOpen',
        found ? 'this is a question: send an answer' : 'no approval of this run has this requestId',
      )
    return found
  }
  if (run.finishedAt && !again) throw new Refusal('NotRunning', `the run is ${run.status}`)
  const open = (await listOpenRequests(deps.db, run.workspaceId, run.instanceUuid)).filter(({ kind }) =>
    isDecided(kind),
  )
  if (open.length === 1 || (open.length === 0 && again)) return open[0]
  throw new Refusal(
    'NotOpen',
    open.length === 0
      ? 'no approval is open in this run'
      : `${open.length} approvals are open: say which by requestId`,
  )
}

function checkDecision(
  caller: Caller,
  run: InstanceRow,
  row: RequestRow,
  body: DecisionBody,
  again: boolean,
): void {
  const { request, closedAt, closedBy } = row
  const isStarter = run.startedById === null ? isAdmin(caller) : run.startedById === caller.userId
  if (request.approvers ? !mayDecide(request.approvers, caller) : !isStarter)
    throw new Refusal('NotApprover', 'you are not among the approvers of this request')
  if (closedAt && !again) {
    if (!closedBy)
      throw new Refusal(
        'NotOpen',
        row.outcome === 'expired'
          ? `nobody decided in time: this approval expired at ${closedAt.toISOString()}`
          : `this approval is not open any more: the run is ${row.outcome ?? run.status}`,
      )
    throw new Refusal(
      'AlreadyDecided',
      `decided already: ${row.outcome ?? 'closed'} by ${closedBy.name ?? closedBy.userId} at ${closedAt.toISOString()}`,
    )
  }
  if (body.decision === 'changes' && !request.changesAllowed)
    throw new Refusal('Invalid', 'decision: this approval knows no changes: approve or reject')
  if (body.edited !== undefined && !request.editAllowed)
    throw new Refusal('Invalid', 'edited: the text of this approval may not be edited')
}
