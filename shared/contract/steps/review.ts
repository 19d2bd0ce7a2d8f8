import { z } from 'zod'
import { type StepKind, Steps, step } from '../step.ts'
import { Template, Wording } from '../template.ts'

export const builtInCriteria = ['brand_voice', 'compliance', 'factual'] as const

export const Criterion = z.union([
  z.enum(builtInCriteria, {
    error: `a criterion is one of ${builtInCriteria.join(', ')}, or { "name", "rules" }`,
  }),
  z.strictObject({ name: z.string().trim().min(1).max(100), rules: Wording }),
])

export const Review = step('review', {
  of: Wording,
  criteria: z.array(Criterion).min(1).max(20),
  /** How many times the text is revised by its findings before the step gives up improving it. */
  revise: z.int().min(0).max(10).optional(),
  sources: z.union([Template, z.array(Template)]).optional(),
  onFail: z.strictObject({ steps: Steps }).optional(),
})
export type Review = z.infer<typeof Review>

export const Finding = z.object({
  criterion: z.string(),
  severity: z.enum(['low', 'medium', 'high']),
  quote: z.string(),
  message: z.string(),
  source: z.string().nullish(),
})
export type Finding = z.infer<typeof Finding>

export interface ReviewResult {
  passed: boolean
  text: string
  findings: Finding[]
  /** Reviews made: 1 without a revision. */
  rounds: number
}

export const review = {
  schema: Review,
  title: 'Review',
  weight: 6,
  ai: true,
  arms: (step) => (step.onFail ? [{ name: 'fail', at: 'onFail.steps', steps: step.onFail.steps }] : []),
  check: (step) =>
    step.criteria.includes('factual') && step.sources === undefined
      ? [
          {
            stepId: step.id,
            path: 'sources',
            message: 'a factual review needs "sources" to hold the text against',
          },
        ]
      : [],
} satisfies StepKind<Review>
