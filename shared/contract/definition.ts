import { z } from 'zod'
import { boundsProblem, definitionLimits } from './definition-limits.ts'
import { Duration } from './duration.ts'
import { isObject, JsonValue } from './json.ts'
import { JsonSchema } from './json-schema.ts'
import { Role } from './person.ts'
import { type AnyStep, type Arm, commonFields, type Problem, Steps } from './step.ts'
import { kinds, plannedTypes, stepKindOf } from './steps/index.ts'
import { VariableName } from './steps/set.ts'
import { TeamName } from './team.ts'
import { toldApart } from './told-apart.ts'

export { definitionLimits }

export const WorkflowType = z.enum(['chat_driven', 'output_focused'])
export type WorkflowType = z.infer<typeof WorkflowType>

/** Who may see and start a workflow. */
export const Availability = z.union([
  z.strictObject({ everyone: z.literal(true) }),
  z
    .strictObject({
      roles: z.array(Role).min(1).optional(),
      teams: z.array(TeamName).min(1).optional(),
      users: z.array(z.string().min(1)).min(1).optional(),
    })
    .refine(
      (one) => one.roles || one.teams || one.users,
      'name roles, teams or users, or { "everyone": true }',
    ),
])
export type Availability = z.infer<typeof Availability>

const common = {
  name: z.string().trim().min(1, 'a workflow needs a name').max(120),
  description: z.string().max(2_000).optional(),
  icon: z.string().max(100).optional(),
  category: z.string().max(100).optional(),
  availableTo: Availability.optional(),
  variables: z.record(VariableName, JsonValue).optional(),
  budget: z
    .strictObject({
      tokens: z.int().positive().optional(),
      money: z.strictObject({ amount: z.number().positive(), currency: z.string().length(3) }).optional(),
      per: z.enum(['run', 'session', 'workflow']),
    })
    .optional(),
  steps: Steps,
}

export const OutputFocused = z.strictObject({
  type: z.literal('output_focused'),
  ...common,
  /** JSON Schema of the start input; its properties are `input.…` in expressions. */
  input: JsonSchema.optional(),
  output: JsonSchema.optional(),
  action: z
    .strictObject({
      name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
      description: z.string().max(500),
      variables: z
        .array(
          z.strictObject({
            name: VariableName,
            type: z.enum(['string', 'number', 'integer', 'boolean', 'object']),
            description: z.string().max(500).optional(),
            required: z.boolean().optional(),
          }),
        )
        .optional(),
      message: z
        .union([
          z.strictObject({ kind: z.enum(['default', 'none']) }),
          z.strictObject({ kind: z.literal('custom'), text: z.string().min(1) }),
        ])
        .optional(),
      responseSchema: JsonSchema.optional(),
    })
    .optional(),
})

export const ChatDriven = z.strictObject({
  type: z.literal('chat_driven'),
  ...common,
  triggers: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(64),
        name: z.string().trim().min(1).max(120),
        message: z.string().trim().min(1).max(2_000),
        parameters: z
          .array(
            z.strictObject({
              name: VariableName,
              default: z.string().optional(),
              description: z.string().max(500).optional(),
            }),
          )
          .optional(),
      }),
    )
    .max(20)
    .optional(),
  chat: z
    .strictObject({
      afterEnd: z.enum(['listen', 'close']).optional(),
      whileBusy: z.enum(['queue', 'merge', 'interrupt', 'reject']).optional(),
      memory: z
        .strictObject({
          strategy: z.enum(['summary', 'last', 'none']),
          turns: z.int().min(1).max(50).optional(),
        })
        .optional(),
      idleTimeout: Duration.optional(),
      welcome: z.string().max(4_000).optional(),
      thinking: z.string().max(1_000).optional(),
    })
    .optional(),
  postConversation: z
    .strictObject({ workflowId: z.uuid(), analysis: z.array(z.record(z.string(), JsonValue)).optional() })
    .optional(),
})

/** What a builder makes: the shape of the envelope. Steps are checked one by one by `parseDefinition`. */
export const Definition = z.discriminatedUnion('type', [OutputFocused, ChatDriven], {
  error: (issue) =>
    issue.code === 'invalid_union' ? 'type must be "output_focused" or "chat_driven"' : undefined,
})
export type Definition = z.infer<typeof Definition>

/** Where a step stands: the fields that lead to it, and how deep it is nested. */
export interface Placed {
  step: AnyStep
  at: string
  depth: number
}

/** The lists of steps inside a step, its `onError` among them. */
export const armsOf = (step: AnyStep): Arm[] => [
  ...(plannedTypes.has(step.type) ? listsIn(step) : (stepKindOf(step.type)?.arms?.(step) ?? [])),
  ...(typeof step.onError === 'object'
    ? [{ name: 'error', at: 'onError.steps', steps: step.onError.steps }]
    : []),
]

