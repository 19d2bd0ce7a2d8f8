import { z } from 'zod'
import type { AppWorld } from './app-world.ts'
import type { AnyStep, Problem } from './step.ts'

/** What a definition calls a team; unique in its app. */
export const TeamName = z
  .string()
  .trim()
  .min(1, 'a team needs a name')
  .max(100)
  .refine((name) => !/[\u0000-\u001f\u007f]/.test(name), 'a name has no control characters')
  .refine((name) => !name.includes('${'), 'a name is plain words')

/** People who do something together: decide, be told, take conversations over. */
export const TeamFields = z.strictObject({
  name: TeamName,
  /** Their user ids. */
  members: z
    .array(z.string().min(1).max(200))
    .max(1_000, 'a team may have 1,000 members')
    .default([])
    .transform((users) => [...new Set(users)].sort()),
})
export type TeamFields = z.infer<typeof TeamFields>

/** A team that a step, or the envelope, names and the app does not have. */
export function missingTeam(
  step: Pick<AnyStep, 'id'> | undefined,
  path: string,
  team: string | undefined,
  { teams }: AppWorld,
): Problem[] {
  if (team === undefined || !teams || teams.includes(team)) return []
  const known = teams.slice(0, 10).join(', ') || 'none'
  const message = `this app has no team "${team}"; it has ${known}`
  return [{ ...(step ? { stepId: step.id } : {}), path, message }]
}
