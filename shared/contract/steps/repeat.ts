import { z } from 'zod'
import { missingSteps, type StepKind, Steps, step } from '../step.ts'
import { Placeholder } from '../template.ts'

/** Rounds of one loop. As many as `each` may have items. */
const mostRounds = 10_000

export const Repeat = step('repeat', {
  /** Looked at after each round: true ends the loop. */
  until: Placeholder.optional(),
  /** Looked at before each round: anything but true ends the loop. */
  while: Placeholder.optional(),
  /** After so many rounds the run goes on, whatever the condition says. */
  max: z.int().min(1).max(mostRounds),
  steps: Steps,
})
export type Repeat = z.infer<typeof Repeat>

export const repeat = {
  schema: Repeat,
  title: 'Repeat',
  weight: 0,
  flow: true,
  gives: false,
  arms: (step) => [{ name: 'round', at: 'steps', steps: step.steps, repeats: true, binds: ['index'] }],
  rounds: (step) => step.max,
  late: ['until'],
  everyWay: (step) => step.until !== undefined,
  check: (step) => [
    ...missingSteps(step, 'steps', step.steps),
    ...((step.until === undefined) === (step.while === undefined)
      ? [{ stepId: step.id, path: 'until', message: 'write "until" or "while": one of them' }]
      : []),
  ],
} satisfies StepKind<Repeat>
