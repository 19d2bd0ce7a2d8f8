import { type ASTNode, Environment, Optional } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { Refusal } from './errors.ts'
import type { Json } from './json.ts'

/** Limits of `definition.md`: what is over them is refused at save. */
export const expressionLimits = { characters: 4_000, nodes: 500, depth: 64 } as const

/** What an expression may name: roots such as `input` and results by key. A missing result is `absent`. */
export type Scope = Record<string, unknown>

/** Stands for a result that does not exist (an arm not taken): only `?`-access may touch it. */
export const absent = Optional.none()

export interface Expression {
  readonly source: string
  /** The roots it names, and whether every use of that root goes through `?`-access. */
  readonly roots: ReadonlyMap<string, { guarded: boolean }>
  evaluate(scope: Scope): Json
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: expressionLimits.nodes, maxDepth: expressionLimits.depth },
})

// JSON numbers are doubles while CEL's literals are ints: without these overloads `amount + 1` is a type error.
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
    environment.registerOperator(`${left} ${sign} ${right}: double`, (a: number | bigint, b: number | bigint) =>
      compute(Number(a), Number(b)),
    )
  }
}
environment.registerOperator('double % double: double', (a: number, b: number) => a % b)

// `matches` runs on JavaScript's RegExp, which a short pattern can occupy for minutes: it is refused below, and
// `re` offers the same in linear time.
environment.registerFunction('re(string, string): bool', (text: string, pattern: string) => {
  if (pattern.length > 1_000) throw new Error('a pattern may have 1,000 characters')
  return RE2JS.compile(pattern).matcher(text).find()
})

/**
 * Compiles one CEL expression.
 * @throws Refusal `Invalid` when it is over a limit, cannot be parsed, or uses `matches`
 */
export function compile(source: string): Expression {
  const known = compiled.get(source)
  if (known) return known
  if (source.length > expressionLimits.characters)
    throw new Refusal('Invalid', `an expression may have ${expressionLimits.characters} characters, this one has ${source.length}`)
  const { ast } = parse(source)
  const roots = new Map<string, { guarded: boolean }>()
  collectRoots(ast, roots, new Set(), false)
  const program = parse(withRealDivision(source, ast))
  const expression: Expression = {
    source,
    roots,
    evaluate: (scope) => {
      try {
        return toJson(program(scope))
      } catch (error) {
        throw new Refusal('ExpressionFailed', `\${${source}}: ${firstLine(error)}`)
      }
    },
  }
  if (compiled.size >= 2_000) compiled.clear()
  compiled.set(source, expression)
  return expression
}

const compiled = new Map<string, Expression>()

function parse(source: string) {
  try {
    return environment.parse(source)
  } catch (error) {
    throw new Refusal('Invalid', `\${${source.slice(0, 200)}} is not an expression: ${firstLine(error)}`)
  }
}

const firstLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''

/** Macros bind their first argument, which is then no root of ours. */
const macros = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

function collectRoots(node: ASTNode, roots: Map<string, { guarded: boolean }>, bound: Set<string>, guarded: boolean): void {
  const visit = (child: ASTNode, names = bound) => collectRoots(child, roots, names, false)
  switch (node.op) {
    case 'value':
      return
    case 'id': {
      if (bound.has(node.args) || node.args === 'optional') return
      roots.set(node.args, { guarded: guarded && (roots.get(node.args)?.guarded ?? true) })
      return
    }
    case '.':
      return visit(node.args[0])
    case '.?':
      return collectRoots(node.args[0], roots, bound, true)
    case '[?]':
      collectRoots(node.args[0], roots, bound, true)
      return visit(node.args[1])
    case 'call':
      for (const child of node.args[1]) visit(child)
      return
    case 'rcall': {
      const [name, receiver, given] = node.args
      if (name === 'matches')
        throw new Refusal('Invalid', 'matches is not available: write re(text, pattern), which takes linear time')
      const isOptionalCall = name === 'hasValue' || name === 'orValue' || name === 'or'
      collectRoots(receiver, roots, bound, isOptionalCall)
      const first = given[0]
      const names = macros.has(name) && first?.op === 'id' ? new Set([...bound, first.args]) : bound
      for (const child of given) visit(child, names)
      return
    }
    case 'map':
      for (const [key, value] of node.args) {
        visit(key)
        visit(value)
      }
      return
    case '!_':
    case '-_':
      return visit(node.args)
    default:
      for (const child of node.args as ASTNode[]) visit(child)
  }
}

/** `7 / 2` is 3.5 for everyone who does not write compilers: the left side of a division is made a double. */
function withRealDivision(source: string, ast: ASTNode): string {
  const inserts: [at: number, text: string][] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit)
    if (typeof node !== 'object' || node === null || !('op' in node)) return
    const { op, args } = node as ASTNode
    if (op === '/') {
      const [left] = args as [ASTNode, ASTNode]
      inserts.push([left.range.start, 'double('], [left.range.end, ')'])
    }
    visit(args)
  }
  visit(ast)
  return inserts.sort(([a], [b]) => b - a).reduce((text, [at, piece]) => text.slice(0, at) + piece + text.slice(at), source)
}

/** CEL's own values as plain JSON: ints as numbers, timestamps as ISO text, an empty optional as null. */
function toJson(value: unknown): Json {
  if (typeof value === 'bigint') return Number(value)
  if (value === undefined) return null
  if (typeof value !== 'object' || value === null) return value as Json
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Optional) return value.hasValue() ? toJson(value.value()) : null
  if (Array.isArray(value)) return value.map(toJson)
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value)
  return Object.fromEntries(entries.map(([key, inner]) => [String(key), toJson(inner)]))
}
