import { z } from 'zod'
import { missingSteps, type StepKind, Steps, step } from '../step.ts'

export const Parallel = step('parallel', {
  arms: z
    .array(z.strictObject({ name: z.string().trim().min(1).max(120), steps: Steps }))
    .min(1)
    .max(50),
})
export type Parallel = z.infer<typeof Parallel>

export const parallel = {
  schema: Parallel,
  title: 'In parallel',
  weight: 0,
  flow: true,
  gives: false,
  together: true,
  verbatim: ['arms'],
  check: (step) =>
    missingSteps(
      step,
      'arms',
      step.arms.flatMap((arm) => arm.steps),
    ),
  arms: (step) =>
    step.arms.map((arm, index) => ({ name: `arm${index}`, at: `arms[${index}].steps`, steps: arm.steps })),
} satisfies StepKind<Parallel>
