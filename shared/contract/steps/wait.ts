import { z } from 'zod'
import { Duration } from '../duration.ts'
import { type StepKind, step } from '../step.ts'
import { Placeholder, Wording } from '../template.ts'

export const Wait = step('wait', {
  /** How long: an ISO 8601 duration, or a placeholder that gives one. */
  for: z
    .union([Duration, Placeholder], {
      error: 'a duration such as PT30S or P3D, or one whole placeholder that gives one',
    })
    .optional(),
  /** Until when: a date or a time, read in the workspace's time zone, or a placeholder that gives one. */
  until: Wording.optional(),
  /** Until this is true. */
  condition: Placeholder.optional(),
  /** How often the condition is looked at, besides whenever something happened in the run. */
  every: Duration.optional(),
})
export type Wait = z.infer<typeof Wait>

export const wait = {
  schema: Wait,
  title: 'Wait',
  weight: 1,
  gives: false,
  waits: true,
  check: (step) => {
    const given = [step.for, step.until, step.condition].filter((one) => one !== undefined)
    const say = (path: string, message: string) => [{ stepId: step.id, path, message }]
    if (given.length !== 1) return say('for', 'write one of "for", "until" and "condition"')
    if (step.condition !== undefined && step.every === undefined)
      return say('every', 'a "condition" needs "every": how often it is looked at, for example "PT5M"')
    if (step.condition === undefined && step.every !== undefined)
      return say('every', '"every" belongs to a "condition"')
    return []
  },
} satisfies StepKind<Wait>
