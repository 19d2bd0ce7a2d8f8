import { fold } from './fold.ts'
import { inDigits } from './numerals.ts'

const FILLERS = new Set(
  'the on of by please maybe perhaps probably lets say i think would will should must like it its is be how what about around make do ok okay then for can we id well sometime thanks thank you due starting'.split(
    ' ',
  ),
)
const SPELLINGS = new Map([
  ...['tmr', 'tmrw', 'tmw', 'tomorow', 'tommorow', 'tommorrow'].map((word) => [word, 'tomorrow'] as const),
  ...['coming', 'upcoming', 'following', 'nearest'].map((word) => [word, 'next'] as const),
  ...['start', 'beginning', 'begin'].map((word) => [word, 'start'] as const),
  ...['middle', 'mid'].map((word) => [word, 'middle'] as const),
  ['current', 'this'],
  ['midday', 'noon'],
  ['kl', 'at'],
  ['klokken', 'at'],
  ['@', 'at'],
  ['mins', 'minutes'],
  ['previous', 'last'],
])

/** A date or time in words, ready for patterns: folded, numbers in digits, one spelling, no words that say nothing. */
export function dateWords(text: string): string {
  const words = fold(text)
    .replace(/(?<![a-z])([ap])\.?\s?m(?![a-z])\.?/g, '$1m')
    .replace(/o'\s?clock/g, 'oclock')
    .replace(/'/g, '')
    .replace(/(?<=\p{L})-(?=[\p{L}\d])|(?<=\d)-(?=\p{L})/gu, ' ')
    .replace(/@/g, ' @ ')
    .replace(/[,;!?"()]/g, ' ')
    .split(' ')
    .map((word) => (/^\p{L}+\.$|^\d{4}\.$/u.test(word) ? word.slice(0, -1) : word))
    .filter((word) => word !== '' && word !== '.')
  return inDigits(words)
    .map((word) => SPELLINGS.get(word) ?? word)
    .filter((word) => !FILLERS.has(word))
    .join(' ')
    .replace(/\ba couple\b/g, '2')
    .replace(/\bthis next\b/g, 'next')
}
