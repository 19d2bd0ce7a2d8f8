import { fold } from './fold.ts'
import { numberAt } from './number-phrase.ts'
import { numberTokens } from './number-tokens.ts'
import { ORDINALS } from './numerals.ts'

export type SaidNumber = { value: number } | { problem: string }

/** With one of these the number said is not the answer, but a bound of it, a choice or the opposite. */
const BOUNDS = new Set(
  'more less fewer over under above below least most than between or up from max maximum minimum plus not no never dont without except neither nor versus vs'.split(
    ' ',
  ),
)
const ZERO = /^(none|nil|none at all|nothing)[.!]?$/
/** Words that may stand before "one" without making it a pronoun. */
const LEADS = new Set(
  'about approximately around roughly ca circa just only exactly almost nearly maybe probably perhaps its it is we have i think need say the answer usd eur nok sek dkk gbp chf kr some please well'.split(
    ' ',
  ),
)
/** A sentence with one number in it is read; a story is not. */
const MOST_OTHER_WORDS = 12

/** The one number in words; `whole` says that a whole number is asked (see `literalOf`). */
export function oneNumber(text: string, whole: boolean): SaidNumber {
  if (ZERO.test(fold(text))) return { value: 0 }
  // "20 or so" says one number.
  const tokens = numberTokens(text.replace(/\bor so\b/gi, ''), whole)
  const values: number[] = []
  const others: string[] = []
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at]
    if (token?.kind === 'unreadable') return { problem: 'is not one clear number' }
    const previous = tokens[at - 1]
    const found = numberAt(tokens, at)
    if (found && token) {
      const alone = token.kind === 'word' && token.word === 'one' && found.next === at + 1
      const pronoun = alone && (others.some((word) => !LEADS.has(word)) || wordAt(found.next) === 'of')
      if (pronoun || others.at(-1) === 'and') return { problem: 'is not one clear number' }
      const negative =
        previous?.kind === 'minus' || (previous?.kind === 'word' && /^(minus|negative)$/.test(previous.word))
      values.push(negative ? 0 - found.value : found.value)
      at = found.next
      continue
    }
    if (token?.kind === 'word') {
      if (BOUNDS.has(token.word)) return { problem: 'does not say one exact number' }
      const place = token.glued && /^(st|nd|rd|th)$/.test(token.word)
      const ordinal = ORDINALS.has(token.word) && !(token.word === 'second' && values.length > 0)
      if (place || ordinal) return { problem: 'is a place in an order, not an amount' }
      if (/^[mb]$/.test(token.word) && previous?.kind === 'literal')
        return { problem: 'may mean millions or a unit' }
      others.push(token.word)
    }
    at += 1
  }
  const [value] = values
  if (values.length > 1) return { problem: 'holds more than one number' }
  if (value === undefined || others.length > MOST_OTHER_WORDS)
    return { problem: 'is not a number I can read' }
  return Number.isFinite(value) ? { value: value === 0 ? 0 : value } : { problem: 'is too large a number' }

  function wordAt(at: number): string {
    const token = tokens[at]
    return token?.kind === 'word' ? token.word : ''
  }
}
