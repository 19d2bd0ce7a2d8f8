import { z } from 'zod'
import { missingSteps, reservedNames, StepId, type StepKind, Steps, step } from '../step.ts'
import { Placeholder } from '../template.ts'

/** Items of one loop (`definition.md`, limits). */
export const mostItems = 10_000

/** Rounds that may run side by side. */
const mostAtOnce = 50

/** How the item is called in expressions: `item`, or a name that nothing else has. */
const ItemName = z.union([z.literal('item'), StepId])

export const Each = step('each', {
  in: Placeholder,
  as: ItemName.optional(),
  steps: Steps,
  /** How many rounds run side by side; one after the other without it. */
  parallel: z.int().min(1).max(mostAtOnce).optional(),
})
export type Each = z.infer<typeof Each>

export const each = {
  schema: Each,
  title: 'For each',
  weight: 0,
  flow: true,
  verbatim: ['as'],
  arms: (step) => [
    {
      name: 'round',
      at: 'steps',
      steps: step.steps,
      repeats: true,
      isolated: true,
      binds: [step.as ?? 'item', 'index'],
    },
  ],
  rounds: () => 1,
  check: (step, { definition }) => [
    ...missingSteps(step, 'steps', step.steps),
    ...(step.as !== undefined && !reservedNames.has(step.as) && idsOf(definition.steps).has(step.as)
      ? [{ stepId: step.id, path: 'as', message: `"${step.as}" is the id of a step: choose another name` }]
      : []),
  ],
} satisfies StepKind<Each>

/** Every id in a definition, found without knowing the types. */
function idsOf(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const one of value) idsOf(one, found)
  else if (typeof value === 'object' && value !== null) {
    if ('id' in value && 'type' in value && typeof value.id === 'string') found.add(value.id)
    for (const inner of Object.values(value)) idsOf(inner, found)
  }
  return found
}
