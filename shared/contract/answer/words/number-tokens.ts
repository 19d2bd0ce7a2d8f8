import { fold } from './fold.ts'
import { literalOf } from './number-literal.ts'

/** `glued`: written against what stands before it, as the k in 12k. */
export type Token =
  | { kind: 'literal'; value: number; fraction: boolean }
  | { kind: 'word'; word: string; glued: boolean }
  | { kind: 'minus' }
  | { kind: 'unreadable' }

// Each alternative starts with another character, so the text is gone through once.
const PIECES =
  /(?<digits>(?:\d+(?:[.,'_:/]\d+| \d{3}(?!\d))*|\.\d+)(?:e[+-]?\d{1,4}(?![\p{L}\d]))?)|(?<word>\p{L}[\p{L}\d]*)|(?<sign>[-+])/gu
/** Words that hold a digit and still say nothing about the number. */
const UNITS_WITH_DIGITS = new Set(['m2', 'm3', 'km2', 'co2'])
const CURRENCIES = /(?<![a-z])(usd|eur|nok|sek|dkk|gbp|chf|inr|kr|rs)(?=\d)/g

export function numberTokens(text: string, whole: boolean): Token[] {
  const plain = fold(
    text
      .replace(/(?<=\d)[²³]/g, ' ^ 2')
      .replace(/[¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]/g, (vulgar) => ` ${vulgar.normalize('NFKC').replace('⁄', '/')}`),
  )
    .replace(CURRENCIES, '$1 ')
    .replace(/(?<=\p{L})-(?=\p{L})/gu, ' ')
    .replace(/(?<=\p{L})'(?=\p{L})/gu, '')
  return Array.from(plain.matchAll(PIECES), (piece): Token => {
    const { digits, word } = piece.groups ?? {}
    const before = plain[piece.index - 1]
    const after = plain[piece.index + piece[0].length]
    if (digits !== undefined) {
      const literal = literalOf(digits, whole)
      return literal ? { kind: 'literal', ...literal } : { kind: 'unreadable' }
    }
    if (word !== undefined) {
      if (/\d/.test(word) && !UNITS_WITH_DIGITS.has(word)) return { kind: 'unreadable' }
      return { kind: 'word', word, glued: before !== undefined && /[\d.]/.test(before) }
    }
    const leads = piece.index === 0 || (before !== undefined && !/[\p{L}\d.,]/u.test(before) && after !== ' ')
    if (piece[0] === '-') return leads ? { kind: 'minus' } : { kind: 'word', word: '-', glued: false }
    // "20+" means at least 20, "+20" is 20.
    return leads ? { kind: 'word', word: '+', glued: false } : { kind: 'unreadable' }
  })
}
