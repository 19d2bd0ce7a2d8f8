import { z } from 'zod'
import { Duration } from '../duration.ts'
import { type CheckContext, type Problem, type StepKind, Steps, step } from '../step.ts'
import { missingTeam, TeamName } from '../team.ts'
import { Wording } from '../template.ts'

export const Route = step('route', {
  team: TeamName,
  /** What the team is told; the user does not see it. */
  note: Wording.optional(),
  /** What the user is told until somebody is there. */
  text: Wording.optional(),
  /** When nobody has taken the conversation after that time, these steps come instead. */
  expire: z.strictObject({ after: Duration, steps: Steps }).optional(),
})
export type Route = z.infer<typeof Route>

export const route = {
  schema: Route,
  title: 'Hand over to a person',
  weight: 3,
  replies: () => true,
  verbatim: ['team'],
  names: () => ['userMessage'],
  arms: (step) =>
    step.expire ? [{ name: 'expire', at: 'expire.steps', steps: step.expire.steps, instead: true }] : [],
  check: (step, context) => [
    ...talkless(step, context),
    ...missingTeam(step, 'team', step.team, context.world),
  ],
} satisfies StepKind<Route>

const talkless = ({ id }: Route, { definition }: CheckContext): Problem[] =>
  definition.type === 'output_focused' && !definition.action
    ? [
        {
          stepId: id,
          path: 'type',
          message:
            'an output-focused workflow has no conversation to hand over: "route" is for chat-driven ones, and for actions, which a conversation calls',
        },
      ]
    : []
