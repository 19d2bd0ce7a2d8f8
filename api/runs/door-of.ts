import type { AnswerInput, DecideInput } from '../../shared/contract/messages.ts'
import type { InstanceRow } from '../../storage/sql/find-instance.ts'
import type { Engine } from '../deps.ts'

interface Door {
  answer(given: AnswerInput, more: { updateId: string }): Promise<{ requestId: string }>
  decide(given: DecideInput, more: { updateId: string }): Promise<{ requestId: string }>
}

/**
 * Where replies to a request go: to the run that asks, which may be a subworkflow of the one they are sent to; for a turn
 * to its conversation.
 */
export function doorOf(
  engine: Engine,
  { instanceUuid, chatSessionId }: InstanceRow,
  asking = instanceUuid,
): Door {
  return chatSessionId && asking === instanceUuid
    ? {
        answer: (given, more) => engine.answerInSession(chatSessionId, given, more),
        decide: (given, more) => engine.decideInSession(chatSessionId, given, more),
      }
    : {
        answer: (given, more) => engine.answer(asking, given, more),
        decide: (given, more) => engine.decide(asking, given, more),
      }
}
