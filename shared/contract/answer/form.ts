import { z } from 'zod'
import type { Json } from '../json.ts'
import { checkerOf, JsonSchema } from '../json-schema.ts'
import { date } from './date.ts'
import { inWords } from './form/fault-words.ts'
import { type Field, type FieldOption, fieldNames, fieldsOf } from './form/fields.ts'
import { fieldReader, stored } from './form/read-field.ts'
import { saidFields } from './form/said-fields.ts'
import { number } from './number.ts'
import { accept, cut, isObject, type KindOfAnswer, misfit, type Reading, refuse } from './reading.ts'

export { type Field, type FieldOption, fieldNames, fieldReader, fieldsOf }

const isTemplate = (value: unknown) => JSON.stringify(value)?.includes('${')

/** What a default is held against at save; a date that is said ("today") only has to be one. */
const someday = { now: '2026-01-01T12:00:00Z', timeZone: 'UTC' }

/**
 * Titles, descriptions, defaults and the values of an `enum` may hold templates, as all of the schema may: what is
 * asked has them filled in.
 */
const FormSchema = JsonSchema.superRefine((schema, context) => {
  if (context.issues.length > 0) return
  const say = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
  if (schema.type !== 'object') return say(['type'], 'a form is an object: write "type": "object"')
  if (!isObject(schema.properties) || Object.keys(schema.properties).length === 0)
    return say(['properties'], 'a form needs fields: name at least one property')
  for (const [name, property] of Object.entries(schema.properties))
    if (!isObject(property)) say(['properties', name], 'a field is described by a schema of its own')
  if (Array.isArray(schema.required))
    for (const name of schema.required)
      if (!Object.hasOwn(schema.properties, String(name)))
        say(['required'], `“${name}” is needed, but is no field of the form`)
  if (context.issues.length > 0) return
  const given = fieldsOf({ schema }).filter(({ initial }) => initial !== undefined && !isTemplate(initial))
  if (given.length === 0 || isTemplate(schema.properties)) return
  const read = fieldReader(schema)
  for (const field of given) {
    const found = read({ ...field, required: false }, undefined, someday)
    if (!found.ok) say(['properties', field.name, 'default'], `the default does not fit: ${found.reason}`)
  }
}) as z.ZodType<JsonSchema, JsonSchema>

export const FormAnswer = z.strictObject({
  type: z.literal('form'),
  schema: FormSchema,
  /** Names of fields, in the order in which they are asked for. A save writes it down. */
  order: z.array(z.string()).max(500).optional(),
})
export type FormAnswer = z.infer<typeof FormAnswer>

const longestText = 200_000
const mostProblems = 10
const samples: Partial<Record<Field['kind']['type'], string>> = {
  number: '12',
  integer: '12',
  boolean: 'yes',
  date: 'next Friday',
  moment: 'tomorrow at 3 pm',
}

/** A field as somebody might fill it in. */
function sampleOf({ title, kind }: Field): string {
  const said = kind.type === 'options' ? kind.options[0]?.label : samples[kind.type]
  return `${cut(title)}: ${cut(said ?? '…')}`
}

function please(fields: Field[]): string {
  const shown = fields.slice(0, 3).map(sampleOf).join(', ')
  return shown ? `Please fill in its fields, for example “${shown}”.` : 'Please give an object.'
}

/** What was given for which field: an object, its JSON, words that name the fields, or the only field by itself. */
function entriesOf(given: unknown, fields: Field[]): Reading<Record<string, unknown>> {
  const [only, ...others] = fields
  const single = only && others.length === 0 ? only : undefined
  const byItself = () =>
    single
      ? accept(Object.fromEntries([[single.name, given]]))
      : misfit(given, 'is not a filled-in form', please(fields))
  if (isObject(given)) return accept(given)
  if (typeof given !== 'string' || given.trim() === '') return byItself()
  if (given.length > longestText) return misfit(given, 'is too long for a form', please(fields))
  const object = objectIn(given)
  if (object) return accept(object)
  const said = saidFields(given, fields)
  if (!said) return byItself()
  if ('problem' in said) return refuse(`${said.problem}. ${please(fields)}`)
  return accept(Object.fromEntries(said.values.map(([field, words]) => [field.name, words])))
}

function objectIn(text: string): Record<string, unknown> | undefined {
  if (!text.trim().startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** All that is wrong, as one reason. Each field's own reason is at most so long. */
function together(problems: string[]): Reading<never> {
  const more = problems.length - mostProblems
  const listed = problems.slice(0, mostProblems).map((problem) => problem.slice(0, 500).replace(/\.$/, ''))
  return refuse(`${[...listed, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}.`)
}

function describeField({ kind }: Field, value: unknown, timeZone: string): string {
  if (kind.type === 'options') {
    const label = (one: unknown) =>
      kind.options.find((option) => JSON.stringify(option.value) === JSON.stringify(one))?.label ?? plain(one)
    return [value].flat().map(label).join(', ')
  }
  if (kind.type === 'list' && Array.isArray(value))
    return value.map((one) => describeField({ kind: kind.of } as Field, one, timeZone)).join(', ')
  if (typeof value === 'string' && (kind.type === 'date' || kind.type === 'moment'))
    return date.describe(value, { type: 'date', time: kind.type === 'moment' }, timeZone)
  return plain(value)
}

function plain(value: unknown): string {
  if (typeof value === 'number') return number.describe(value, { type: 'number' }, 'UTC')
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export const form: KindOfAnswer<FormAnswer, Record<string, unknown>> = {
  read(given, kind, moment) {
    const { schema } = kind
    const fields = fieldsOf(kind)
    const came = entriesOf(given, fields)
    if (!came.ok) return came
    const named = new Map(fields.map((field) => [field.name, field]))
    const others = Object.entries(came.value).filter(([name]) => !named.has(name))
    const left = stored(Object.fromEntries(others))
    if (left === undefined) return refuse('What was given is nested too deeply.')
    const read = fieldReader(schema)
    const problems: string[] = []
    const entries: [string, Json][] = []
    for (const field of fields) {
      const found = read(
        field,
        Object.hasOwn(came.value, field.name) ? came.value[field.name] : undefined,
        moment,
      )
      if (!found.ok) problems.push(`${cut(field.title)}: ${found.reason}`)
      else if (found.value !== undefined) entries.push([field.name, found.value])
    }
    if (schema.additionalProperties === false && !schema.patternProperties)
      for (const [name] of others) problems.push(`“${cut(name)}” is not a field of this form`)
    if (problems.length > 0) return together(problems)
    const value = Object.fromEntries([...entries, ...Object.entries(left as Record<string, Json>)])
    const faults = checkerOf(schema)(value)
    return faults.length === 0 ? accept(value) : together([aboutWhole(inWords(faults))])
  },
  describe: (value, kind, timeZone) => {
    const fields = new Map(fieldsOf(kind).map((field) => [field.name, field]))
    const order = [...fields.keys(), ...Object.keys(value).filter((name) => !fields.has(name))]
    const shown = order.flatMap((name) => {
      if (!Object.hasOwn(value, name)) return []
      const field = fields.get(name)
      return [
        field
          ? `${field.title}: ${describeField(field, value[name], timeZone)}`
          : `${name}: ${plain(value[name])}`,
      ]
    })
    return shown.join(' · ') || 'Nothing filled in'
  },
}

const aboutWhole = (words: string): string => (/^(must|fits|does|is)\b/.test(words) ? `It ${words}` : words)
