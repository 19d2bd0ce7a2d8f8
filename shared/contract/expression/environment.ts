import { type ASTNode, Environment, Optional } from '@marcbachmann/cel-js'
import { pay } from '../budget.ts'
import { linearPattern } from '../linear-pattern.ts'

/** Limits of `definition.md`: what is over them is refused at save. */
export const expressionLimits = { characters: 4_000, nodes: 500, depth: 64 } as const

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: expressionLimits.nodes, maxDepth: expressionLimits.depth },
})

export const parse = (source: string) => environment.parse(source)

// The library keeps these two classes to itself.
export const Duration: new () => object = environment.evaluate('duration("1s")').constructor
export const UnsignedInt: new () => object = environment.evaluate('1u').constructor

/** `name(node)`, for calls that are put into an expression after it is parsed. */
export function callOf(name: string, node: ASTNode): ASTNode {
  const { ast } = environment.parse(`${name}(x)`)
  if (ast.op === 'call') ast.args[1][0] = node
  return ast
}

const here = { async: false }

// Numbers are doubles, but some functions still give ints (`size`, `indexOf`): each pair of the two computes alike.
const arithmetic: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}
for (const [sign, compute] of Object.entries(arithmetic)) {
  for (const [left, right] of [
    ['double', 'int'],
    ['int', 'double'],
  ]) {
    environment.registerOperator(
      `${left} ${sign} ${right}: double`,
      (a: number | bigint, b: number | bigint) => compute(Number(a), Number(b)),
    )
  }
}
environment.registerOperator('double % double: double', (a: number, b: number) => a % b)

// What takes an int in CEL takes a double as well.
type Whole = number | bigint
const doubles: Record<string, (...given: never[]) => unknown> = {
  'string.substring(double): string': (text: string, from: Whole) => text.slice(within(text, from)),
  'string.substring(double, double): string': cut,
  'string.substring(double, int): string': cut,
  'string.substring(int, double): string': cut,
  'string.indexOf(string, double): int': (text: string, part: string, from: Whole) =>
    BigInt(text.indexOf(part, within(text, from))),
  'string.lastIndexOf(string, double): int': (text: string, part: string, from: Whole) =>
    BigInt(text.lastIndexOf(part, within(text, from))),
  'string.split(string, double): list<string>': splitAt,
  'timestamp(double): google.protobuf.Timestamp': (seconds: number) => {
    const time = new Date(seconds * 1000)
    if (Number.isNaN(time.getTime())) throw new Error(`${seconds} seconds are no time`)
    return time
  },
}
for (const [signature, compute] of Object.entries(doubles))
  environment.registerFunction(signature, compute, here)

function within(text: string, at: Whole): number {
  const place = Number(at)
  if (!Number.isInteger(place) || place < 0 || place > text.length)
    throw new Error(`there is no place ${place} in a text of ${text.length} characters`)
  return place
}

function cut(text: string, from: Whole, to: Whole): string {
  if (Number(to) < Number(from)) throw new Error(`a part from ${from} to ${to} ends before it begins`)
  return text.slice(within(text, from), within(text, to))
}

/** As CEL's: the last part holds the rest; a negative limit is none. */
function splitAt(text: string, by: string, limit: number): string[] {
  if (limit === 0) return []
  const parts = text.split(by)
  return limit < 0 || parts.length <= limit
    ? parts
    : [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(by)]
}

// `matches` runs on JavaScript's RegExp, which a short pattern can occupy for minutes: it is refused at save, and `re`
// offers the same in linear time.
environment.registerFunction(
  're(string, string): bool',
  (text: string, pattern: string) => {
    const linear = linearPattern(pattern)
    pay(linear.costOf(text))
    return linear.test(text)
  },
  here,
)

// Amounts in texts that people read: 315360 → 315,360; two decimals at most.
const readable = (given: number | bigint): string => {
  const [whole = '', decimals] = String(Math.round(Math.abs(Number(given)) * 100) / 100).split('.')
  const sign = Number(given) < 0 ? '-' : ''
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${decimals ? `.${decimals}` : ''}`
}
environment.registerFunction('formatNumber(double): string', readable, here)
environment.registerFunction('formatNumber(int): string', readable, here)

// Dates in texts that people read: 2026-11-27 → 27 November 2026.
const months = 'January February March April May June July August September October November December'.split(
  ' ',
)
environment.registerFunction(
  'formatDate(string): string',
  (given: string) => {
    const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:T|$)/.exec(given) ?? []
    const name = months[Number(month) - 1]
    if (!name) throw new Error(`"${given.slice(0, 40)}" is no date such as 2026-11-27`)
    return `${Number(day)} ${name} ${year}`
  },
  here,
)

// A result that exists is bound plainly, one that does not as `optional.none()`: `.orValue` has to serve both.
environment.registerFunction(
  'optional_of(dyn): optional<dyn>',
  (value: unknown) => (value instanceof Optional ? value : Optional.of(value)),
  here,
)

// A step that leaves a text (`draft`, `ask`) is read with `.?text` like one that leaves an object with a text.
environment.registerFunction(
  'text_of(dyn): dyn',
  (value: unknown) => (typeof value === 'string' ? { text: value } : value),
  here,
)
