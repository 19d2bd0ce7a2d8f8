import { z } from 'zod'
import { Role } from '../person.ts'
import { type StepKind, step } from '../step.ts'
import { missingTeam, TeamName } from '../team.ts'
import { Template, Wording } from '../template.ts'

export const Notify = step('notify', {
  to: z
    .strictObject({
      users: z.array(Template).min(1).max(100).optional(),
      role: Role.optional(),
      team: TeamName.optional(),
    })
    .refine((one) => Object.values(one).some((value) => value !== undefined), 'name users, a role or a team'),
  text: Wording,
  by: z.array(z.enum(['inbox', 'email'])).min(1),
})
export type Notify = z.infer<typeof Notify>

export const notify = {
  schema: Notify,
  title: 'Notify',
  weight: 1,
  gives: false,
  reaches: (step) => step.by.includes('email'),
  check: (step, { world }) => missingTeam(step, 'to.team', step.to.team, world),
} satisfies StepKind<Notify>
