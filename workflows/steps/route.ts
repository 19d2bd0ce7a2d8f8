import { milliseconds } from '../../shared/contract/duration.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import type { Route } from '../../shared/contract/steps/route.ts'
import { delivery } from '../activities.ts'
import { HandOver } from '../hand-over.ts'
import type { HandoffNews, SaidToPerson } from '../handoffs.ts'
import { knowTeam } from '../know-team.ts'
import type { StepRun } from '../step-run.ts'
import type { Runner } from './runner.ts'

/** Hands the conversation to a person of a team, and goes on when they hand it back, or when nobody came in time. */
export const runRoute: Runner<Route> = async (step, run) => {
  if (run.kept('expired') === undefined) {
    const handedBack = await withPerson(step, run)
    if (handedBack) return handedBack.value
    run.keep('expired', true)
  }
  await run.into('expire', step.expire?.steps ?? [])
  return undefined
}

/** Tells readers what the user and the person say until the person hands back. Gives nothing when nobody came. */
async function withPerson(step: Route, run: StepRun): Promise<{ value: Json | undefined } | undefined> {
  const { handoffs } = run.desk
  const deadline = step.expire && (await run.deadline('deadline', milliseconds(step.expire.after)))
  const request = await requestOf(step, run, deadline)
  const { requestId } = request
  handoffs.open(request)
  try {
    for (;;) {
      const isTaken = handoffs.takenBy(requestId) !== undefined
      const news = await run.until(() => handoffs.next(requestId), isTaken ? undefined : deadline)
      if (news === undefined) {
        handoffs.leave(requestId)
        run.closeRequest(request, 'expired')
        await keep(step, run, requestId, undefined)
        return undefined
      }
      handoffs.takeOut(requestId)
      if (news.kind === 'returned') {
        handoffs.leave(requestId)
        run.note({
          event: 'handoffReturned',
          key: `request:${requestId}:handedBack`,
          requestId,
          by: news.by,
        })
        run.closeRequest(request, 'returned', { kind: 'return', by: news.by, at: news.at })
        return await keep(step, run, requestId, news)
      }
      tell(news, request, run)
    }
  } catch (error) {
    // What was taken is told, whatever stops the step; the next execution tells it itself.
    if (!(error instanceof HandOver)) for (const said of handoffs.leave(requestId)) tell(said, request, run)
    throw error
  }
}

/** The open handoff. What the user hears of it comes first, so that who waits for the turn's reply gets it. */
async function requestOf(step: Route, run: StepRun, deadline: string | undefined): Promise<OpenRequest> {
  const question =
    step.text === undefined ? `Somebody of ${step.team} will talk with you here.` : run.renderText(step.text)
  if (run.kept('request') === undefined) {
    await knowTeam(run, step.team)
    run.say('system', question)
  }
  const note = step.note === undefined ? '' : run.renderText(step.note)
  return run.openRequest({
    kind: 'handoff',
    question,
    approvers: { team: step.team },
    ...(note ? { note } : {}),
    ...(deadline ? { deadline } : {}),
  })
}

function tell(
  news: SaidToPerson | Extract<HandoffNews, { kind: 'taken' }>,
  request: OpenRequest,
  run: StepRun,
): void {
  const { requestId, stepId } = request
  if (news.kind === 'taken') {
    run.desk.open.set(requestId, { ...request, takenBy: news.by })
    run.note({ event: 'handoffTaken', key: `request:${requestId}:taken`, requestId, by: news.by })
    return
  }
  const { messageId, text, attachments, by } = news
  run.note({
    event: 'message',
    key: `request:${requestId}:said:${messageId}`,
    messageId,
    role: by ? 'agent' : 'user',
    text,
    attachments,
    ...(by ? { stepId, by } : {}),
  })
}

/** Keeps what was said in the conversation's memory, and makes the step's result of it. */
const keep = (
  step: Route,
  run: StepRun,
  requestId: string,
  returned: Extract<HandoffNews, { kind: 'returned' }> | undefined,
): Promise<{ value: Json | undefined }> =>
  run.perform(delivery(step).keepHandoff, {
    last: returned !== undefined,
    extra: { requestId, by: returned?.by.userId ?? null, note: returned?.note ?? null },
    ordinal: 0,
  })
