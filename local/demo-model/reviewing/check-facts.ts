import { subjects } from '../material/compare-words.ts'
import { toNumber } from '../material/find-values.ts'

const number = /\d+(?:[,.  ’]\d{3})*(?:[.,]\d+)?/gu

const valuesIn = (text: string): Set<number> => {
  const values = new Set<number>()
  for (const found of text.matchAll(number))
    for (const value of readings(found[0], text.slice(found.index + found[0].length))) values.add(value)
  // A date such as 2026-11-28 or 28.11.2026 also says its parts.
  for (const part of text.match(/\d+/g) ?? []) values.add(Number(part))
  return values
}

/** "1.15 million" is 1.15 and 1,150,000. */
const readings = (text: string, after: string): number[] => {
  const value = toNumber(text)
  const scale = /^ ?(?:million|m)\b/i.test(after)
    ? 1e6
    : /^ ?(?:thousand|k)\b/i.test(after)
      ? 1e3
      : /^ ?(?:billion|bn)\b/i.test(after)
        ? 1e9
        : 1
  return [value, Math.round(value * scale)].filter(Number.isFinite)
}

export const unknownNumbers = (sentence: string, sources: string): string[] => {
  const known = valuesIn(sources)
  return [...sentence.matchAll(number)]
    .filter(
      (found) =>
        !readings(found[0], sentence.slice(found.index + found[0].length)).some((value) => known.has(value)),
    )
    .map(([found]) => found)
}

const everyday = new Set([
  'i',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
  'english',
  'europe',
  'european',
  'ai',
  'it',
  'hr',
  'pdf',
  'ok',
])

/** Capitalised words inside a sentence that no source has. The first word of a sentence, a cell, a bold lead or a quotation proves nothing. */
export const unknownNames = (sentence: string, sources: string): string[] => {
  const known = new Set(sources.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
  const knownForms = subjects(sources)
  const inside = [...sentence.matchAll(/(?<=[\p{L}\p{N},;)] )\p{Lu}[\p{L}]{2,}/gu)].map(([word]) => word)
  return [...new Set(inside)].filter(
    (word) =>
      !known.has(word.toLowerCase()) &&
      !everyday.has(word.toLowerCase()) &&
      ![...subjects(word)].some((form) => knownForms.has(form)),
  )
}
