import type { OpenRequest } from '../shared/contract/request.ts'
import { HandOver } from './hand-over.ts'
import type { HandoffNews, SaidToPerson } from './handoffs.ts'
import { knowTeam } from './know-team.ts'
import type { StepRun } from './step-run.ts'

/** A handoff as a step wants it. */
interface Terms {
  /** Among those of one step. */
  name: string
  team: string
  /** What the user is told until somebody is there. */
  question: string
  note: string
  /** When it is too late to take it. */
  deadline: string | undefined
}

/** What became of a handoff: who handed it back, or that nobody came. */
export interface Parted {
  requestId: string
  returned?: Extract<HandoffNews, { kind: 'returned' }>
}

/** Tells readers what the user and a person of the team say, until the person hands back or it is too late to come. */
export async function withPerson(terms: Terms, run: StepRun): Promise<Parted> {
  const { handoffs } = run.desk
  const request = await requestOf(terms, run)
  const { requestId } = request
  handoffs.open(request)
  try {
    for (;;) {
      const isTaken = handoffs.takenBy(requestId) !== undefined
      const news = await run.until(() => handoffs.next(requestId), isTaken ? undefined : terms.deadline)
      if (news === undefined) {
        handoffs.leave(requestId)
        run.closeRequest(request, 'expired')
        return { requestId }
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
        return { requestId, returned: news }
      }
      tell(news, request, run)
    }
  } catch (error) {
    // What was taken is told, whatever stops the step; the next execution tells it itself.
    if (!(error instanceof HandOver)) for (const said of handoffs.leave(requestId)) tell(said, request, run)
    throw error
  }
}

/** Closes the handoff of a step that goes on without it. */
export function sendAway(run: StepRun): void {
  const request = run.desk.open.get(run.kept<string>('request') ?? '')
  if (request?.kind !== 'handoff') return
  for (const said of run.desk.handoffs.leave(request.requestId)) tell(said, request, run)
  run.closeRequest(request, 'cancelled')
}

/** The open handoff. What the user hears of it comes first, so that who waits for the turn's reply gets it. */
async function requestOf(
  { name, team, question, note, deadline }: Terms,
  run: StepRun,
): Promise<OpenRequest> {
  const told = `told ${name}`
  if (run.kept(told) === undefined) {
    await knowTeam(run, team)
    // From here to the open request in one go: lines side by side must not take each other's ids when it is replayed.
    run.keep(told, true)
    run.say('system', question, { cause: name })
  }
  return run.openRequest({
    kind: 'handoff',
    question,
    approvers: { team },
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
