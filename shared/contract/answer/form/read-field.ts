import { isObject, type Json } from '../../json.ts'
import { checkerOf, type JsonSchema } from '../../json-schema.ts'
import { choice } from '../choice.ts'
import { date } from '../date.ts'
import { number } from '../number.ts'
import { accept, type Moment, type Reading, refuse, storable } from '../reading.ts'
import { inWords } from './fault-words.ts'
import type { Field, FieldKind, FieldOption } from './fields.ts'

/** Lists that are longer are data: they are held against the schema as they came. */
const mostItems = 200
const deepest = 20

/**
 * Reads what was given for a field of a form, words or a typed value, and holds it against the field's own part of the
 * schema. Gives nothing for a field that is left empty.
 */
export function fieldReader(schema: JsonSchema) {
  const { $defs = {}, definitions = {}, properties = {} } = schema
  const check = checkerOf({ $defs, definitions, properties })
  return (field: Field, given: unknown, moment: Moment): Reading<Json | undefined> => {
    const came = isEmpty(field, given) ? field.initial : given
    if (isEmpty(field, came)) return field.required ? refuse('is needed') : accept(undefined)
    const read = readAs(field.kind, came, moment)
    if (!read.ok) return read
    const value = stored(read.value)
    if (value === undefined) return refuse('is nested too deeply')
    const faults = check(Object.fromEntries([[field.name, value]]))
    return faults.length === 0
      ? accept(value)
      : refuse(inWords(faults.map((fault) => ({ ...fault, path: fault.path.slice(1) }))))
  }
}

const isEmpty = ({ takesEmpty, takesNull }: Field, given: unknown): boolean =>
  given === undefined ||
  (given === null && !takesNull) ||
  (typeof given === 'string' && storable(given) === '' && !takesEmpty)

function readAs(kind: FieldKind, given: unknown, moment: Moment): Reading<unknown> {
  if (kind.type === 'options') return readOption(kind.options, kind.several, given, moment)
  if (kind.type === 'list') return readList(kind.of, given, moment)
  // What is typed is itself, and the schema says whether it fits.
  if (typeof given !== 'string') return accept(given)
  switch (kind.type) {
    case 'text':
      return accept(storable(given))
    case 'number':
    case 'integer':
      return number.read(given, { type: 'number', integer: kind.type === 'integer' }, moment)
    case 'date':
    case 'moment':
      return date.read(given, { type: 'date', time: kind.type === 'moment' }, moment)
    case 'boolean':
      return readOption(yesAndNo, false, given, moment)
    case 'json':
      return accept(parsed(given))
  }
}

const yesAndNo: FieldOption[] = [
  { value: true, label: 'Yes' },
  { value: false, label: 'No' },
]

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** A value that may be chosen is itself before it is words: the label, a part of it, its place. */
function readOption(
  options: FieldOption[],
  several: boolean,
  given: unknown,
  moment: Moment,
): Reading<unknown> {
  const isOne = (one: unknown) => options.some(({ value }) => isSame(value, one))
  if (several ? Array.isArray(given) && given.every(isOne) : isOne(given)) return accept(given)
  const named = options.map(({ value, label }) => ({ value: textOf(value), label }))
  const read = choice.read(given, { type: 'choice', strict: true, multiple: several, options: named }, moment)
  if (!read.ok) return read
  const meant = (text: string) => options.find(({ value }) => textOf(value) === text)?.value
  return accept(Array.isArray(read.value) ? read.value.map(meant) : meant(read.value))
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

function readList(of: FieldKind, given: unknown, moment: Moment): Reading<unknown> {
  const items = typeof given === 'string' ? listIn(given) : given
  if (!Array.isArray(items) || items.length > mostItems) return accept(items)
  const values: unknown[] = []
  for (const item of items) {
    const read = readAs(of, item, moment)
    if (!read.ok) return read
    values.push(read.value)
  }
  return accept(values)
}

/** Lines, or what semicolons or else commas part; a JSON list is itself. */
function listIn(text: string): unknown {
  const list = parsed(text)
  if (Array.isArray(list)) return list
  const separator = ['\n', ';', ','].find((one) => text.includes(one))
  return (separator ? text.split(separator) : [text]).map((item) => item.trim()).filter((item) => item !== '')
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A value as it may be stored; undefined when it is nested too deeply. */
export function stored(value: unknown, depth = 0): Json | undefined {
  if (depth > deepest) return undefined
  if (typeof value === 'string') return storable(value)
  if (Array.isArray(value)) {
    const items = value.map((item) => stored(item, depth + 1))
    return items.includes(undefined) ? undefined : (items as Json[])
  }
  if (!isObject(value)) return value as Json
  const entries = Object.entries(value).map(([key, inner]) => [storable(key), stored(inner, depth + 1)])
  return entries.some(([, inner]) => inner === undefined) ? undefined : Object.fromEntries(entries)
}
