import { isObject, type Json } from '../../json.ts'
import type { JsonSchema } from '../../json-schema.ts'

/** One of the values that a field may have, and what people call it. */
export interface FieldOption {
  value: Json
  label: string
}

/** How a field is asked for and read. `json` is what has no simpler way to be said. */
export type FieldKind =
  | { type: 'text' | 'number' | 'integer' | 'boolean' | 'date' | 'moment' | 'json' }
  | { type: 'options'; options: FieldOption[]; several: boolean }
  | { type: 'list'; of: FieldKind }

/** A property of a form's schema, as people meet it. */
export interface Field {
  name: string
  title: string
  description?: string
  required: boolean
  kind: FieldKind
  /** What it holds when it is left empty. */
  initial?: Json
  /** Whether an empty text, and whether null, is a value of its own. */
  takesEmpty: boolean
  takesNull: boolean
}

/** A chain of references that is longer leads nowhere. */
const longestChain = 10

export interface Form {
  schema: JsonSchema
  order?: string[] | undefined
}

/** The names of a form's fields, in their order; what it leaves out comes behind. */
export function fieldNames({ schema, order = [] }: Form): string[] {
  const names = isObject(schema.properties) ? Object.keys(schema.properties) : []
  return [...new Set([...order.filter((name) => names.includes(name)), ...names])]
}

/** The fields of a form, in their order. */
export function fieldsOf(form: Form): Field[] {
  const { schema } = form
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  return fieldNames(form).map((name) => {
    const own = resolved(schema, properties[name])
    const kind = kindOf(schema, own)
    const options = kind.type === 'options' && !kind.several ? kind.options : []
    const text = (key: string) => (typeof own[key] === 'string' ? own[key].trim() : '')
    return {
      name,
      title: text('title') || name,
      ...(text('description') ? { description: text('description') } : {}),
      required: required.has(name),
      kind,
      ...(own.default === undefined ? {} : { initial: own.default as Json }),
      takesEmpty: own.minLength === 0 || options.some(({ value }) => value === ''),
      takesNull: typesOf(own).includes('null') || options.some(({ value }) => value === null),
    }
  })
}

type Part = Record<string, unknown>

/** A schema with what it refers to inside the form. What stands beside the reference wins. */
function resolved(root: JsonSchema, part: unknown): Part {
  let own: Part = isObject(part) ? part : {}
  for (let hop = 0; hop < longestChain && typeof own.$ref === 'string'; hop++) {
    const { $ref, ...beside } = own
    own = { ...target(root, $ref as string), ...beside }
  }
  return own
}

function target(root: JsonSchema, ref: string): Part {
  const way = ref.split('/').slice(1)
  const found = way.reduce<unknown>((inner, part) => {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    return isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined
  }, root)
  return isObject(found) && found !== root ? found : {}
}

const typesOf = ({ type }: Part): unknown[] => (Array.isArray(type) ? type : type === undefined ? [] : [type])

function kindOf(root: JsonSchema, part: Part): FieldKind {
  const options = optionsOf(root, part)
  if (options) return { type: 'options', options, several: false }
  const type = typesOf(part).find((one) => one !== 'null') ?? 'string'
  if (type === 'array') {
    const items = kindOf(root, resolved(root, part.items))
    if (items.type === 'options') return { ...items, several: true }
    return items.type === 'json' || items.type === 'list' ? { type: 'json' } : { type: 'list', of: items }
  }
  if (type === 'number' || type === 'integer' || type === 'boolean') return { type }
  if (type !== 'string') return { type: 'json' }
  if (part.format === 'date') return { type: 'date' }
  return { type: part.format === 'date-time' ? 'moment' : 'text' }
}

/** An `enum`, or alternatives that are one value each, with their titles. */
function optionsOf(root: JsonSchema, part: Part): FieldOption[] | undefined {
  if (Array.isArray(part.enum))
    return part.enum.length > 0 ? part.enum.map((value) => ({ value, label: labelOf(value) })) : undefined
  const ways = Array.isArray(part.oneOf) ? part.oneOf : part.anyOf
  if (!Array.isArray(ways) || ways.length === 0) return undefined
  const each = ways.map((way) => resolved(root, way))
  if (!each.every((way) => Object.hasOwn(way, 'const'))) return undefined
  return each.map((way) => ({
    value: way.const as Json,
    label: typeof way.title === 'string' && way.title.trim() !== '' ? way.title.trim() : labelOf(way.const),
  }))
}

const words = new Map<unknown, string>([
  [true, 'Yes'],
  [false, 'No'],
  [null, 'None'],
  ['', 'None'],
])
const labelOf = (value: unknown): string =>
  words.get(value) ?? (typeof value === 'string' ? value : JSON.stringify(value))
