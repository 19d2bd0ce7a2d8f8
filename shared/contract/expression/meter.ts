import type { ASTNode } from '@marcbachmann/cel-js'
import { isTooExpensive, pay } from '../budget.ts'
import { childrenOf, macros } from './tree.ts'

type Evaluate = (evaluator: unknown, node: ASTNode, context: unknown) => unknown

/** Makes every node of an expression pay for its evaluation. */
export function meter(node: ASTNode, weigh?: Weigh): void {
  for (const [index, child] of childrenOf(node).entries()) meter(child, weightOf(node, index))
  const makes = makesValue(node) ? size : undefined
  const price = node.op === 'call' || node.op === 'rcall' ? callPrice(node) : 1
  // A node replaces its own `evaluate` at the first run, so that assignment has to be caught.
  let evaluate = (node as unknown as { evaluate: Evaluate }).evaluate
  const paying: Evaluate = (evaluator, self, context) => {
    pay(price)
    let value: unknown
    try {
      value = evaluate.call(node, evaluator, self, context)
    } catch (error) {
      if (!isTooExpensive(error)) pay(errorPrice)
      throw error
    }
    if (makes) pay(makes(value))
    if (weigh) pay(weigh(value))
    return value
  }
  Object.defineProperty(node, 'evaluate', {
    get: () => paying,
    set: (next: Evaluate) => {
      evaluate = next
    },
  })
}

/** Making an error takes a stack trace and a marked copy of the source. */
const errorPrice = 200

/** Fields of a timestamp in a time zone are read through a formatted text. */
const callPrice = (node: ASTNode) =>
  node.op === 'rcall' && node.args[0].startsWith('get') && node.args[2].length > 0 ? 1_000 : 5

type Weigh = (value: unknown) => number

/** Work that grows with a value's length. */
const size: Weigh = (value) => (Array.isArray(value) ? value.length : sizeButList(value))

/** A list knows its length, while a text is counted and the keys of a map are listed. */
const sizeButList: Weigh = (value) =>
  typeof value === 'string'
    ? value.length / 16
    : typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
      ? Object.keys(value).length * 3
      : 0

/** Work that goes through all of a value, as a comparison may. */
const depth: Weigh = (value) => {
  const own = size(value)
  if (typeof value !== 'object' || value === null) return own
  // Paid on the way, so that counting itself stays within the budget.
  for (const inner of Object.values(value)) pay(depth(inner))
  return own
}

/** Calls that hand on what they are given. */
const handsOn = new Set([
  'or',
  'orValue',
  'hasValue',
  'value',
  'bind',
  'dyn',
  'has',
  'optional_of',
  'text_of',
])

const isCall = (node: ASTNode): node is ASTNode & { op: 'call' | 'rcall'; args: [string, ...unknown[]] } =>
  node.op === 'call' || node.op === 'rcall'

const makesValue = (node: ASTNode) =>
  node.op === '+' || (isCall(node) && !macros.has(node.args[0]) && !handsOn.has(node.args[0]))

/** How the value of a child is paid for by what its parent does with it. */
function weightOf(parent: ASTNode, index: number): Weigh | undefined {
  if (parent.op === '==' || parent.op === '!=' || parent.op === 'in') return depth
  if (!isCall(parent) || handsOn.has(parent.args[0])) return undefined
  // A list is paid for before it is walked: when the budget ends inside, what is left of it is paid already.
  if (macros.has(parent.args[0])) return index === 0 ? size : undefined
  return parent.args[0] === 'size' ? sizeButList : size
}