/** The lists of steps in a step of a planned type, by the names that all types give them. */
function listsIn(value: unknown, at = ''): Arm[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => listsIn(item, `${at}[${index}]`))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = at ? `${at}.${key}` : key
    if (place === 'onError') return []
    const isList = (key === 'steps' || key === 'otherwise') && Array.isArray(inner) && inner.every(isObject)
    return isList ? [{ name: place, at: place, steps: inner as unknown as AnyStep[] }] : listsIn(inner, place)
  })
}

/** Every step of a list, with those nested inside, in the order they are written. */
export function* walkSteps(steps: AnyStep[], at = 'steps', depth = 1): Generator<Placed> {
  for (const [index, step] of steps.entries()) {
    const place = `${at}[${index}]`
    yield { step, at: place, depth }
    if (depth <= definitionLimits.depth)
      for (const arm of armsOf(step)) yield* walkSteps(arm.steps, `${place}.${arm.at}`, depth + 1)
  }
}

export type ParsedDefinition = { ok: true; definition: Definition } | { ok: false; problems: Problem[] }

/** Checks the shape of a definition: envelope, each step by the schema of its type, ids, limits. What save asks. */
export function parseDefinition(given: unknown): ParsedDefinition {
  const wild = boundsProblem(given)
  if (wild) return { ok: false, problems: [wild] }
  const parsed = Definition.safeParse(given)
  if (!parsed.success) return { ok: false, problems: issuesAsProblems(parsed.error) }
  const problems: Problem[] = []
  const seen = new Set<string>()
  let count = 0
  const checkList = (steps: AnyStep[], at: string, depth: number): void => {
    if (depth > definitionLimits.depth) {
      problems.push({ path: at, message: `steps may be nested ${definitionLimits.depth} deep` })
      return
    }
    for (const [index, step] of steps.entries()) {
      if (++count > definitionLimits.steps || problems.length >= mostProblems) return
      const place = `${at}[${index}]`
      const found = shapeProblems(step, place)
      problems.push(...found)
      if (typeof step.id === 'string') {
        if (seen.has(step.id))
          problems.push({
            stepId: step.id,
            path: `${place}.id`,
            message: `the id "${step.id}" is used twice: ids are unique in a workflow`,
          })
        seen.add(step.id)
      }
      // The arms of a malformed step cannot be read; its own problems come first.
      if (found.length === 0)
        for (const arm of armsOf(step)) checkList(arm.steps, `${place}.${arm.at}`, depth + 1)
    }
  }
  checkList(parsed.data.steps, 'steps', 1)
  if (count > definitionLimits.steps)
    problems.push({ path: 'steps', message: `a workflow may have ${definitionLimits.steps} steps` })
  return problems.length > 0
    ? { ok: false, problems: problems.slice(0, mostProblems) }
    : { ok: true, definition: parsed.data }
}

/** Nobody reads more, and a hostile definition could have a hundred for each step. */
const mostProblems = 100

/** Of a step that cannot run yet only the common fields are known. */
const PlannedStep = z.looseObject({ ...commonFields, type: z.string() })

/** What is wrong with the shape of one step: what Save Changes of a single step asks. */
export function shapeProblems(step: AnyStep, at: string): Problem[] {
  const stepId = typeof step.id === 'string' ? step.id : undefined
  const kind = typeof step.type === 'string' ? stepKindOf(step.type) : undefined
  if (kind) {
    const parsed = kind.schema.safeParse(step)
    return parsed.success ? [] : issuesAsProblems(parsed.error, at, stepId)
  }
  if (plannedTypes.has(step.type)) {
    const parsed = PlannedStep.safeParse(step)
    return parsed.success ? [] : issuesAsProblems(parsed.error, at, stepId)
  }
  return [
    {
      stepId,
      path: `${at}.type`,
      message: `${step.type === undefined ? 'the type is missing' : `"${String(step.type).slice(0, 60)}" is no step type`}; there are ${Object.keys(kinds).join(', ')}`,
    },
  ]
}

const issuesAsProblems = (error: z.ZodError, at = '', stepId?: string): Problem[] =>
  error.issues
    .flatMap(toldApart)
    .slice(0, mostProblems)
    .map((issue) => ({
      stepId,
      path: [at, ...issue.path].reduce<string>(
        (path, key) => path + (typeof key === 'number' ? `[${key}]` : path ? `.${String(key)}` : String(key)),
        '',
      ),
      message: issue.message,
    }))
