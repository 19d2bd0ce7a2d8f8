import type { ASTNode } from '@marcbachmann/cel-js'
import { isTooExpensive, pay } from '../budget.ts'
import { macros } from './tree.ts'

type Evaluate = (evaluator: unknown, node: ASTNode, context: unknown) => unknown

/** Makes every node of an expression pay for its evaluation. */
export function meter(node: ASTNode, weigh: Weigh | undefined = undefined): void {
  const operands = operandsOf(node)
  for (const [child, weighed] of operands) meter(child, weighed)
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
    set: (next: Evaluate) => void (evaluate = next),
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
  let sum = size(value)
  // Paid on the way, so that counting itself stays within the budget.
  pay(sum)
  if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) if (typeof inner !== 'number') sum += depth(inner)
  return sum
}

const unmetered = new Set(['or', 'orValue', 'hasValue', 'value', 'bind', 'dyn', 'optional_of'])

const makesValue = (node: ASTNode) =>
  node.op === '+' ||
  ((node.op === 'call' || node.op === 'rcall') && !macros.has(node.args[0]) && !unmetered.has(node.args[0]))

function operandsOf(node: ASTNode): [ASTNode, Weigh | undefined][] {
  const all = (nodes: ASTNode[], weigh?: Weigh): [ASTNode, Weigh | undefined][] =>
    nodes.map((child) => [child, weigh])
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return all([node.args[0]])
    case '!_':
    case '-_':
      return all([node.args])
    case '==':
    case '!=':
    case 'in':
      return all(node.args, depth)
    case 'map':
      return all(node.args.flat())
    case 'call': {
      const [name, given] = node.args
      return all(
        given,
        unmetered.has(name) || name === 'has' ? undefined : name === 'size' ? sizeButList : size,
      )
    }
    case 'rcall': {
      const [name, receiver, given] = node.args
      // A list is paid for before it is walked: when the budget ends inside, what is left of it is paid already.
      if (macros.has(name)) return [[receiver, size], ...all(given)]
      return all([receiver, ...given], unmetered.has(name) ? undefined : name === 'size' ? sizeButList : size)
    }
    default:
      return all(node.args as ASTNode[])
  }
}
