import { z } from 'zod'
import { JsonValue } from '../json.ts'
import { type StepKind, step } from '../step.ts'

export const Subworkflow = step('subworkflow', {
  /** An output-focused workflow of the same app: its newest published version runs. */
  workflowId: z.uuid().toLowerCase(),
  input: JsonValue.optional(),
})
export type Subworkflow = z.infer<typeof Subworkflow>

export const subworkflow = {
  schema: Subworkflow,
  title: 'Run another workflow',
  weight: 8,
  verbatim: ['workflowId'],
} satisfies StepKind<Subworkflow>
