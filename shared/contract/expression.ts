import { type ASTNode, Optional } from '@marcbachmann/cel-js'
import { budgets, count, onBudget, pay } from './budget.ts'
import { Refusal } from './errors.ts'
import { adapt, asWritten } from './expression/adapt.ts'
import { Duration, expressionLimits, parse, UnsignedInt } from './expression/environment.ts'
import { meter } from './expression/meter.ts'
import { childrenOf, macros, optionalCalls } from './expression/tree.ts'
import { isObject, type Json } from './json.ts'

export { expressionLimits }

/** What an expression may name: roots such as `input` and results by key. A missing result is `absent`. */
export type Scope = Record<string, unknown>

/** Stands for a result that does not exist (an arm not taken): only `?`-access may touch it. */
export const absent = Optional.none()

export interface Expression {
  readonly source: string
  /** The roots it names, and whether every use of that root goes through `?`-access. */
  readonly roots: ReadonlyMap<string, { guarded: boolean }>
  /** @throws Refusal `ExpressionFailed` naming the expression */
  evaluate(scope: Scope): Json
}

/**
 * Compiles one CEL expression.
 * @throws Refusal `Invalid` when it is over a limit, cannot be parsed, cannot work for any values, or uses `matches`
 */
export function compile(source: string): Expression {
  count(parsing + source.length)
  const known = compiled.get(source)
  if (known) return known
  if (source.length > expressionLimits.characters)
    throw new Refusal(
      'Invalid',
      `an expression may have ${expressionLimits.characters} characters, this one has ${source.length}`,
    )
  const program = parsed(source)
  const roots = new Map<string, { guarded: boolean }>()
  collectRoots(program.ast, roots, new Set(), false)
  const expression: Expression = {
    source,
    roots,
    evaluate: (scope) => {
      try {
        return onBudget(budgets.expression, () => toJson(evaluated(program, named(scope, roots))))
      } catch (error) {
        throw new Refusal('ExpressionFailed', `\${${source.slice(0, 200)}}: ${firstLine(error)}`)
      }
    },
  }
  if (compiled.size >= 2_000) compiled.clear()
  compiled.set(source, expression)
  return expression
}

const compiled = new Map<string, Expression>()

/** What it takes to have an expression ready. The same whether it is known or not: a replay may know others. */
const parsing = 20

function parsed(source: string) {
  const refuse = (error: unknown): never => {
    throw new Refusal('Invalid', `\${${source.slice(0, 200)}} is not an expression: ${firstLine(error)}`)
  }
  try {
    const program = parse(source)
    refuseMatches(program.ast)
    adapt(program.ast)
    const { valid, error } = program.check()
    if (!valid) return refuse(error)
    meter(program.ast)
    return program
  } catch (error) {
    if (error instanceof Refusal) throw error
    return refuse(error)
  }
}

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 300) ?? ''

/**
 * CEL tells types by an object's `constructor`, which data may have as a key of its own (races have constructors). Such
 * objects are given to it as maps, where that went wrong.
 */
function evaluated(program: (scope: Scope) => unknown, scope: Scope): unknown {
  try {
    return program(scope)
  } catch (error) {
    if (!hasKey(scope, 'constructor')) throw error
    return program(withMaps(scope) as Scope)
  }
}

const hasKey = (value: unknown, key: string): boolean => {
  pay(1)
  if (Array.isArray(value)) return value.some((one) => hasKey(one, key))
  if (!isObject(value) || value instanceof Optional) return false
  return Object.hasOwn(value, key) || Object.values(value).some((one) => hasKey(one, key))
}

function withMaps(value: unknown, isRoot = true): unknown {
  pay(1)
  if (Array.isArray(value)) return value.map((one) => withMaps(one, false))
  if (!isObject(value) || value instanceof Optional) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, withMaps(inner, false)] as const)
  if (!isRoot && Object.hasOwn(value, 'constructor')) return new Map(entries)
  return Object.assign(isRoot ? Object.create(null) : {}, Object.fromEntries(entries))
}

