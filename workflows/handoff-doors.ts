import type { z } from 'zod'
import { Refusal } from '../shared/contract/errors.ts'
import { ReturnHandoffInput, SayInHandoffInput, TakeHandoffInput } from '../shared/contract/handoff.ts'
import type { Desk } from './desk.ts'
import { orFailure } from './receive.ts'

/** The doors for people of a team. Each looks first whether somebody may, so that a refused update leaves no event. */
export const handoffDoors = ({ handoffs }: Desk, countUpdate: () => void) => ({
  take: door(
    TakeHandoffInput,
    countUpdate,
    (given) => handoffs.mayTake(given),
    (given) => handoffs.take(given),
  ),
  say: door(
    SayInHandoffInput,
    countUpdate,
    (given) => handoffs.maySay(given),
    (given) => handoffs.say(given),
  ),
  return: door(
    ReturnHandoffInput,
    countUpdate,
    (given) => handoffs.mayReturn(given),
    (given) => handoffs.return(given),
  ),
})

function door<Given, Done>(
  schema: z.ZodType<Given>,
  countUpdate: () => void,
  may: (given: Given) => unknown,
  act: (given: Given) => Done,
) {
  const parse = (payload: unknown): Given => {
    const parsed = schema.safeParse(payload)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    throw new Refusal(
      'Invalid',
      `${issue?.path.join('.') || 'the payload'}: ${issue?.message ?? 'does not fit'}`,
    )
  }
  return {
    validate: (payload: unknown) => orFailure(() => void may(parse(payload))),
    update: (payload: unknown): Done => {
      countUpdate()
      return orFailure(() => act(parse(payload)))
    },
  }
}
