import type { z } from 'zod'
import { Properties } from '../properties.ts'
import { type StepKind, step } from '../step.ts'
import { Wording } from '../template.ts'

export const Extract = step('extract', {
  /** A text, or files that stand for the text in them. */
  from: Wording,
  properties: Properties,
})
export type Extract = z.infer<typeof Extract>

export const extract = {
  schema: Extract,
  title: 'Extract values',
  weight: 4,
  ai: true,
  verbatim: ['properties'],
  check: ({ id, properties }) =>
    properties.length === 0
      ? [
          {
            stepId: id,
            path: 'properties',
            message: 'there is nothing to look for: name at least one property',
          },
        ]
      : [],
} satisfies StepKind<Extract>
