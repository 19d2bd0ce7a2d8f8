import type { z } from 'zod'
import { Refusal } from '../shared/contract/errors.ts'
import { AnswerInput, DecideInput } from '../shared/contract/messages.ts'
import type { OpenRequest } from '../shared/contract/request.ts'
import { asFailure, fail, kindOf } from '../shared/temporal/failure.ts'
import type { Desk } from './desk.ts'
import type { Reply } from './reply.ts'

/**
 * The doors for answers and decisions. An update is validated and answered; a signal of the same name and payload that
 * does not fit is noted as refused and changes nothing else, because nobody is there to be told.
 */
export const receive = (desk: Desk, countUpdate: () => void) => ({
  answer: door('answer', AnswerInput, desk, countUpdate, (given) => desk.readAnswer(given)),
  decide: door('decide', DecideInput, desk, countUpdate, (given) => desk.readDecision(given)),
})

function door<Given extends AnswerInput | DecideInput>(
  name: string,
  schema: z.ZodType<Given>,
  desk: Desk,
  countUpdate: () => void,
  read: (given: Given) => { request: OpenRequest; reply: Reply },
) {
  const parse = (payload: unknown): Given => {
    const parsed = schema.safeParse(payload)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    throw new Refusal(
      'Invalid',
      `${name}: ${issue?.path.join('.') || 'the payload'}: ${issue?.message ?? 'does not fit'}`,
    )
  }
  const accept = (payload: unknown): { requestId: string } => {
    const { request, reply } = read(parse(payload))
    desk.replies.set(request.requestId, reply)
    return { requestId: request.requestId }
  }
  return {
    validate: (payload: unknown) => orFailure(() => void read(parse(payload))),
    update: (payload: unknown) => {
      countUpdate()
      return orFailure(() => accept(payload))
    },
    signal: (payload: unknown) => {
      try {
        accept(payload)
      } catch (error) {
        const by = schema.safeParse(payload)
        desk.refuse(
          name,
          error instanceof Refusal ? error : new Refusal('Invalid', String(error)),
          by.success ? by.data : undefined,
        )
      }
    },
  }
}

/** Anything else than a failure of ours would stall the workflow task for ever. */
export function orFailure<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw kindOf(error)
      ? asFailure(error)
      : fail('Internal', 'A fault of ours: the message could not be read.')
  }
}
