import { randomUUID } from 'node:crypto'
import { HttpProblem, type Instance, type Me, type ParleyHttp } from '../../client/http.ts'
import type { Person } from '../../shared/contract/person.ts'
import { mayDecide, type OpenRequest } from '../../shared/contract/request.ts'
import { callOf } from '../call-of.ts'
import { askDecision, type Decided } from '../prompts/ask-decision.ts'
import type { AnswerBody, Dialogue } from '../prompts/dialogue.ts'
import { uploadFiles } from '../prompts/upload-files.ts'
import { oneLine } from '../screen/plain.ts'
import { Interrupted, Settled } from '../screen/prompts.ts'
import { Unanswered } from '../usage-error.ts'
import { askQuestion } from './ask-question.ts'
import type { GivenAnswers } from './given-answers.ts'
import { shortId, whoReplies } from './names.ts'
import { patiently, RunFeed } from './run-feed.ts'
import type { Voice } from './voice.ts'
import { whatNow } from './what-now.ts'

export interface FollowOrder {
  client: ParleyHttp
  instanceUuid: string
  me: Me
  voice: Voice
  /** How people are asked, where somebody sits at a terminal. */
  dialogue?: Dialogue | undefined
  answers: GivenAnswers
  /** Approve whatever the caller may decide. */
  approve: boolean
  /** When nobody can be asked and no answer was given: fail, or leave the question to others. */
  unanswered: 'fail' | 'wait'
}

/**
 * Converses with a run until it is over: tells what happens, answers from what was given, asks for the rest.
 * Gives `left` when the person leaves it running.
 * @throws Unanswered when a question has no answer and must have one
 */
export async function followRun(order: FollowOrder): Promise<'over' | 'left'> {
  const { client, instanceUuid, voice, dialogue } = order
  const feed = new RunFeed(client, instanceUuid, voice)
  const interrupt = () => feed.interrupt()
  if (dialogue) process.on('SIGINT', interrupt)
  try {
    for (;;) {
      if (dialogue && feed.takeInterrupt()) {
        const move = await whatNow(dialogue, feed.over)
        if (move === 'leave') return 'left'
        if (move === 'cancel') await cancelRun(order)
      }
      if (feed.over) return 'over'
      const requestId = feed.waiting.first
      if (!requestId) {
        await feed.next()
        continue
      }
      try {
        await reply(requestId, order, feed)
      } catch (error) {
        if (error instanceof Interrupted) feed.interrupt()
        else if (!(error instanceof Settled)) throw error
      }
    }
  } finally {
    process.off('SIGINT', interrupt)
    feed.close()
    dialogue?.screen.rest()
  }
}

async function cancelRun({ client, instanceUuid, voice }: FollowOrder): Promise<void> {
  try {
    await patiently(() => client.cancel(instanceUuid), voice)
  } catch (error) {
    // It ended in the meantime: the stream tells how.
    if (!(error instanceof HttpProblem && error.status === 409)) throw error
  }
}

/** What a feed knows of the requests that wait for a reply. */
export type Requests = Pick<RunFeed, 'waiting' | 'leave' | 'comeBack' | 'whileOpen'>

/** Replies to a request, or finds that it is not ours to reply to. */
export async function reply(requestId: string, order: FollowOrder, feed: Requests): Promise<void> {
  const { client, instanceUuid, voice } = order
  // The stream may still be telling the past: only what is open now is asked.
  const instance = await patiently(() => client.instance(instanceUuid), voice)
  const request = instance.requests.find((one) => one.requestId === requestId)
  if (!request) {
    feed.leave(requestId)
    return
  }
  const mayReply =
    request.kind === 'answer'
      ? mayAnswer(instance, order.me)
      : request.kind !== 'handoff' && mayDecide(request.approvers, selfOf(order.me))
  const isUnattended =
    !order.dialogue && order.unanswered === 'wait' && !(request.kind !== 'answer' && order.approve)
  if (!mayReply || isUnattended) {
    feed.leave(requestId)
    voice.waitsFor(request, whoReplies(request, instance))
    return
  }
  if (order.dialogue && feed.waiting.size > 1)
    voice.remark(`${feed.waiting.size} questions are open, one after the other:`)
  await (request.kind === 'answer' ? answer(request, order, feed) : decide(request, order, feed))
}

