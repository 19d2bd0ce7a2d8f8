/**
 * What one evaluation of a builder's expression or schema may cost, in units of very roughly 100 ns. Their limits bound
 * their text but not what they do: `l.map(a, l.map(b, l.map(c, 1)))` is twelve nodes and 10¹² steps,
 * `[s].map(x, x + x).map(x, x + x)…` doubles a text at every turn, and a schema of twenty definitions that each name
 * the next one twice takes 2²⁰ ways. In the workflow sandbox any of them would block every run on the thread. So each
 * step is paid for, each list that is walked and each text or list that is made, and who cannot pay is stopped. The same
 * work costs the same everywhere, so a replayed workflow stops at the same place.
 */
export const budgets = {
  /** Well under a second also in the sandbox, whose isolation makes everything slower. */
  expression: 500_000,
  /** A step of compiled code costs less; a megabyte of JSON has to get through. */
  schema: 2_000_000,
  /** All the placeholders that are filled in at once, as of one step. */
  rendering: 1_000_000,
} as const

/** What is counted for one run: all that was ever paid, and how far the work under way may go. */
export interface Meter {
  spent: number
  ceiling: number
}

export const newMeter = (): Meter => ({ spent: 0, ceiling: Number.POSITIVE_INFINITY })

// The figures of the meter in use, kept apart from it: they change with every step of every evaluation.
let meter = newMeter()
let { spent, ceiling } = meter
let left = 0
const prepared = new Set<string>()

class TooExpensive extends Error {}

// One object for all: CEL's `exists` and `||` catch errors and go on, and a fresh stack for each would cost more than
// the work that is refused.
const tooExpensive = new TooExpensive(
  'it takes too many steps: make the lists and texts shorter, or nest less',
)

/** @throws when the evaluation has used up its budget */
export function pay(units: number): void {
  left -= units
  spent += units
  if (left < 0 || spent > ceiling) throw tooExpensive
}

/** Counts work that no evaluation pays for. */
export function count(units: number): void {
  spent += units
}

/** From now on it is counted there. All runs of a thread share this module, and take turns at it. */
export function countOn(own: Meter): void {
  Object.assign(meter, { spent, ceiling })
  meter = own
  spent = own.spent
  ceiling = own.ceiling
}

/** All that was ever paid or counted here: two looks at it tell what the work in between has cost. */
export const spentSoFar = (): number => spent

/** Runs work whose evaluations have no more than so much together, beside the budget that each of them has. */
export function sharing<T>(units: number, work: () => T): T {
  const before = ceiling
  ceiling = Math.min(before, spent + Math.max(0, units))
  try {
    return work()
  } finally {
    ceiling = before
  }
}

/** Pays for what an evaluation prepares once and then keeps, such as a compiled pattern. */
export function payOnce(what: string, units: number): void {
  if (prepared.has(what)) return
  prepared.add(what)
  pay(units)
}

export const isTooExpensive = (error: unknown): boolean => error === tooExpensive

/** Runs one evaluation on a budget of its own. */
export function onBudget<T>(units: number, evaluate: () => T): T {
  left = units
  prepared.clear()
  const value = evaluate()
  // `a.exists(…) || true` may have caught it.
  if (left < 0 || spent > ceiling) throw tooExpensive
  return value
}
