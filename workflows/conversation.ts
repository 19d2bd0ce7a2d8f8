import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { ConversationInput, type EndReason } from '../shared/contract/chat.ts'
import { milliseconds } from '../shared/contract/duration.ts'
import { isObject } from '../shared/contract/json.ts'
import type { PinnedDefinition } from '../shared/contract/pinned-definition.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { fail } from '../shared/temporal/failure.ts'
import { largestPayload, mustFit } from '../shared/temporal/payload-size.ts'
import { loadDefinition, writeEntries, writeSession } from './activities.ts'
import { type Alarm, createAlarm } from './alarm.ts'
import { stopWhenCancelled } from './breath.ts'
import { openDoors } from './doors.ts'
import { createRelay, HandOver } from './hand-over.ts'
import { handoffDoors } from './handoff-doors.ts'
import { Ledger } from './ledger.ts'
import {
  answer,
  askForPerson,
  budgetRaised,
  cancelTurn,
  decide,
  end,
  message,
  progress,
  removeMessage,
  returnHandoff,
  sayInHandoff,
  state,
  takeHandoff,
} from './messages.ts'
import { announce, describe, progressOf } from './operators.ts'
import { receive } from './receive.ts'
import { type ChatDefinition, mustFitMessage, Session, type SessionSnapshot, type Turn } from './session.ts'
import { createSummariser } from './summariser.ts'
import { takeTurn } from './turn.ts'
import { neverBegun, refOfTurn } from './turn-entries.ts'

const now = () => new Date().toISOString()

/** How long a session that was started without a message waits for one. */
const firstMessageWithin = 60_000
/** How long a session listens where its definition does not say. */
const idleFor = 'P1D'
/**
 * How long a message waits until that is told, where its sender had seen no turn under way; a server's timers may come up
 * to a second late. Whoever answers a reply at once is often heard before the turn's own end: telling of that would be
 * an activity beside every other turn.
 */
const aMoment = 250

/** A chat-driven session: takes messages until it ends, one pass through the definition's steps for each turn. */
export async function conversation(given: unknown): Promise<void> {
  const from = isObject(given) ? (given.from as SessionSnapshot | undefined) : undefined
  const relay = createRelay()
  const input = readInput(given)
  const session = new Session(input, from, now)
  const doors = openDoors(session, relay.countUpdate)
  const replies = receive(session.desk, relay.countUpdate)
  setHandler(message.update, doors.message.update, { validator: doors.message.validate })
  setHandler(message.signal, doors.message.signal)
  setHandler(answer.update, replies.answer.update, { validator: replies.answer.validate })
  setHandler(answer.signal, replies.answer.signal)
  setHandler(decide.update, replies.decide.update, { validator: replies.decide.validate })
  setHandler(decide.signal, replies.decide.signal)
  setHandler(budgetRaised, () => session.desk.hearOfRaise())
  const handoffs = handoffDoors(session.desk, relay.countUpdate)
  setHandler(takeHandoff, handoffs.take.update, { validator: handoffs.take.validate })
  setHandler(sayInHandoff, handoffs.say.update, { validator: handoffs.say.validate })
  setHandler(returnHandoff, handoffs.return.update, { validator: handoffs.return.validate })
  setHandler(askForPerson, (ask) => session.desk.lending.hear(ask))
  setHandler(removeMessage, doors.removeMessage)
  setHandler(cancelTurn, doors.cancelTurn)
  setHandler(end.update, doors.end.update)
  setHandler(end.signal, doors.end.signal)
  setHandler(progress, () => progressOf(session.current?.state, session.desk.open.values()))
  setHandler(state, () => ({
    instances: session.current?.state
      ? [
          {
            instanceUuid: session.current.instanceUuid,
            status: session.current.state.view.status,
            percent: session.current.state.view.percent,
          },
        ]
      : [],
    requests: [...session.desk.open.values()],
    variables: session.current?.state?.variables ?? session.variables,
  }))

  const pinned = await CancellationScope.nonCancellable(() =>
    loadDefinition({ ...orderOf(input, from), ...(from ? { isUnderWay: true } : {}) }),
  )
  const ref = refOf(input, pinned)
  session.timeZone = pinned.settings.timeZone
  try {
    session.definition = chatDefinition(pinned)
    if (!from) session.variables = beginningWith(session.definition, input)
  } catch (error) {
    session.fault = error as Error
    await condition(allHandlersFinished)
    throw error
  }
  // The draft of the moment: for the message that comes, and for the turn that begins.
  if (input.isTest)
    session.refresh = async () => {
      session.definition = chatDefinition(await loadDefinition(orderOf(input, from)))
    }
  announce(ref, input.channel)
  const summariser = createSummariser()
  const alarm = createAlarm('ends when nobody speaks')
  const writing = tellOfSession(session, ref, input.chatSessionId)
  try {
    if (!(from || (await firstMessage(session)))) return
    if (!from)
      session.note({
        event: 'sessionStarted',
        key: `started:${ref.temporalRunId}`,
        variables: session.variables,
      })
    let turn = from?.turn
    for (;;) {
      if (!turn && !(await nextMessage(session, relay, alarm))) break
      // A draft that cannot be had any more leaves the one before it in its place.
      await session.refresh?.().catch(() => {})
      const done = await takeTurn({ session, ref, input, relay, turn })
      if (done) summariser.afterTurn(done, session.definition, session.turns)
      turn = undefined
      // What came while the end of the turn was written has been taken, and has its turn first.
      if (session.definition.chat?.afterEnd === 'close' && !session.inbox.hasWork) session.end('ended')
    }
    if (!session.ending && relay.due) throw new HandOver()
  } catch (error) {
    if (error instanceof HandOver) return goOn()
    session.ending ??= CancellationScope.current().consideredCancelled ? 'deactivated' : 'failed'
    await close()
    throw error
  }
  await close()

  async function close(): Promise<void> {
    const reason: EndReason = session.ending ?? 'idle'
    session.ending = reason
    session.dropWaiting()
    describe(`**ended** (${reason})`)
    await CancellationScope.nonCancellable(async () => {
      await summariser.stop()
      await writing.stop()
      // The last that is told of it.
      session.note({ event: 'sessionEnded', key: `ended:${ref.temporalRunId}`, reason })
      await tellOfSession(session, ref, input.chatSessionId).stop()
      await condition(allHandlersFinished)
    })
  }

  async function goOn(): Promise<never> {
    await summariser.stop()
    // What they take is still told here.
    await condition(allHandlersFinished)
    await writing.stop()
    await condition(allHandlersFinished)
    return continueAsNew<(again: ConversationInput & { from: SessionSnapshot }) => Promise<never>>({
      ...input,
      // The draft has no version of its own.
      ...(input.isTest ? {} : { version: ref.version }),
      from: session.snapshot(ref.version),
    })
  }
}

