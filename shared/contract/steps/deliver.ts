import { z } from 'zod'
import { type StepKind, step } from '../step.ts'
import { Template, Wording } from '../template.ts'

export const Destination = z.union([
  z.enum(['library', 'channel'], {
    error: 'a destination is "library", "channel" or { "email": [], "subject", "body" }',
  }),
  z.strictObject({
    email: z.union([Template, z.array(Template).min(1).max(100)]),
    subject: Wording,
    body: Template,
  }),
])

export const Deliver = step('deliver', {
  files: z.union([Template, z.array(Template)]),
  /** Without it, the workspace's rule for each file's type decides. */
  to: z.array(Destination).min(1).max(20).optional(),
})
export type Deliver = z.infer<typeof Deliver>

export const deliver = {
  schema: Deliver,
  title: 'Deliver',
  weight: 2,
  gives: false,
  reaches: (step) => step.to?.some((one) => one !== 'library') ?? false,
  unsupported: (step) => (step.to?.includes('channel') ? ['to "channel"'] : []),
} satisfies StepKind<Deliver>
