import { z } from 'zod'
import { type StepKind, Steps, step } from '../step.ts'
import { Placeholder } from '../template.ts'

export const Branch = step('branch', {
  cases: z
    .array(z.strictObject({ when: Placeholder, steps: Steps }))
    .min(1)
    .max(50),
  otherwise: Steps.optional(),
})
export type Branch = z.infer<typeof Branch>

export const branch = {
  schema: Branch,
  title: 'Branch',
  weight: 0,
  flow: true,
  gives: false,
  everyWay: () => true,
  arms: (step) => [
    ...step.cases.map((one, index) => ({
      name: `case${index}`,
      at: `cases[${index}].steps`,
      steps: one.steps,
    })),
    { name: 'otherwise', at: 'otherwise', steps: step.otherwise ?? [] },
  ],
} satisfies StepKind<Branch>