const firstMessage = (session: Session): Promise<boolean> =>
  condition(() => session.inbox.hasWork || session.ending !== undefined, firstMessageWithin).then(
    () => session.inbox.hasWork,
  )

/** Listens. False when the session is over, or has to go on in a new execution. */
async function nextMessage(session: Session, relay: { due: boolean }, alarm: Alarm): Promise<boolean> {
  describe('Listens')
  stopWhenCancelled()
  const { inbox } = session
  const until = Date.now() + milliseconds(session.definition?.chat?.idleTimeout ?? idleFor)
  const isAwake = () => inbox.hasWork || session.ending !== undefined || relay.due
  while (!isAwake() && Date.now() < until) {
    alarm.set(until)
    await condition(() => isAwake() || !alarm.isSet)
  }
  if (!isAwake()) session.end('idle')
  return session.ending === undefined && !relay.due && inbox.hasWork
}

/** Writes what belongs to no turn, beside the turns, where no write of a turn is about to take it along. */
function tellOfSession(session: Session, ref: RunRef, chatSessionId: string): { stop: () => Promise<void> } {
  const { ledger, dropped } = session
  let stopped = false
  const isOwed = () => stopped || ledger.isWaiting || dropped.length > 0
  const work = CancellationScope.nonCancellable(async () => {
    for (;;) {
      await condition(isOwed)
      const isDue = () => stopped || !ledger.isWaiting || !ledger.mayPass || dropped.length > 0
      if (!isDue() && (await condition(isDue, aMoment)) && !isOwed()) continue
      // That a message waits is told before its turn is.
      const turn = ledger.isEmpty ? dropped.shift() : undefined
      if (turn) await tellOfDropped(turn, ref)
      else if (ledger.isEmpty) return
      else
        await ledger.with((entries) => writeSession({ session: ref, chatSessionId, entries }), largestPayload)
    }
  })
  return {
    stop: () => {
      stopped = true
      return work
    },
  }
}

/** A turn that was cancelled before it began: it is in the conversation and in History like others. */
async function tellOfDropped(turn: Turn, ref: RunRef): Promise<void> {
  const run = refOfTurn(ref, turn)
  const ledger = new Ledger()
  for (const entry of neverBegun(turn, run)) ledger.add({ ...entry, at: now() })
  while (!ledger.isEmpty) await writeEntries({ run, entries: ledger.take(largestPayload) })
}

/** @throws TooLarge */
function beginningWith(definition: ChatDefinition, { variables, uiFlowContext }: ConversationInput) {
  const all = { ...definition.variables, ...variables }
  mustFit(all, 'The variables of the start have', 'put what is large into files')
  mustFitMessage(uiFlowContext, 'the uiFlowContext of the start has')
  return all
}

const orderOf = (input: ConversationInput, from: SessionSnapshot | undefined) => ({
  workspaceId: input.workspaceId,
  appId: input.appId,
  workflowId: input.workflowId,
  isDraft: input.isTest ?? false,
  ...(from?.version ? { version: from.version } : input.version ? { version: input.version } : {}),
})

function readInput(given: unknown): ConversationInput {
  const parsed = ConversationInput.safeParse(given)
  if (parsed.success) return parsed.data
  throw fail(
    'InvalidInput',
    parsed.error.issues
      .map(({ path, message: said }) =>
        said.startsWith('Invalid UUID string') ? said : `${path.join('.') || 'input'}: ${said}`,
      )
      .join('; '),
  )
}

function chatDefinition(pinned: PinnedDefinition): ChatDefinition {
  const { definition } = pinned
  if (!definition) throw fail(pinned.code ?? 'NotFound', pinned.reason ?? 'The workflow is not published.')
  if (definition.type !== 'chat_driven')
    throw fail(
      'WrongWorkflowType',
      `“${definition.name}” is output-focused: it is started as a run, not by a chat.`,
    )
  return definition
}

function refOf(input: ConversationInput, pinned: PinnedDefinition): RunRef {
  const { workflowId, runId } = workflowInfo()
  return {
    workspaceId: input.workspaceId,
    appId: input.appId,
    workflowId: input.workflowId,
    version: pinned.version,
    workflowName: pinned.definition?.name ?? '',
    instanceUuid: input.chatSessionId,
    chatSessionId: input.chatSessionId,
    kind: input.isTest ? 'test' : 'turn',
    temporalWorkflowId: workflowId,
    temporalRunId: runId,
    ...(input.channel ? { channel: input.channel } : {}),
    ...(input.startedBy ? { startedBy: input.startedBy } : {}),
  }
}
