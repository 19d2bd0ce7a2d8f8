import { CancellationScope } from '@temporalio/workflow'
import type { ConversationInput } from '../shared/contract/chat.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { budgetsOf } from '../shared/contract/spending.ts'
import type { Relay } from './hand-over.ts'
import { Ledger } from './ledger.ts'
import { describe } from './operators.ts'
import { pass } from './pass.ts'
import { type Noted, RunState } from './run-state.ts'
import type { Session, Turn } from './session.ts'

interface TurnOrder {
  session: Session
  ref: RunRef
  input: ConversationInput
  relay: Relay
  /** A turn that an earlier execution handed over. */
  turn: Turn | undefined
}

const now = () => new Date().toISOString()

/**
 * One turn: the messages that wait, a pass through the steps, what it said. However it ends, the conversation goes on.
 * Gives the turn when it was completed.
 * @throws HandOver when it has to go on in a new execution
 */
export async function takeTurn({
  session,
  ref,
  input,
  relay,
  turn: handedOver,
}: TurnOrder): Promise<RunRef | undefined> {
  const turn = handedOver ?? begin(session)
  const { definition } = session
  if (!turn || !definition) return undefined
  const scope = new CancellationScope()
  const said = turn.messages.map(({ message, said: words }) => ({ message, ...words }))
  const first = said[0]
  const userMessage = said.map(({ text }) => text).join('\n\n')
  const uiFlowContext =
    said.map(({ message }) => message.uiFlowContext).findLast((one) => one !== undefined) ??
    (session.turns === 0 ? input.uiFlowContext : undefined) ??
    {}
  const last = turn.messages.at(-1)?.message
  for (const { message } of said) session.secure = { ...session.secure, ...message.secureMetadata }
  const own: RunRef = {
    ...ref,
    instanceUuid: turn.instanceUuid,
    ...(last ? { messageId: last.messageId } : {}),
    // A turn is its conversation's; where nobody is known to have begun that, it is whoever speaks.
    ...(last?.by && !ref.startedBy ? { startedBy: last.by } : {}),
    secure: session.secure,
    budgets: budgetsOf(definition, { ...ref, instanceUuid: turn.instanceUuid }),
  }
  const state = new RunState(
    own,
    definition,
    { roots: { userMessage, uiFlowContext }, variables: session.variables, from: turn.from },
    now,
  )
  const ledger = new Ledger()
  session.current = { ...turn, scope, state }
  if (!turn.from) {
    const note = (entry: Noted) => state.note(entry, ledger)
    note({
      event: 'instanceStarted',
      key: state.keyed('run', 'started'),
      title: ref.workflowName,
      status: 'running',
      input: { userMessage, chatSessionId: input.chatSessionId },
    })
    note({
      event: 'turnOpened',
      key: 'opened',
      messageIds: turn.messages.map(({ message }) => message.messageId),
      userMessage,
      userMessageType: first?.trigger ? 'AI trigger' : 'text',
      trigger: first?.trigger ? `Triggered by: ${first.trigger}` : null,
      uiFlowContext,
    })
    for (const { message, text, trigger } of said) {
      // A trigger's message goes to memory and to the agent, and is not shown.
      if (trigger === null)
        note({
          event: 'message',
          key: `said:${message.messageId}`,
          messageId: message.messageId,
          role: 'user',
          text,
          attachments: message.attachments ?? [],
        })
      if (message.variables) {
        state.setVariables(message.variables, undefined)
        note({ event: 'variablesSet', key: `given:${message.messageId}`, values: message.variables })
      }
    }
  }
  const context = {
    state,
    desk: session.desk,
    ledger,
    relay,
    timeZone: session.timeZone,
    describe: () => describe(`Turn ${session.turns + 1}, step \`${state.view.currentStep?.stepId ?? ''}\``),
  }
  const cancelled = (): Noted[] =>
    turn.messages.map(({ message: { messageId } }) => ({
      event: 'chatCancelled',
      key: `cancelled:${messageId}`,
      messageId,
    }))
  const { status } = await scope.run(() =>
    pass(
      context,
      () => definition.steps,
      (end) => (end === 'cancelled' ? cancelled() : []),
    ),
  )
  // What a cancelled turn set is not seen by the next.
  if (status !== 'cancelled') session.variables = state.variables
  session.turns += 1
  session.current = undefined
  return status === 'completed' ? own : undefined
}

function begin(session: Session): Turn | undefined {
  const messages = session.inbox.next(session.whileBusy)
  const [first] = messages
  return first && { instanceUuid: first.instanceUuid, messages }
}
