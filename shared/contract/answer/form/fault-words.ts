import type { SchemaFault } from '../../json-schema.ts'
import { cut } from '../reading.ts'

const types: Record<string, string> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'yes or no',
  array: 'a list',
  object: 'an object',
  null: 'empty',
}

const formats: Record<string, string> = {
  email: 'an e-mail address',
  uri: 'a web address',
  date: 'a date',
  'date-time': 'a date with a time',
  time: 'a time of day',
  uuid: 'a UUID',
}

const listed = (value: unknown): string => [value].flat().map(shown).join(', ')
const shown = (value: unknown): string => cut(typeof value === 'string' ? value : JSON.stringify(value))
const count = (limit: unknown, what: string): string => `${limit} ${what}${limit === 1 ? '' : 's'}`

type Words = (params: Record<string, unknown>) => string

const keywords: Record<string, Words> = {
  type: ({ type }) =>
    `must be ${[type]
      .flat()
      .map((one) => types[String(one)] ?? String(one))
      .join(' or ')}`,
  minimum: ({ limit }) => `must be at least ${limit}`,
  maximum: ({ limit }) => `must be at most ${limit}`,
  exclusiveMinimum: ({ limit }) => `must be more than ${limit}`,
  exclusiveMaximum: ({ limit }) => `must be less than ${limit}`,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${multipleOf}`,
  minLength: ({ limit }) => `must have at least ${count(limit, 'character')}`,
  maxLength: ({ limit }) => `must have at most ${count(limit, 'character')}`,
  pattern: ({ pattern }) => `must match the pattern ${cut(String(pattern))}`,
  format: ({ format }) => `must be ${formats[String(format)] ?? `of the format ${format}`}`,
  enum: ({ allowedValues }) => `must be one of ${listed(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${listed(allowedValue)}`,
  minItems: ({ limit }) => `must have at least ${count(limit, 'item')}`,
  maxItems: ({ limit }) => `must have at most ${count(limit, 'item')}`,
  uniqueItems: () => 'must not hold the same twice',
  required: ({ missingProperty }) => `${missingProperty} is needed`,
  dependentRequired: ({ missingProperty, property }) =>
    `${missingProperty} is needed when ${property} is given`,
  additionalProperties: ({ additionalProperty }) => `“${cut(String(additionalProperty))}” is not expected`,
  unevaluatedProperties: ({ unevaluatedProperty }) => `“${cut(String(unevaluatedProperty))}” is not expected`,
  anyOf: () => 'fits none of the ways in which it may be given',
  oneOf: () => 'does not fit just one of the ways in which it may be given',
  not: () => 'is not allowed',
}

/** What is wrong with a value, for who gave it: `must be at least 1`, `item 2 must be text`. */
export function inWords(faults: SchemaFault[]): string {
  // Of a choice between schemas, what each of them misses says less than that none fits.
  const last = faults.at(-1)
  const chosen = last && last.keyword !== 'if' ? last : faults[0]
  if (!chosen) return 'does not fit'
  const { path, keyword, params, message } = chosen
  const where = path.map((part) => (/^\d+$/.test(part) ? `item ${Number(part) + 1}` : cut(part))).join(', ')
  const what = Object.hasOwn(keywords, keyword) ? keywords[keyword]?.(params) : message
  return [where, what].filter(Boolean).join(' ')
}
