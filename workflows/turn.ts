import { CancellationScope } from '@temporalio/workflow'
import type { ConversationInput } from '../shared/contract/chat.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { budgetsOf } from '../shared/contract/spending.ts'
import { mustFit } from '../shared/temporal/payload-size.ts'
import type { Relay } from './hand-over.ts'
import { Ledger } from './ledger.ts'
import type { Noted } from './noted.ts'
import { describe } from './operators.ts'
import { pass } from './pass.ts'
import { RunState } from './run-state.ts'
import type { Session, Turn } from './session.ts'
import { cancelling, opening, refOfTurn, uiFlowContextOf, userMessageOf } from './turn-entries.ts'

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
  const userMessage = userMessageOf(turn)
  const uiFlowContext = uiFlowContextOf(turn) ?? (session.turns === 0 ? input.uiFlowContext : undefined) ?? {}
  for (const { message } of turn.messages) session.giveSecure(message)
  const own: RunRef = {
    ...refOfTurn(ref, turn),
    secure: session.secure,
    budgets: budgetsOf(definition, { ...ref, instanceUuid: turn.instanceUuid }),
  }
  const state = new RunState(
    own,
    definition,
    {
      roots: { userMessage, uiFlowContext },
      variables: session.variables,
      from: turn.from,
      ofSession: session.ledger,
    },
    now,
  )
  const ledger = new Ledger()
  session.current = { ...turn, scope, state }
  if (!turn.from)
    for (const entry of opening(turn, own, { userMessage, uiFlowContext })) state.note(entry, ledger)
  /** The steps, with the variables that came with the messages. @throws TooLarge, which fails the turn */
  const begun = () => {
    if (turn.from) return definition.steps
    for (const { message } of turn.messages) {
      if (!message.variables) continue
      const all = { ...state.variables, ...message.variables }
      mustFit(all, 'The variables have', 'put what is large into files')
      state.setVariables(message.variables, undefined)
      state.note(
        { event: 'variablesSet', key: `given:${message.messageId}`, values: message.variables },
        ledger,
      )
    }
    return definition.steps
  }
  const context = {
    state,
    desk: session.desk,
    ledger,
    relay,
    timeZone: session.timeZone,
    describe: () => describe(`Turn ${session.turns + 1}, step \`${state.view.currentStep?.stepId ?? ''}\``),
  }
  const { status } = await scope.run(() =>
    pass(context, begun, (end) => [
      ...closings(session, end),
      ...(end === 'cancelled' ? [...cancelling(turn), ...session.forgetting(state.variables)] : []),
    ]),
  )
  session.closeTurn(state.variables, status)
  return status === 'completed' ? own : undefined
}

/** What the turn leaves open closes with it. */
const closings = ({ desk }: Session, outcome: string): Noted[] =>
  [...desk.open.values()].map(({ requestId, kind }) => ({
    event: 'requestClosed',
    key: `request:${requestId}:closed`,
    requestId,
    kind,
    outcome,
  }))

function begin(session: Session): Turn | undefined {
  const messages = session.nextMessages()
  const [first] = messages
  return first && { instanceUuid: first.instanceUuid, messages }
}
