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

interface Known {
  /** Figures that no sentence of the sources has, or none has for the thing that the text counts with them. */
  strangeNumbers(sentence: string): string[]
  /** Capitalised words inside a sentence that no source has. The first word of a sentence or a cell proves nothing. */
  strangeNames(sentence: string): string[]
}

/** What the sources say, ready to hold many sentences against. */
export const readKnown = (told: readonly string[], ownName: string): Known => {
  const statements = told.map((sentence) => ({ values: valuesIn(sentence), subjects: subjects(sentence) }))
  const values = new Set(statements.flatMap((statement) => [...statement.values]))
  const things = new Set(statements.flatMap((statement) => [...statement.subjects]))
  const letters = new Set(`${told.join('\n')}\n${ownName}`.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])

  const isSaid = (found: RegExpMatchArray, sentence: string): boolean => {
    const after = sentence.slice(found.index! + found[0].length)
    const meant = readings(found[0], after).filter((value) => values.has(value))
    if (meant.length === 0) return false
    // "45 depots" is not said by a source that has 45 minutes and 38 depots.
    const counted = [...subjects(/^ (\p{Ll}{4,})/u.exec(after)?.[1] ?? '')][0]
    if (counted === undefined || !things.has(counted)) return true
    return statements.some(
      (statement) => statement.subjects.has(counted) && meant.some((value) => statement.values.has(value)),
    )
  }
  return {
    strangeNumbers: (sentence) =>
      [...sentence.matchAll(number)].filter((found) => !isSaid(found, sentence)).map(([found]) => found),
    strangeNames: (sentence) => {
      const inside = [...sentence.matchAll(/(?<=[\p{L}\p{N},;)] \(?)\p{Lu}[\p{L}]{2,}/gu)].map(
        ([word]) => word,
      )
      return [...new Set(inside)].filter(
        (word) =>
          !letters.has(word.toLowerCase()) &&
          !everyday.has(word.toLowerCase()) &&
          ![...subjects(word)].some((form) => things.has(form)),
      )
    },
  }
}

const everyday = new Set(
  'i monday tuesday wednesday thursday friday saturday sunday english europe european hr pdf ok'.split(' '),
)
