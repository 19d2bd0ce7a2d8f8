import { came, counted, noShapeFits, quoted } from '../issue-words.ts'

/** One thing that is wrong with a value: where, by which keyword of its schema, and what stands there. */
export interface SchemaFault {
  path: string[]
  keyword: string
  params: Record<string, unknown>
  given: unknown
}

/** How values are called for who reads of them. */
export interface Vocabulary {
  kinds: Record<string, string>
  formats: Record<string, string>
  listed(values: unknown[]): string
}

const kinds = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  array: 'a list',
  object: 'an object',
}

/** So many of a long list are named. */
const mostListed = 20

function listed(values: unknown[]): string {
  const named = values.slice(0, mostListed).map((value) => JSON.stringify(value).slice(0, 60))
  const others = values.length - named.length
  return `${values.length > 1 ? 'one of ' : ''}${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`
}

const forPrograms: Vocabulary = {
  kinds: { ...kinds, boolean: 'true or false', null: 'null' },
  formats: {
    email: 'an e-mail address',
    uri: 'a web address such as https://example.com/a',
    date: 'a day such as 2026-03-01',
    'date-time': 'a time such as 2026-03-01T09:30:00Z',
    time: 'a time of day such as 09:30:00Z',
    uuid: 'a UUID',
  },
  listed,
}

/** Of kinds as `forPrograms` has them, in the words of people who fill a form in. */
export const kindsForPeople = { ...kinds, boolean: 'yes or no', null: 'empty' }

type Words = (params: Record<string, unknown>, vocabulary: Vocabulary) => string

const much = (limit: unknown, what: string) => counted(Number(limit), what)

/** What each keyword wants. */
const keywords: Record<string, Words> = {
  '': () => 'is too large or too deeply nested to be checked against its schema',
  type: ({ type }, { kinds }) =>
    `must be ${[type]
      .flat()
      .map((one) => kinds[String(one)] ?? String(one))
      .join(' or ')}`,
  minimum: ({ limit }) => `must be at least ${limit}`,
  maximum: ({ limit }) => `must be at most ${limit}`,
  exclusiveMinimum: ({ limit }) => `must be more than ${limit}`,
  exclusiveMaximum: ({ limit }) => `must be less than ${limit}`,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${multipleOf}`,
  minLength: ({ limit }) => `must have at least ${much(limit, 'character')}`,
  maxLength: ({ limit }) => `must have at most ${much(limit, 'character')}`,
  pattern: ({ pattern }) => `must match the pattern ${String(pattern).slice(0, 200)}`,
  format: ({ format }, { formats }) => `must be ${formats[String(format)] ?? `of the format ${format}`}`,
  enum: ({ allowedValues }, { listed }) => `must be ${listed([allowedValues].flat())}`,
  const: ({ allowedValue }, { listed }) => `must be ${listed([allowedValue])}`,
  minItems: ({ limit }) => `must have at least ${much(limit, 'item')}`,
  maxItems: ({ limit }) => `must have at most ${much(limit, 'item')}`,
  items: ({ limit }) => `must have at most ${much(limit, 'item')}`,
  minProperties: ({ limit }) => `must have at least ${much(limit, 'field')}`,
  maxProperties: ({ limit }) => `must have at most ${much(limit, 'field')}`,
  uniqueItems: () => 'must not hold the same twice',
  contains: ({ minContains }) => `must hold at least ${much(minContains ?? 1, 'item')} of a certain kind`,
  propertyNames: ({ propertyName }) => `has a name that does not fit: ${quoted(propertyName)}`,
  'false schema': () => 'is not allowed here',
  not: () => 'is not allowed',
  anyOf: () => noShapeFits,
  oneOf: ({ passingSchemas }) =>
    passingSchemas ? 'fits more than one of the shapes of which it must be one' : noShapeFits,
}

export const wantedBy = ({ keyword, params }: SchemaFault, vocabulary: Vocabulary): string =>
  (Object.hasOwn(keywords, keyword) ? keywords[keyword]?.(params, vocabulary) : undefined) ?? 'does not fit'

/** A field that is missing, or not known, is spoken of by its own name. */
const fields: Record<string, { name: string; words(params: Record<string, unknown>): string }> = {
  required: { name: 'missingProperty', words: () => 'is needed' },
  dependentRequired: {
    name: 'missingProperty',
    words: ({ property }) => `is needed where ${property} is given`,
  },
  additionalProperties: { name: 'additionalProperty', words: () => unknownField },
  unevaluatedProperties: { name: 'unevaluatedProperty', words: () => unknownField },
}

const unknownField = 'is not known here: check the spelling, or leave it out'

const amounts = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'])
const sizes = new Set([
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'items',
  'minProperties',
  'maxProperties',
])

/** What came instead; quoted only where it is a number, or a word of a list: anything else may be long, or a secret. */
function instead({ keyword, params, given }: SchemaFault): string {
  if (amounts.has(keyword)) return `, and is ${given}`
  if (sizes.has(keyword)) return `, and has ${sizeOf(given)}`
  if (keyword === 'type')
    return `, but ${typeof given === 'number' && [params.type].flat().includes('integer') ? given : came(given)} came`
  if (keyword === 'enum' || keyword === 'const')
    return `, but ${typeof given === 'string' || typeof given === 'number' ? quoted(given) : came(given)} came`
  return ''
}

const sizeOf = (value: unknown): number =>
  typeof value === 'string' ? [...value].length : Object.keys(value as object).length

interface Said {
  path: string[]
  message: string
}

/** What is wrong with a value: the field, what was expected of it, and what came. */
export function inWords(faults: SchemaFault[]): Said {
  // The last is what does not fit; before it stand the reasons of each shape that it might have had.
  const chosen = faults.findLast(({ keyword }) => keyword !== 'if')
  if (!chosen) return { path: [], message: 'does not fit' }
  const field = fields[chosen.keyword]
  if (field)
    return {
      path: [...chosen.path, String(chosen.params[field.name])],
      message: field.words(chosen.params),
    }
  const reasons = chosen.keyword === 'anyOf' || chosen.keyword === 'oneOf' ? reasonsOf(chosen, faults) : []
  return {
    path: chosen.path,
    message: reasons.length > 0 ? reasons.join(', or: ') : wantedBy(chosen, forPrograms) + instead(chosen),
  }
}

/** More shapes than this say less, all of them, than that none fits. */
const mostReasons = 3

function reasonsOf(chosen: SchemaFault, faults: SchemaFault[]): string[] {
  const before = faults.slice(0, faults.indexOf(chosen))
  const reasons = new Set(
    before.map((fault) => {
      const { path, message } = inWords([fault])
      return [path.slice(chosen.path.length).join('.'), message].filter(Boolean).join(' ')
    }),
  )
  return reasons.size <= mostReasons ? [...reasons] : []
}
