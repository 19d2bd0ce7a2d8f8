import { z } from 'zod'

export const Role = z.enum(['member', 'builder', 'approver', 'admin', 'service'])
export type Role = z.infer<typeof Role>

/** Who did something: `by` of answers and decisions, `startedBy` of runs. */
export const Person = z.object({
  userId: z.string().min(1).max(200),
  name: z.string().max(200).optional(),
  roles: z.array(z.string().max(50)).max(20).optional(),
  /** Names of teams that they act for. */
  teams: z.array(z.string().max(100)).max(100).optional(),
})
export type Person = z.infer<typeof Person>

/** A person as those see them who talk with them. */
export const nameOnly = ({ userId, name }: Person): Person => ({ userId, ...(name ? { name } : {}) })
