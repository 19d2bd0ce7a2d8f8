import { RE2JS } from 're2js'
import { payOnce } from './budget.ts'

/** Limits on a pattern. Matching takes characters × instructions, so both are bounded. */
const limits = { characters: 1_000, instructions: 2_000 } as const

export interface LinearPattern {
  /** Instructions of its program. */
  size: number
  /** Whether the pattern is found anywhere in the text. */
  test: (text: string) => boolean
  /** What one test of this text may cost at most, in the units of `budget.ts`. */
  costOf: (text: string) => number
}

const compiled = new Map<string, LinearPattern>()

/**
 * A pattern in RE2 syntax, in place of JavaScript's RegExp, which a short pattern can occupy for minutes.
 * @throws Error when it is none, or over a limit
 */
export function linearPattern(source: string): LinearPattern {
  const known = compiled.get(source) ?? compile(source)
  // Also when it is known from before: what an evaluation costs must not hang on what ran earlier.
  payOnce(source, 100 + known.size * 40)
  return known
}

function compile(source: string): LinearPattern {
  if (source.length > limits.characters) throw new Error(`a pattern may have ${limits.characters} characters`)
  if (instructionsIn(source) > limits.instructions)
    throw new Error(`the pattern is too large: its repetitions make more than ${limits.instructions} steps`)
  const program = RE2JS.compile(source)
  const size = program.programSize()
  if (size > limits.instructions * 3) throw new Error('the pattern is too large')
  const pattern = {
    size,
    test: (text: string) => program.test(text),
    costOf: (text: string) => 10 + Math.ceil((text.length * size) / 32),
  }
  if (compiled.size >= 200) compiled.clear()
  compiled.set(source, pattern)
  return pattern
}

/**
 * Roughly how many instructions a pattern makes, known before compiling it, since compiling `(…){1000}` is itself the
 * expensive part: each repetition multiplies what it repeats.
 */
function instructionsIn(source: string): number {
  // `\Q…\E` would make brackets mean something else, and nobody needs it.
  if (source.includes('\\Q')) throw new Error('\\Q is not available in patterns')
  const open: number[] = [0]
  let last = 0
  const add = (size: number) => {
    open[open.length - 1] = (open.at(-1) ?? 0) + size
    last = size
  }
  const token =
    /\\p\{[^}]*\}|\\x\{[^}]*\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\{(\d+)(,(\d*))?\}|[()]|./gsu
  for (const [piece, from, range, to] of source.matchAll(token)) {
    if (piece === '(') open.push(0)
    else if (piece === ')' && open.length > 1) add((open.pop() ?? 0) + 2)
    else if (from !== undefined) {
      const times = Math.max(1, Number(to || from) + (range ? 1 : 0))
      add(last * (times - 1))
      last *= times
    } else if (!'?*+'.includes(piece)) add(1)
  }
  return open.reduce((sum, size) => sum + size, 0)
}
