import type { AnswerBody } from '../../shared/contract/api/run-replies.ts'
import { type Caller, isAdmin, personOf } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { idFrom } from '../../storage/id-from.ts'
import type { InstanceRow } from '../../storage/sql/find-instance.ts'
import { findRequest, listOpenRequests, type RequestRow } from '../../storage/sql/find-requests.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { checkFit } from './check-fit.ts'
import { doorOf } from './door-of.ts'
import { mustRead } from './must-read.ts'

/**
 * Answers an open question of a run. What does not fit is refused here, with the reason, and costs no attempt; the
 * workflow has the last word.
 * @throws Refusal
 */
export async function answer(
  deps: Deps,
  caller: Caller,
  instanceUuid: string,
  body: AnswerBody,
  one: Try,
): Promise<{ requestId: string }> {
  const run = await mustRead(deps.db, caller, instanceUuid)
  if (run.startedById !== caller.userId && !isAdmin(caller))
    throw new Refusal('Forbidden', 'only who started the run, or an admin, answers its questions')
  const request = await openQuestion(deps, run, body.requestId, one.again)
  if (request) await checkFit(deps, caller, request, body)
  const { value, fileIds } = body
  const requestId = request?.requestId ?? body.requestId
  const taken = await doorOf(deps.engine(caller), run, request?.instanceUuid).answer(
    {
      ...(requestId ? { requestId } : {}),
      ...(value === undefined ? {} : { value }),
      ...(fileIds ? { fileIds } : {}),
      by: personOf(caller),
    },
    { updateId: idFrom(`${one.seed}:answer`) },
  )
  await deps.settled(caller.workspaceId, taken.requestId)
  return taken
}

/** The question that is meant. After a try that broke off it may be closed by just that try: then the workflow knows. */
async function openQuestion(
  deps: Deps,
  run: InstanceRow,
  requestId: string | undefined,
  again: boolean,
): Promise<RequestRow | undefined> {
  if (run.finishedAt && !again) throw new Refusal('NotRunning', `the run is ${run.status}`)
  const open = (await listOpenRequests(deps.db, run.workspaceId, run.instanceUuid)).filter(
    ({ kind }) => kind === 'answer',
  )
  if (requestId) {
    const found = open.find((request) => request.requestId === requestId)
    if (found || again) return found
    const closed = await findRequest(deps.db, run.workspaceId, run.instanceUuid, requestId)
    throw new Refusal('NotOpen', whyNotOpen(closed))
  }
  if (open.length === 1 || (open.length === 0 && again)) return open[0]
  throw new Refusal(
    'NotOpen',
    open.length === 0
      ? 'no question is open in this run'
      : `${open.length} questions are open: say which by requestId`,
  )
}

function whyNotOpen(request: RequestRow | undefined): string {
  if (request?.kind === 'approval' || request?.kind === 'budget')
    return 'this is an approval: send a decision'
  return request?.outcome === 'expired' && request.closedAt
    ? `nobody answered in time: this question expired at ${request.closedAt.toISOString()}`
    : 'this question is not open (any more)'
}
