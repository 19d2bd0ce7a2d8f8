import type { AppWorld } from './app-world.ts'
import { checkAction } from './check-action.ts'
import { checkBudget } from './check-budget.ts'
import { checkConversation } from './check-conversation.ts'
import { armsOf, type Definition, walkSteps } from './definition.ts'
import type { AnyStep, CheckContext, Problem } from './step.ts'
import { stepKindOf } from './steps/index.ts'
import { missingTeam } from './team.ts'
import { expressionsIn } from './template.ts'

/** What publish finds: errors stop it, warnings do not. */
export interface Findings {
  errors: Problem[]
  warnings: Problem[]
}

/** Roots that expressions may name beside results, by workflow type. */
const rootsOf = {
  output_focused: ['input', 'variables'],
  chat_driven: ['userMessage', 'uiFlowContext', 'variables'],
} as const

/**
 * Checks the meaning of a definition whose shape `parseDefinition` accepted: that every step and field has a runner,
 * that each reference is sure to exist, that the run can end well.
 */
export function checkDefinition(definition: Definition, world: AppWorld = {}): Findings {
  const errors: Problem[] = []
  const warnings: Problem[] = []
  const { teams = [] } = { teams: undefined, ...definition.availableTo }
  errors.push(...teams.flatMap((team) => missingTeam(undefined, 'availableTo.teams', team, world)))
  if (definition.steps.length === 0)
    errors.push({ path: 'steps', message: 'a workflow needs at least one step: add one, then publish' })
  const context: CheckContext = { definition, world }
  const keys = new Map<string, AnyStep>()
  for (const { step } of walkSteps(definition.steps)) keys.set(keyOf(step), step)
  for (const { step, at } of walkSteps(definition.steps)) {
    const kind = stepKindOf(step.type)
    if (!kind) {
      errors.push({
        stepId: step.id,
        path: `${at}.type`,
        message: `steps of type "${step.type}" cannot run yet: take this step out`,
      })
      continue
    }
    for (const field of kind.unsupported?.(step) ?? [])
      errors.push({
        stepId: step.id,
        path: at,
        message: `${field} of "${step.type}" cannot run yet: take it out`,
      })
    for (const { warning, ...problem } of kind.check?.(step, context) ?? [])
      (warning ? warnings : errors).push({ ...problem, path: `${at}.${problem.path}` })
  }
  for (const found of [
    checkBudget(definition, world),
    checkConversation(definition),
    checkAction(definition),
  ]) {
    errors.push(...found.errors)
    warnings.push(...found.warnings)
  }
  warnings.push(...unreachable(definition.steps), ...unapproved(definition.steps, false))
  checkReferences(definition.steps, 'steps', new Set(rootsOf[definition.type]), {
    keys,
    homes: homesOf(definition.steps),
    loops: [],
    errors,
  })
  return { errors, warnings }
}

/** Steps behind an `end` in the same list. */
function unreachable(steps: AnyStep[], at = 'steps'): Problem[] {
  const end = steps.findIndex((step) => stepKindOf(step.type)?.ends && step.when === undefined)
  const behind = end < 0 ? undefined : steps[end + 1]
  const here = behind
    ? [
        {
          stepId: behind.id,
          path: `${at}[${end + 1}]`,
          message: `this step never runs: “${steps[end]?.id}” before it ends the workflow`,
        },
      ]
    : []
  return [
    ...here,
    ...steps.flatMap((step, index) =>
      armsOf(step).flatMap((arm) => unreachable(arm.steps, `${at}[${index}].${arm.at}`)),
    ),
  ]
}

/** Steps that reach people outside the conversation although nobody has approved what they are told. */
function unapproved(steps: AnyStep[], approvedBefore: boolean, at = 'steps'): Problem[] {
  const found: Problem[] = []
  let approved = approvedBefore
  for (const [index, step] of steps.entries()) {
    const kind = stepKindOf(step.type)
    const place = `${at}[${index}]`
    if (!approved && kind?.reaches?.(step))
      found.push({
        stepId: step.id,
        path: place,
        message:
          'this step reaches people (e-mail, channel) with no approval before it: put an approval in front of it',
      })
    for (const arm of armsOf(step)) found.push(...unapproved(arm.steps, approved, `${place}.${arm.at}`))
    if (kind?.approves && isSure(step)) approved = true
  }
  return found
}

/** Whether nothing comes past a list: it ends the run. */
export const endsSurely = (steps: AnyStep[]): boolean =>
  steps.some((step) => stepKindOf(step.type)?.ends && step.when === undefined)

/** Whether a run that came past a step has done it. */
const isSure = (step: AnyStep): boolean =>
  step.when === undefined && (step.onError === undefined || step.onError === 'fail')

/** The key of a step's result: its id, unless it names another. */
export const keyOf = (step: AnyStep): string =>
  'responseKey' in step && typeof step.responseKey === 'string' ? step.responseKey : step.id