async function answer(request: OpenRequest, order: FollowOrder, feed: Requests): Promise<void> {
  const { client, dialogue, voice } = order
  if (request.reason) voice.refused(request.reason)
  // What was given was refused already, when a question comes again with a reason.
  let given = request.reason ? undefined : await givenAnswer(request, order)
  let reason = request.reason
  let before: string | undefined
  let previous: AnswerBody | undefined
  for (;;) {
    if (!given && !dialogue) throw new Unanswered(unanswered(request, reason, order))
    const wasGiven = given !== undefined
    const body: AnswerBody =
      given ??
      (await askQuestion(
        { request, before, previous, signal: feed.whileOpen(request.requestId) },
        dialogue as Dialogue,
      ))
    given = undefined
    const typed = 'value' in body && typeof body.value === 'string' ? body.value : undefined
    // From here on the request may be opened again at any moment, when what came does not fit after all.
    feed.leave(request.requestId)
    if (!wasGiven) voice.answered(request, typed)
    const refusal = await send(
      (idempotencyKey) =>
        client.answer(request.instanceUuid, { requestId: request.requestId, ...body }, { idempotencyKey }),
      voice,
    )
    if (refusal === undefined) return
    feed.comeBack(request.requestId)
    reason = refusal
    before = typed
    previous = body
  }
}

async function decide(request: OpenRequest, order: FollowOrder, feed: Requests): Promise<void> {
  const { client, dialogue, voice } = order
  let decided: Decided | undefined = order.approve ? { decision: 'approve' } : undefined
  for (;;) {
    if (!decided && !dialogue) throw new Unanswered(unanswered(request, undefined, order))
    const body =
      decided ?? (await askDecision(request, feed.whileOpen(request.requestId), dialogue as Dialogue))
    decided = undefined
    feed.leave(request.requestId)
    const refusal = await send(
      (idempotencyKey) =>
        client.decide(request.instanceUuid, { requestId: request.requestId, ...body }, { idempotencyKey }),
      voice,
    )
    if (refusal === undefined) return
    feed.comeBack(request.requestId)
    if (!dialogue) throw new Unanswered(`${oneLine(request.question)}: ${refusal}`)
  }
}

/** Sends a reply, through restarts of the server. Gives the reason when it does not fit and the request stays open. */
async function send(
  attempt: (idempotencyKey: string) => Promise<unknown>,
  voice: Voice,
): Promise<string | undefined> {
  const key = randomUUID()
  try {
    await patiently(() => attempt(key), voice)
    return undefined
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error
    if (error.status === 422 || error.status === 413) {
      voice.refused(error.detail)
      return error.detail
    }
    if (error.status !== 409 && error.status !== 403) throw error
    // Somebody was faster, or it is not ours after all: the stream tells how it goes on.
    voice.remark(error.detail)
    return undefined
  }
}

async function givenAnswer(
  request: OpenRequest,
  { answers, client, dialogue, voice }: FollowOrder,
): Promise<AnswerBody | undefined> {
  const given = answers.take(request)
  if (!given || 'value' in given) return given
  const fileIds = await patiently(() => uploadFiles(given.paths, client, dialogue?.screen), voice)
  return { fileIds: [...given.fileIds, ...fileIds] }
}

const selfOf = ({ userId, workspaces }: Me): Person => ({
  userId,
  roles: workspaces.flatMap(({ roles }) => roles),
  teams: workspaces.flatMap(({ apps }) => apps.flatMap(({ teams = [] }) => teams)),
})

const mayAnswer = ({ startedBy }: Instance, me: Me): boolean =>
  !startedBy || startedBy.userId === me.userId || Boolean(selfOf(me).roles?.includes('admin'))

function unanswered(
  { kind, stepId, question }: OpenRequest,
  reason: string | undefined,
  { client, instanceUuid }: FollowOrder,
): string {
  const run = shortId(instanceUuid)
  const wait = `The run waits: ${callOf(`watch ${run}`, client)}`
  if (kind !== 'answer')
    return `“${oneLine(question)}” waits for your decision: give --approve, or decide with ${callOf(`approve ${run}`, client)}\n${wait}`
  if (reason) return `The answer given for “${stepId}” was refused: ${oneLine(reason, 500)}\n${wait}`
  return `“${oneLine(question)}” has no answer: give --answer ${stepId}=…\n${wait}`
}
