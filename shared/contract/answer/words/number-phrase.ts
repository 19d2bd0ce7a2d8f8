import type { Token } from './number-tokens.ts'
import { TENS, UNITS } from './numerals.ts'

const scale = (size: number, names: string) => names.split(' ').map((name): [string, number] => [name, size])
const SCALES = new Map([
  ...scale(1e3, 'thousand thousands tsd grand'),
  ...scale(1e5, 'lakh lakhs'),
  ...scale(1e6, 'million millions mio mill mln mn'),
  ...scale(1e7, 'crore crores'),
  ...scale(1e9, 'billion billions bn mrd milliard milliards'),
  ...scale(1e12, 'trillion trillions'),
])
const LETTERS = new Map([...scale(1e3, 'k'), ...scale(1e6, 'm'), ...scale(1e9, 'b')])
const SHARES = new Map([
  ...scale(1 / 2, 'half halves'),
  ...scale(1 / 3, 'third thirds'),
  ...scale(1 / 4, 'quarter quarters'),
])

/** A number while it is read: `at` is the next token. */
type Phrase = {
  tokens: Token[]
  start: number
  at: number
  total: number
  /** The last scale; the next must be lower: two million five thousand. */
  lowest: number
  current: number | undefined
  /** Digits and fractions take no further unit words: "200 and 50" is two numbers, "two hundred and fifty" one. */
  closed: boolean
}

/** The number said from `start` on, and where it ends; nothing when none starts there. */
export function numberAt(tokens: Token[], start: number): { value: number; next: number } | undefined {
  const phrase: Phrase = {
    tokens,
    start,
    at: start,
    total: 0,
    lowest: Number.POSITIVE_INFINITY,
    current: undefined,
    closed: false,
  }
  while (steps.some((step) => step(phrase)));
  const { total, current, lowest, at } = phrase
  const isEmpty = current === undefined && lowest === Number.POSITIVE_INFINITY
  return isEmpty ? undefined : { value: total + (current ?? 0), next: at }
}

const word = ({ tokens, at }: Phrase, ahead = 0): string => {
  const token = tokens[at + ahead]
  return token?.kind === 'word' ? token.word : ''
}
const smallNumber = (said: string) => UNITS.get(said) ?? TENS.get(said)
const isArticle = (said: string) => said === 'a' || said === 'an'
/** What follows an article: a million, half a dozen, a quarter. */
const isAmount = (said: string) => SCALES.has(said) || SHARES.has(said) || /^(hundreds?|dozens?)$/.test(said)
/** 15 digits are exact in a double; the rest is noise of the multiplication (1.1 × 1e6). */
const times = (amount: number, by: number) => Number((amount * by).toPrecision(15))

function take(phrase: Phrase, count: number, change: Partial<Phrase>): true {
  Object.assign(phrase, change)
  phrase.at += count
  return true
}

function takesSmall({ current, closed }: Phrase, unit: number): boolean {
  if (current === undefined) return true
  if (closed || current === 0) return false
  return current % 100 === 0 || (unit < 10 && current % 10 === 0 && current % 100 > 10)
}

