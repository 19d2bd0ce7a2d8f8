import { inDigits } from './numerals.ts'

/** A place in the list, which may be outside of it. `explicit`: it cannot be a name ("the second one", "option b"). */
export type Position = { index: number; explicit: boolean }

const LEAD = new Set(
  'option options number numbers no nr choice choices item items answer answers letter position'.split(' '),
)
const TAIL = new Set('one ones option options choice choices item items answer'.split(' '))

/** The place that words name ("second", "2", "b", "last", "middle"), without the politeness around them. */
export function positionIn(words: string[], count: number): Position | undefined {
  let start = 0
  let end = words.length
  while (end - start > 1 && LEAD.has(words[start] ?? '')) start += 1
  while (end - start > 1 && TAIL.has(words[end - 1] ?? '')) end -= 1
  const phrase = inDigits(words.slice(start, end)).join(' ')
  const index = indexOf(phrase, count)
  return index === undefined ? undefined : { index, explicit: end - start < words.length }
}

function indexOf(phrase: string, count: number): number | undefined {
  const number = /^(\d{1,3})(?:st|nd|rd|th)?$/.exec(phrase)
  if (number) return Number(number[1]) - 1
  if (/^[a-z]$/.test(phrase)) return phrase.charCodeAt(0) - 'a'.charCodeAt(0)
  const fromEnd = /^(?:(\d{1,3})(?:st|nd|rd|th) )?(?:to |from )?(?:last|bottom|end)$/.exec(phrase)
  if (fromEnd) return count - Number(fromEnd[1] ?? 1)
  if (/^(last|bottom|final)( but 1)?$/.test(phrase)) return count - (phrase.endsWith('1') ? 2 : 1)
  if (/^(penultimate|next to last)$/.test(phrase)) return count - 2
  if (phrase === 'top') return 0
  if (/^(middle|center|centre)$/.test(phrase) && count % 2 === 1) return (count - 1) / 2
  if (/^(former|latter)$/.test(phrase) && count === 2) return phrase === 'former' ? 0 : 1
  return undefined
}
