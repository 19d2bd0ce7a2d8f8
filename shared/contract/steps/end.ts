import type { z } from 'zod'
import { JsonValue } from '../json.ts'
import { type StepKind, step } from '../step.ts'

export const End = step('end', { output: JsonValue.optional() })
export type End = z.infer<typeof End>

export const end = {
  schema: End,
  title: 'End',
  weight: 0,
  gives: false,
  ends: true,
  check: (step, { definition }) =>
    step.output !== undefined && definition.type === 'chat_driven'
      ? [{ stepId: step.id, path: 'output', message: 'only an output-focused workflow has an output' }]
      : [],
} satisfies StepKind<End>
