import { z } from 'zod'
import { Duration } from '../duration.ts'
import { Role } from '../person.ts'
import { type StepKind, Steps, step } from '../step.ts'
import { missingTeam, TeamName } from '../team.ts'
import { Template, Wording } from '../template.ts'

export const Approval = step('approval', {
  title: Wording,
  artifact: z
    .strictObject({ text: Template.optional(), files: z.union([Template, z.array(Template)]).optional() })
    .refine(
      ({ text, files }) => text !== undefined || files !== undefined,
      'show what is to be approved: text, files or both',
    ),
  /** Without it, the person who runs the workflow approves. */
  approvers: z
    .strictObject({
      users: z.array(Template).min(1).max(100).optional(),
      role: Role.optional(),
      team: TeamName.optional(),
      emails: z.array(Template).min(1).optional(),
    })
    .refine(
      (one) => Object.values(one).some((value) => value !== undefined),
      'name users, a role, a team or e-mail addresses',
    )
    .optional(),
  policy: z
    .union([z.enum(['any', 'all', 'sequence']), z.strictObject({ quorum: z.int().min(1) })])
    .optional(),
  fourEyes: z.boolean().optional(),
  edit: z.boolean().optional(),
  remind: z.strictObject({ after: Duration, text: Wording.optional() }).optional(),
  deadline: z.strictObject({ after: Duration, steps: Steps }).optional(),
  onReject: z.strictObject({ steps: Steps }).optional(),
  onChanges: z.strictObject({ steps: Steps, again: z.boolean().optional() }).optional(),
})
export type Approval = z.infer<typeof Approval>

export const approval = {
  schema: Approval,
  title: 'Wait for an approval',
  weight: 3,
  approves: true,
  arms: (step) => [
    ...(step.onReject ? [{ name: 'reject', at: 'onReject.steps', steps: step.onReject.steps }] : []),
    ...(step.onChanges
      ? [{ name: 'changes', at: 'onChanges.steps', steps: step.onChanges.steps, repeats: true }]
      : []),
    ...(step.deadline ? [{ name: 'deadline', at: 'deadline.steps', steps: step.deadline.steps }] : []),
  ],
  unsupported: (step) => [
    ...(step.policy && step.policy !== 'any' ? ['policy'] : []),
    ...(step.fourEyes ? ['fourEyes'] : []),
    ...(step.approvers?.emails ? ['approvers.emails'] : []),
  ],
  check: (step, { world }) => missingTeam(step, 'approvers.team', step.approvers?.team, world),
} satisfies StepKind<Approval>
