import { z } from 'zod'
import { saidMoment } from './answer/words/said-moment.ts'
import { instantOf, zoneOf } from './answer/words/zone.ts'
import { isObject, type Json } from './json.ts'
import type { JsonSchema } from './json-schema.ts'

/** CEL's reserved words, which no expression could name behind a point, and what every JavaScript object has already. */
const unusable: ReadonlySet<string> = new Set(
  `true false null in as break const continue else for function if import let loop package namespace return var void while
  constructor toString toLocaleString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable`.split(/\s+/),
)

const Name = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    'a name starts with a letter and holds letters, digits and _ (64 at most)',
  )
  .refine((name) => !unusable.has(name), {
    error: (issue) =>
      `"${issue.input}" is a reserved word and cannot name a property: no expression could read it`,
  })

/** One value that is read out of a text. The description says what to look for. */
export const Property = z
  .strictObject({
    name: Name,
    type: z.enum(['boolean', 'datetime', 'string', 'number', 'enum', 'json'], {
      error: 'a type is one of boolean, datetime, string, number, enum, json',
    }),
    description: z.string().trim().min(1, 'must say what to look for').max(2_000),
    /** What an `enum` may be. */
    values: z.array(z.string().trim().min(1).max(200)).min(1).max(200).optional(),
  })
  .superRefine(({ type, values }, context) => {
    const say = (message: string) => context.addIssue({ code: 'custom', path: ['values'], message })
    if (type === 'enum' && !values) say('a property of type "enum" needs "values": the list it may be one of')
    if (type !== 'enum' && values) say(`only a property of type "enum" has "values", this one is "${type}"`)
    const twice = repeated(values ?? [])
    if (twice !== undefined) say(`"${twice}" is there twice`)
  })
export type Property = z.infer<typeof Property>

export const Properties = z
  .array(Property)
  .max(100)
  .superRefine((properties, context) => {
    const twice = repeated(properties.map(({ name }) => name))
    if (twice === undefined) return
    const index = properties.findLastIndex(({ name }) => name === twice)
    context.addIssue({
      code: 'custom',
      path: [index, 'name'],
      message: `two properties are named "${twice}"`,
    })
  })

const repeated = (words: string[]): string | undefined =>
  words.find((word, index) => words.indexOf(word) !== index)

const schemas: Record<Property['type'], (property: Property) => JsonSchema> = {
  boolean: () => ({ type: ['boolean', 'null'] }),
  // A model writes the moment as the text has it; the zone is ours to apply.
  datetime: () => ({ type: ['string', 'null'] }),
  string: () => ({ type: ['string', 'null'] }),
  number: () => ({ type: ['number', 'null'] }),
  enum: ({ values = [] }) => ({ enum: [...values, null] }),
  json: () => ({}),
}

const hints: Partial<Record<Property['type'], string>> = {
  datetime: ' (ISO 8601: 2026-11-27 or 2026-11-27T15:30:00, with an offset only where the text names a zone)',
}

/** The shape of an answer that holds every property, each null where the text does not say. */
export const schemaOf = (properties: Property[]): JsonSchema => ({
  type: 'object',
  required: properties.map(({ name }) => name),
  properties: Object.fromEntries(
    properties.map((property) => [
      property.name,
      {
        ...schemas[property.type](property),
        description: `${property.description}${hints[property.type] ?? ''}`,
      },
    ]),
  ),
})

interface ReadAt {
  /** ISO instant that "tomorrow" is counted from. */
  now: string
  /** IANA zone of times that name none. */
  timeZone: string
}

export type PropertyValues = Record<string, Json>

/**
 * An answer of that shape as values: exactly these keys, texts trimmed, moments as ISO 8601 in UTC. A date without a
 * time is its first moment in the zone.
 */
export function readProperties(
  properties: Property[],
  answer: Json,
  at: ReadAt,
): { ok: true; values: PropertyValues } | { ok: false; reason: string } {
  const given = isObject(answer) ? answer : {}
  const values: PropertyValues = {}
  for (const { name, type } of properties) {
    const value = Object.hasOwn(given, name) ? ((given[name] ?? null) as Json) : null
    const text = typeof value === 'string' ? value.trim() : value
    if (text === '' || text === null || type !== 'datetime') {
      values[name] = text === '' ? null : text
      continue
    }
    const moment = momentOf(String(text), at)
    if (moment === undefined)
      return {
        ok: false,
        reason: `${name} is “${String(text).slice(0, 100)}”, which is no date: expected ISO 8601, or null`,
      }
    values[name] = moment
  }
  return { ok: true, values }
}

/** What a text that says nothing gives. */
export const noValues = (properties: Property[]): PropertyValues =>
  Object.fromEntries(properties.map(({ name }) => [name, null]))

function momentOf(text: string, { now, timeZone }: ReadAt): string | undefined {
  const zone = zoneOf(timeZone)
  const said = saidMoment(text, Date.parse(now), zone, true)
  if ('problem' in said) return undefined
  const instant = said.instant ?? instantOf({ day: said.day, second: 0 }, zone)
  // Read to the second.
  return new Date(instant).toISOString().replace('.000Z', 'Z')
}
