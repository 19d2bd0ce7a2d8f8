import { _, Ajv2020, type KeywordCxt, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { pay } from '../budget.ts'
import { isObject } from '../json.ts'
import { linearPattern } from '../linear-pattern.ts'
import { plainValues, schemaMaps } from './shape.ts'

/** Keywords of ours, put into every schema: what looking at a value, and at the characters of a text, costs. */
const price = 'parley-price'
const textPrice = 'parley-text-price'

/**
 * Compiles a schema whose shape was accepted. This and the validator pay for what they do and have to run `onBudget`: twenty
 * definitions that name each other twice are a small schema and 2²⁰ ways to go.
 * @throws Error when it is no schema
 */
export function compileMetered(schema: Record<string, unknown>): ValidateFunction {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: false,
    logger: false,
    // `constructor` is no property of every object.
    ownProperties: true,
    meta: false,
    validateSchema: false,
    // A reference repeated a thousand times would be a thousand copies of what it refers to.
    inlineRefs: false,
    // To make the code shorter takes five times as long as to make it.
    code: { regExp: paidPattern, optimize: false },
  })
  ;(formats as unknown as (ajv: Ajv2020) => void)(ajv)
  payForFormats(ajv)
  // First in their groups: what fails must have paid.
  ajv.addKeyword({
    keyword: price,
    before: '$ref',
    schemaType: 'number',
    code: (at) => callPay(at, _`${at.schema}`),
  })
  ajv.addKeyword({
    keyword: textPrice,
    before: 'maxLength',
    type: 'string',
    code: (at) => callPay(at, _`${at.data}.length / 16`),
  })
  // Ajv compares each item with each other one.
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (unique: boolean, items: unknown[]) =>
      !unique || new Set(items.map(canonical)).size === items.length,
    error: { message: 'must NOT have duplicate items' },
  })
  return ajv.compile(priced(schema) as object)
}

const callPay = (at: KeywordCxt, units: ReturnType<typeof _>) =>
  at.gen.code(_`${at.gen.scopeValue('func', { ref: pay })}(${units})`)

const paidPattern = Object.assign(
  (source: string) => {
    const pattern = linearPattern(source)
    return {
      test: (text: string) => {
        pay(pattern.costOf(text))
        return pattern.test(text)
      },
    }
  },
  { code: 'linear' },
)

type Check = (text: string) => boolean

function payForFormats(ajv: Ajv2020): void {
  for (const [name, format] of Object.entries(ajv.formats)) {
    const check =
      isObject(format) && 'validate' in format ? (format as { validate: unknown }).validate : format
    const test: Check = check instanceof RegExp ? (text) => check.test(text) : (check as Check)
    if (typeof check !== 'function' && !(check instanceof RegExp)) continue
    const type = isObject(format) && format.type === 'number' ? 'number' : 'string'
    const validate = (value: string | number) => {
      pay(typeof value === 'string' ? 5 + value.length / 4 : 1)
      return test(value as string)
    }
    ajv.addFormat(name, { type, validate } as Parameters<Ajv2020['addFormat']>[1])
  }
}

/** The schema with its prices in it. References stay right: nothing moves. */
function priced(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(priced)
  if (!isObject(schema)) return schema
  const entries = Object.entries(schema).map(([key, inner]): [string, unknown] => {
    if (plainValues.has(key)) return [key, inner]
    if (schemaMaps.has(key) && isObject(inner))
      return [key, Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, priced(one)]))]
    return [key, priced(inner)]
  })
  return Object.fromEntries([...entries, [price, priceOf(schema)], [textPrice, true]])
}

/** What a value pays to a schema itself; what it pays to the schemas inside is theirs. */
const priceOf = (schema: Record<string, unknown>): number =>
  Object.entries(schema).reduce(
    (sum, [key, inner]) =>
      sum +
      1 +
      (plainValues.has(key)
        ? JSON.stringify(inner).length / 8
        : isObject(inner) || Array.isArray(inner)
          ? Object.keys(inner).length
          : 0),
    1,
  )

/** JSON text that is the same for values that are equal. */
function canonical(value: unknown): string {
  pay(typeof value === 'string' ? 1 + value.length / 8 : 6)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (!isObject(value)) return JSON.stringify(value)
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join()}}`
}
