import { z } from 'zod'

export const Role = z.enum(['member', 'builder', 'approver', 'admin', 'service'])
export type Role = z.infer<typeof Role>

/** Who did something: `by` of answers and decisions, `startedBy` of runs. */
export const Person = z.object({
  userId: z.string().min(1).max(200),
  name: z.string().max(200).optional(),
  roles: z.array(z.string().max(50)).max(20).optional(),
})
export type Person = z.infer<typeof Person>