/** Just what the expression names, and nothing that a scope inherits: `constructor` names no root. */
function named(scope: Scope, roots: Expression['roots']): Scope {
  const values: Scope = Object.create(null)
  for (const root of roots.keys()) if (Object.hasOwn(scope, root)) values[root] = scope[root]
  return values
}

function refuseMatches(node: ASTNode): void {
  if (node.op === 'rcall' && node.args[0] === 'matches')
    throw new Refusal('Invalid', 'matches is not available: write re(text, pattern), which takes linear time')
  for (const child of childrenOf(node)) refuseMatches(child)
}

/** Names that CEL itself gives a value: its types, and where its functions live. */
const celNames = new Set(
  'int uint double bool string bytes list map type null_type dyn optional google cel'.split(' '),
)

type Roots = Map<string, { guarded: boolean }>

/** @param guarded whether the node itself stands where a missing value does no harm */
function collectRoots(node: ASTNode, roots: Roots, bound: ReadonlySet<string>, guarded: boolean): void {
  if (node.op === 'id') {
    if (bound.has(node.args) || celNames.has(node.args)) return
    roots.set(node.args, { guarded: guarded && (roots.get(node.args)?.guarded ?? true) })
    return
  }
  const [receiver, inside] = scopesOf(node, bound)
  if (receiver) collectRoots(asWritten(receiver), roots, bound, isGuard(node))
  const isOffer = node.op === 'rcall' && node.args[0] === 'or'
  for (const [child, names] of inside) collectRoots(isOffer ? asWritten(child) : child, roots, names, isOffer)
}

/** Whether what a node is applied to may be missing. */
const isGuard = (node: ASTNode) =>
  node.op === '.?' || node.op === '[?]' || (node.op === 'rcall' && optionalCalls.has(node.args[0]))

type Names = ReadonlySet<string>

/** What a node is applied to, and its other children, each with the names that a macro binds for it. */
function scopesOf(node: ASTNode, bound: Names): [receiver: ASTNode | undefined, others: [ASTNode, Names][]] {
  if (node.op === '.?' || node.op === '[?]')
    return [
      node.args[0],
      childrenOf(node)
        .slice(1)
        .map((child) => [child, bound]),
    ]
  if (node.op !== 'rcall') return [undefined, childrenOf(node).map((child) => [child, bound])]
  const [name, receiver, given] = node.args
  const isBind = name === 'bind' && receiver.op === 'id' && receiver.args === 'cel'
  const [first, ...others] = given
  if (first?.op !== 'id' || !(isBind || macros.has(name)))
    return [receiver, given.map((child) => [child, bound])]
  const inside = new Set([...bound, first.args])
  // `cel.bind(name, value, use)`: the value does not see the name yet.
  return [receiver, others.map((child, index) => [child, isBind && index === 0 ? bound : inside])]
}

/** CEL's own values as plain JSON: ints as numbers, timestamps and durations as ISO text, an empty optional as null. */
function toJson(value: unknown): Json {
  pay(typeof value === 'string' ? 1 + value.length / 8 : 1)
  if (typeof value === 'bigint') return Number(value)
  if (value === undefined || value === null) return null
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error('the result is no number: is something divided by 0?')
  if (typeof value !== 'object') return value as Json
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Duration) return `PT${Number(value) / 1000}S`
  if (value instanceof UnsignedInt) return Number(value)
  if (value instanceof Optional) return value.hasValue() ? toJson(value.value()) : null
  if (Array.isArray(value)) return value.map(toJson)
  const prototype = Object.getPrototypeOf(value)
  if (!(value instanceof Map) && prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new Error('the result is a type or bytes, which is no value of JSON: put string(…) around it')
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value)
  pay(entries.length * 3)
  return Object.fromEntries(entries.map(([key, inner]) => [String(key), toJson(inner)]))
}