/** Each takes what it knows from the front of the rest, or leaves it. */
const steps: ((phrase: Phrase) => boolean)[] = [
  function digits(phrase) {
    const { current, closed } = phrase
    const token = phrase.tokens[phrase.at]
    if (token?.kind !== 'literal') return false
    if (current === undefined) return take(phrase, 1, { current: token.value, closed: true })
    const isMixed = token.fraction && closed && Number.isInteger(current)
    return isMixed && take(phrase, 1, { current: current + token.value })
  },
  function unitOrTen(phrase) {
    const unit = smallNumber(word(phrase))
    const fits = unit !== undefined && takesSmall(phrase, unit)
    return fits && take(phrase, 1, { current: (phrase.current ?? 0) + unit })
  },
  function hundred(phrase) {
    const { current = 1 } = phrase
    return (
      /^hundreds?$/.test(word(phrase)) &&
      current < 100 &&
      take(phrase, 1, { current: current * 100, closed: false })
    )
  },
  function scaled(phrase) {
    const { current, total, lowest } = phrase
    const token = phrase.tokens[phrase.at]
    if (token?.kind !== 'word') return false
    // A letter counts only after a number, and m and b only against it: "5 m" may be metres.
    const isLetter = current !== undefined && (token.glued || token.word === 'k')
    const size = SCALES.get(token.word) ?? (isLetter ? LETTERS.get(token.word) : undefined)
    if (size === undefined || size >= lowest) return false
    return take(phrase, 1, {
      total: total + times(current ?? 1, size),
      current: undefined,
      lowest: size,
      closed: false,
    })
  },
  function dozen(phrase) {
    return (
      /^dozens?$/.test(word(phrase)) && take(phrase, 1, { current: (phrase.current ?? 1) * 12, closed: true })
    )
  },
  function couple(phrase) {
    if (word(phrase) !== 'couple' || phrase.current !== undefined || phrase.total > 0) return false
    return take(phrase, word(phrase, 1) === 'of' ? 2 : 1, { current: 2, closed: true })
  },
  function share(phrase) {
    const { current, closed, total } = phrase
    const part = SHARES.get(word(phrase))
    if (part === undefined || closed || total > 0 || (current ?? 1) > 9) return false
    // "three quarters", but not "three half"; then perhaps "of a million", "a dozen".
    if (word(phrase) === 'half' && current !== undefined) return false
    const of = word(phrase, 1) === 'of' ? 1 : 0
    const isOfAmount = isArticle(word(phrase, 1 + of)) && isAmount(word(phrase, 2 + of))
    return take(phrase, isOfAmount ? 2 + of : 1, { current: (current ?? 1) * part, closed: true })
  },
  function andShare(phrase) {
    const { current, total, lowest, at, start } = phrase
    const part = SHARES.get(word(phrase, 2))
    if (word(phrase) !== 'and' || at === start || part === undefined || !/^(an?|one)$/.test(word(phrase, 1)))
      return false
    // "three and a half" adds to the three, "a million and a half" half a million.
    if (current !== undefined) return take(phrase, 3, { current: current + part, closed: true })
    return take(phrase, 3, { total: total + times(part, lowest), closed: true })
  },
  function and(phrase) {
    const { current, at, start, tokens } = phrase
    if (word(phrase) !== 'and' || at === start) return false
    const unit = smallNumber(word(phrase, 1))
    const goesOn =
      unit === undefined
        ? current === undefined &&
          (tokens[at + 1]?.kind === 'literal' ||
            (isArticle(word(phrase, 1)) && word(phrase, 2) === 'hundred'))
        : current === undefined || (current >= 100 && takesSmall(phrase, unit))
    return goesOn && take(phrase, 1, {})
  },
  function point(phrase) {
    const { current } = phrase
    if (word(phrase) !== 'point' || current === undefined || !Number.isInteger(current)) return false
    const decimals = decimalsAt(phrase)
    return (
      decimals !== '' &&
      take(phrase, 1 + decimals.length, { current: Number(`${current}.${decimals}`), closed: true })
    )
  },
  function article(phrase) {
    const next = word(phrase, 1)
    return (
      isArticle(word(phrase)) &&
      phrase.current === undefined &&
      (isAmount(next) || next === 'couple') &&
      take(phrase, 1, {})
    )
  },
]

/** The single digits after "point": five, or two five. */
function decimalsAt(phrase: Phrase): string {
  let decimals = ''
  for (let ahead = 1; ; ahead += 1) {
    const token = phrase.tokens[phrase.at + ahead]
    const digit = token?.kind === 'literal' ? token.value : UNITS.get(word(phrase, ahead))
    if (digit === undefined || !Number.isInteger(digit) || digit > 9) return decimals
    decimals += digit
  }
}
