import { bare } from '../words/fold.ts'
import type { Field } from './fields.ts'

/** More marks than this are a text about something else. */
const mostMarks = 1_000
const longestLabel = 200
/** A line that begins so names a field, known or not. */
const longestUnknown = 40

type Said = { values: [Field, string][] } | { problem: string }

/**
 * The fields that words name: "name: Ann, amount: 12", on one line or on many. A comma only parts what a field's name
 * follows. Undefined when no field is named.
 */
export function saidFields(text: string, fields: Field[]): Said | undefined {
  const known = labelsOf(fields)
  const marks: { field: Field; from: number; value: number }[] = []
  let unknown: string | undefined
  for (const [count, mark] of [...text.matchAll(/[:=]/g)].slice(0, mostMarks + 1).entries()) {
    if (count === mostMarks) return undefined
    const from = beginOf(text, mark.index)
    const label = text.slice(from, mark.index)
    const field = known.get(nameIn(label))
    if (field) marks.push({ field, from, value: mark.index + 1 })
    else if (isUnknown(text, from, mark.index)) unknown ??= label.trim()
  }
  const [first] = marks
  if (!first) return undefined
  const before = text
    .slice(0, first.from)
    .replace(/[\s,;]+$/, '')
    .trim()
  if (before !== '') return { problem: `“${before.slice(0, longestUnknown)}” names no field` }
  if (unknown !== undefined) return { problem: `“${unknown}” is not a field of this form` }
  const twice = marks.find(({ field }, index) => marks.findIndex((one) => one.field === field) < index)
  if (twice) return { problem: `“${twice.field.title}” is there twice` }
  return {
    values: marks.map(({ field, value }, index) => {
      const end = marks[index + 1]?.from ?? text.length
      return [
        field,
        text
          .slice(value, end)
          .replace(/^\s+/, '')
          .replace(/(?:[\s,;]|\sand)+$/i, ''),
      ]
    }),
  }
}

/** Where the words before a mark begin: behind what parts them from the field before. */
function beginOf(text: string, mark: number): number {
  const window = text.slice(Math.max(0, mark - longestLabel), mark)
  const part = Math.max(window.lastIndexOf('\n'), window.lastIndexOf(','), window.lastIndexOf(';'))
  return mark - window.length + part + 1
}

/** Whether a line begins like a field, of a name that the form does not have. A web address does not. */
function isUnknown(text: string, from: number, mark: number): boolean {
  const label = text.slice(from, mark)
  const isLine = from === 0 || text[from - 1] === '\n'
  return (
    isLine &&
    label.length <= longestUnknown &&
    /^[\s*•–-]*\p{L}[\p{L}\p{N} _'-]*$/u.test(label) &&
    /\s/.test(text[mark + 1] ?? ' ')
  )
}

/** A label as it is looked up: without a bullet, and without "and" before it. */
const nameIn = (label: string): string => bare(label.replace(/^[\s*•–-]+/, '').replace(/^and\s+/i, ''))

/** Fields by their titles, by their names, and by their names in words: `firstName` is "first name". */
function labelsOf(fields: Field[]): Map<string, Field> {
  const inWords = (name: string) => name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll(/[_-]+/g, ' ')
  const labels = new Map<string, Field>()
  for (const label of [
    ({ name }: Field) => name,
    ({ title }: Field) => title,
    ({ name }: Field) => inWords(name),
  ])
    for (const field of fields) {
      const name = nameIn(label(field))
      if (!labels.has(name)) labels.set(name, field)
    }
  return labels
}