/** The fields of a step that hold templates of its own: not its nested steps, not its schemas. */
export function templatesOf(step: AnyStep): [field: string, value: unknown][] {
  const kind = stepKindOf(step.type)
  const arms = new Set(armsOf(step).map((arm) => arm.steps))
  const skip = new Set(['id', 'type', 'onError', 'retry', 'timeout', ...(kind?.verbatim ?? [])])
  const own = (value: unknown): unknown => {
    if (Array.isArray(value)) return arms.has(value) ? [] : value.map(own)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, own(inner)]))
  }
  return Object.entries(step).flatMap(([field, value]) =>
    skip.has(field) ? [] : [[field, own(value)] as [string, unknown]],
  )
}

type Names = ReadonlySet<string>

/** What a check of references goes by, and where it says what it found. */
interface References {
  /** Every step that gives something, by the key of its result. */
  keys: ReadonlyMap<string, AnyStep>
  /** The loops in whose rounds a result lives, by its key. */
  homes: ReadonlyMap<string, string[]>
  /** The loops around the list being checked. */
  loops: string[]
  errors: Problem[]
}

function homesOf(steps: AnyStep[], loops: string[] = [], homes = new Map<string, string[]>()) {
  for (const step of steps) {
    homes.set(keyOf(step), loops)
    for (const arm of armsOf(step)) homesOf(arm.steps, arm.isolated ? [...loops, step.id] : loops, homes)
  }
  return homes
}

/** Walks a list with the names that are sure to exist before it. Gives those that are sure behind it. */
function checkReferences(steps: AnyStep[], at: string, sure: Names, found: References): Names {
  const known = new Set(sure)
  for (const [index, step] of steps.entries()) {
    const place = `${at}[${index}]`
    const kind = stepKindOf(step.type)
    const fields = templatesOf(step)
    const isLate = (field: string) => kind?.late?.includes(field) ?? false
    const check = (field: string, value: unknown, names: Names) =>
      checkRoots(
        step,
        `${place}.${field}`,
        value,
        kind?.secure?.includes(field) ? new Set([...names, 'secure']) : names,
        found,
      )
    for (const [field, value] of fields) if (!isLate(field)) check(field, value, known)
    const behind = checkArms(step, place, known, found)
    for (const [field, value] of fields) if (isLate(field)) check(field, value, behind)
    if (!isSure(step)) continue
    for (const name of behind) known.add(name)
    const isLost = armsOf(step).some((arm) => arm.instead && !endsSurely(arm.steps))
    if (kind?.gives !== false && !isLost) known.add(keyOf(step))
  }
  return known
}

/** Checks the lists inside a step. Gives the names that are sure behind them: what every way through it gives. */
function checkArms(step: AnyStep, place: string, known: Names, found: References): Names {
  const kind = stepKindOf(step.type)
  // A nested list may name what its own step gave before (an approval's comment in `onChanges`).
  const own = kind?.gives === false || kind?.rounds ? [] : [keyOf(step)]
  const ways: Names[] = []
  for (const arm of armsOf(step)) {
    const isError = arm.name === 'error'
    const inside = new Set([...known, ...(isError ? ['error'] : own), ...(arm.binds ?? [])])
    const loops = arm.isolated ? [...found.loops, step.id] : found.loops
    const behind = new Set(checkReferences(arm.steps, `${place}.${arm.at}`, inside, { ...found, loops }))
    for (const name of [...own, ...(arm.binds ?? [])]) if (!known.has(name)) behind.delete(name)
    if (!isError && !arm.isolated && !endsSurely(arm.steps)) ways.push(behind)
  }
  if (kind?.together) return new Set(ways.flatMap((way) => [...way]))
  if (!kind?.everyWay?.(step)) return known
  const [first, ...others] = ways
  return first ? new Set([...first].filter((name) => others.every((way) => way.has(name)))) : known
}

function checkRoots(
  step: AnyStep,
  path: string,
  value: unknown,
  known: Names,
  { keys, homes, loops, errors }: References,
): void {
  for (const expression of expressionsIn(value)) {
    for (const [root, { guarded }] of expression.roots) {
      if (known.has(root)) continue
      const source = keys.get(root)
      const loop = homes.get(root)?.find((id) => !loops.includes(id))
      const say = (message: string) =>
        errors.push({ stepId: step.id, path, message: `\${${expression.source.slice(0, 80)}}: ${message}` })
      if (root === 'secure')
        say(
          'secrets stand in the arguments of a tool, and in headers and bodies of integrations: no text, prompt or mail may hold one',
        )
      else if (!source)
        say(`"${root}" is neither a step before this one nor one of ${[...known].slice(0, 6).join(', ')}`)
      else if (stepKindOf(source.type)?.gives === false)
        say(`the step "${root}" (${source.type}) leaves no result`)
      else if (loop)
        say(
          `the result of "${root}" belongs to one round of "${loop}": name \${${loop}}, the list of its rounds' last results`,
        )
      else if (!guarded)
        say(
          `the result of "${root}" is not sure to exist here: write \${${root}.?field.orValue('')} or \${${root}.orValue('')}, or move this step behind it`,
        )
    }
  }
}
