import { z } from 'zod'
import { JsonSchema } from '../json-schema.ts'
import { type StepKind, step } from '../step.ts'
import { Wording } from '../template.ts'

export const Draft = step('draft', {
  prompt: Wording,
  format: z.enum(['markdown', 'text', 'json']),
  /** The shape of a `json` draft. */
  responseSchema: JsonSchema.optional(),
  model: z.string().min(1).max(200).optional(),
})
export type Draft = z.infer<typeof Draft>

export const draft = {
  schema: Draft,
  title: 'Draft',
  weight: 8,
  ai: true,
  verbatim: ['responseSchema', 'model'],
  check: (step) =>
    step.responseSchema && step.format !== 'json'
      ? [
          {
            stepId: step.id,
            path: 'responseSchema',
            message: 'only a draft with "format": "json" has a response schema',
          },
        ]
      : [],
} satisfies StepKind<Draft>
