import { z } from 'zod'
import { AnswerKind } from '../answer.ts'
import { Duration } from '../duration.ts'
import { type StepKind, Steps, step } from '../step.ts'
import { Wording } from '../template.ts'

export const Ask = step('ask', {
  question: Wording,
  answer: AnswerKind,
  /** How often a chat text or a signal may miss before `onError`. Over HTTP a miss costs nothing. */
  attempts: z.int().min(1).max(100).optional(),
  remind: z.strictObject({ after: Duration, text: Wording }).optional(),
  expire: z.strictObject({ after: Duration, steps: Steps }).optional(),
})
export type Ask = z.infer<typeof Ask>

export const ask = {
  schema: Ask,
  title: 'Ask a question',
  weight: 3,
  waits: true,
  replies: () => true,
  arms: (step) =>
    step.expire ? [{ name: 'expire', at: 'expire.steps', steps: step.expire.steps, instead: true }] : [],
} satisfies StepKind<Ask>
