import { z } from 'zod'
import { type CheckContext, type Problem, type StepKind, Steps, step } from '../step.ts'
import { Template, Wording } from '../template.ts'

/** What the result says, and the arm that is taken, when no intent matches. */
export const noIntent = 'otherwise'

const IntentName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => !name.includes('${'), 'a name is plain words')
  .refine(
    (name) => name !== noIntent,
    `"${noIntent}" is what comes when no intent matches: name it otherwise`,
  )

export const Intent = step('intent', {
  intents: z
    .array(
      z.strictObject({
        name: IntentName,
        /** In plain words: when is it this one? */
        description: Wording,
        examples: z.array(Wording).max(50).optional(),
        steps: Steps,
      }),
    )
    .min(1)
    .max(50),
  otherwise: Steps.optional(),
  useMemory: z.boolean().optional(),
  /** What is classified; the user's message where it is left out. */
  of: Template.optional(),
  model: z.string().min(1).max(200).optional(),
})
export type Intent = z.infer<typeof Intent>

export const intent = {
  schema: Intent,
  title: 'Classify the intent',
  weight: 2,
  ai: true,
  verbatim: ['model'],
  names: ({ of }) => (of === undefined ? ['userMessage'] : []),
  everyWay: () => true,
  arms: (step) => [
    ...step.intents.map((one, index) => ({
      name: `intent${index}`,
      at: `intents[${index}].steps`,
      steps: one.steps,
    })),
    { name: noIntent, at: 'otherwise', steps: step.otherwise ?? [] },
  ],
  check: (step, context) => [...doubled(step), ...refused(step, context)],
} satisfies StepKind<Intent>

const doubled = ({ id, intents }: Intent): Problem[] =>
  intents.flatMap(({ name }, at) =>
    intents.findIndex((one) => one.name === name) < at
      ? [{ stepId: id, path: `intents[${at}].name`, message: `there is an intent "${name}" already` }]
      : [],
  )

function refused({ id, of, useMemory }: Intent, { definition }: CheckContext): Problem[] {
  if (definition.type !== 'output_focused') return []
  return [
    ...(useMemory
      ? [
          {
            stepId: id,
            path: 'useMemory',
            message: 'an output-focused workflow has no conversation: "useMemory" is for chat-driven ones',
          },
        ]
      : []),
    ...(of === undefined
      ? [
          {
            stepId: id,
            path: 'of',
            message:
              'an output-focused workflow has no user message: say what is classified, as "${input.text}"',
          },
        ]
      : []),
  ]
}
