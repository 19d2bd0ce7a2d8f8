import type { ASTNode } from '@marcbachmann/cel-js'

/**
 * What one evaluation may cost, in units of very roughly 100 ns. CEL bounds the text of an expression but not what it
 * does: `l.map(a, l.map(b, l.map(c, 1)))` is twelve nodes and 10¹² steps, `[s].map(x, x + x).map(x, x + x)…` doubles a
 * text at every turn. In the workflow sandbox either would block every run on the thread, so each evaluated node, each
 * list that is walked and each text or list that is made is paid for, and who cannot pay is stopped.
 */
const budget = 2_000_000

let left = budget

/** Thrown when an expression costs more than its budget. */
class TooExpensive extends Error {}

/** @throws when the evaluation has used up its budget */
export function pay(units: number): void {
  left -= units
  if (left < 0) throw tooExpensive
}

// One object for all: CEL's `exists` and `||` catch errors and go on, and a fresh stack for each would cost more than
// the work that is refused.
const tooExpensive = new TooExpensive('it takes too many steps: use shorter lists and texts, or fewer loops inside loops')

/** Runs one evaluation on a budget of its own. */
export function onBudget<T>(evaluate: () => T): T {
  left = budget
  const value = evaluate()
  // `a.exists(…) || true` may have caught it.
  if (left < 0) throw tooExpensive
  return value
}

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
      if (error !== tooExpensive) pay(errorPrice)
      throw error
    }
    if (makes) pay(makes(value))
    if (weigh) pay(weigh(value))
    return value
  }
  Object.defineProperty(node, 'evaluate', { get: () => paying, set: (next: Evaluate) => void (evaluate = next) })
}

/** Making an error takes a stack trace and a marked copy of the source. */
const errorPrice = 200

/** Fields of a timestamp in a time zone are read through a formatted text. */
const callPrice = (node: ASTNode) => (node.op === 'rcall' && node.args[0].startsWith('get') && node.args[2].length > 0 ? 1_000 : 5)

type Weigh = (value: unknown) => number

/** Work that grows with a value's length. */
const size: Weigh = (value) =>
  typeof value === 'string'
    ? value.length / 16
    : Array.isArray(value)
      ? value.length
      : typeof value === 'object' && value !== null && !(value instanceof Date)
        ? Object.keys(value).length
        : 0

/** Work that goes through all of a value, as a comparison may. */
const depth: Weigh = (value) => {
  let sum = size(value)
  // Paid on the way, so that counting itself stays within the budget.
  pay(sum)
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) if (typeof inner !== 'number') sum += depth(inner)
  return sum
}

const textOnly: Weigh = (value) => (typeof value === 'string' ? size(value) : 0)

const macros = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
const unmetered = new Set(['or', 'orValue', 'hasValue', 'value', 'bind', 'dyn', 'optional_of'])

const makesValue = (node: ASTNode) =>
  node.op === '+' || ((node.op === 'call' || node.op === 'rcall') && !macros.has(node.args[0]) && !unmetered.has(node.args[0]))

function operandsOf(node: ASTNode): [ASTNode, Weigh | undefined][] {
  const all = (nodes: ASTNode[], weigh?: Weigh): [ASTNode, Weigh | undefined][] => nodes.map((child) => [child, weigh])
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
      return all(given, unmetered.has(name) || name === 'has' ? undefined : name === 'size' ? textOnly : size)
    }
    case 'rcall': {
      const [name, receiver, given] = node.args
      // A list is paid for before it is walked: when the budget ends inside, what is left of it is paid already.
      if (macros.has(name)) return [[receiver, size], ...all(given)]
      return all([receiver, ...given], unmetered.has(name) ? undefined : name === 'size' ? textOnly : size)
    }
    default:
      return all(node.args as ASTNode[])
  }
}
