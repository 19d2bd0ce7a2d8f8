import { z } from 'zod'
import type { AppWorld } from './app-world.ts'
import { Refusal } from './errors.ts'
import type { JsonObject } from './json.ts'
import { JsonSchema } from './json-schema.ts'
import type { Problem } from './step.ts'
import { VariableName } from './steps/set.ts'
import { renderAll, splitTemplate, stringify, Wording } from './template.ts'

/** How long a conversation waits for an action; it goes on without what takes longer. */
export const actionTime = 'PT30S'

export const ActionName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'the name of an action holds letters, digits, _ and - (64 at most)')

/** What makes an output-focused workflow one that agents may call in the middle of a conversation. */
export const Action = z.strictObject({
  /** Unique in the app. */
  name: ActionName,
  /** Tells the model what it does, and when it is of use. */
  description: z.string().max(500),
  /** What the agent has to find out before it calls it: the run's `input`. */
  variables: z
    .array(
      z.strictObject({
        name: VariableName,
        type: z.enum(['string', 'number', 'integer', 'boolean', 'object']),
        description: z.string().max(500).optional(),
        required: z.boolean().optional(),
      }),
    )
    .max(50)
    .superRefine((variables, context) => {
      for (const [at, { name }] of variables.entries())
        if (variables.findIndex((one) => one.name === name) < at)
          context.addIssue({ code: 'custom', path: [at, 'name'], message: `"${name}" is there twice` })
    })
    .optional(),
  /** What is said in the conversation while it runs. */
  message: z
    .union([
      z.strictObject({ kind: z.enum(['default', 'none']) }),
      z.strictObject({ kind: z.literal('custom'), text: Wording.max(1_000) }),
    ])
    .optional(),
  /** What its output must fit, before the agent gets it. */
  responseSchema: JsonSchema.optional(),
})
export type Action = z.infer<typeof Action>

/** What a caller has to give: its variables, and nothing else. */
export const parametersOf = ({ variables = [] }: Action): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(
    variables.map(({ name, type, description }) => [name, { type, ...(description ? { description } : {}) }]),
  ),
  required: variables.filter(({ required }) => required).map(({ name }) => name),
  additionalProperties: false,
})

const defaultMessage = 'One moment, please.'

/** What is said while it runs; null where nothing is. */
export function messageOf({ message = { kind: 'default' } }: Action, input: JsonObject): string | null {
  if (message.kind === 'none') return null
  if (!('text' in message)) return defaultMessage
  try {
    return stringify(renderAll(message.text, { input })) || defaultMessage
  } catch (error) {
    // It names what this call does not have: no reason not to make it.
    if (error instanceof Refusal) return defaultMessage
    throw error
  }
}

interface Calls {
  prompt: string
  rules?: string[] | undefined
  actions?: { name: string; approval?: boolean | undefined }[] | undefined
}

/** The actions that an agent may call: those it lists, and those its prompt and rules name as `@name`. */
export function actionsOf({
  prompt,
  rules = [],
  actions = [],
}: Calls): { name: string; approval: boolean }[] {
  const named = [...actions, ...[prompt, ...rules].flatMap(mentionsIn).map((name) => ({ name }))]
  const approvals = new Map<string, boolean>()
  for (const { name, ...more } of named)
    approvals.set(name, (approvals.get(name) ?? false) || ('approval' in more && more.approval === true))
  return [...approvals].map(([name, approval]) => ({ name, approval }))
}

/** Not an address, and not the beginning of one. */
const mention = /(?<![\w.@/+-])@([A-Za-z0-9_-]{1,64})(?![\w-]|\.\w)/g

/** The names behind an @ in a text as its author wrote it: no value that stands in for a placeholder can add one. */
function mentionsIn(template: string): string[] {
  const written = splitTemplate(template).map((part) => ('text' in part ? part.text : 'x'))
  return [...written.join('').matchAll(mention)].map(([, name = '']) => name)
}

/**
 * Actions that an agent names and the app does not have. Warnings: an action is taken in its newest version when it is
 * called, and may be published until then.
 */
export function unknownActions(
  step: Calls & { id: string },
  { actions }: AppWorld,
): (Problem & { warning: true })[] {
  if (!actions) return []
  const has = `it has ${actions.slice(0, 10).join(', ') || 'none'}`
  return actionsOf(step)
    .filter(({ name }) => !actions.includes(name))
    .map(({ name }) => ({
      stepId: step.id,
      path: step.actions?.some((one) => one.name === name) ? 'actions' : 'prompt',
      message: `this app has no published action "${name}"; ${has}. Publish it before this one runs`,
      warning: true,
    }))
}
