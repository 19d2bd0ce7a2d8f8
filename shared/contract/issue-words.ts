import { z } from 'zod'

type Issue = z.core.$ZodRawIssue
type Words<Code extends Issue['code']> = (issue: Extract<Issue, { code: Code }>) => string

/** Of a choice between shapes, none of which fits. */
export const noShapeFits = 'fits none of the shapes that are allowed here'

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  nan: 'no number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  never: 'nothing',
}

const formats: Record<string, string> = {
  datetime: 'a time such as 2026-03-01T09:30:00Z',
  date: 'a day such as 2026-03-01',
  time: 'a time of day such as 09:30:00',
  email: 'an e-mail address',
  url: 'a web address',
  base64: 'bytes in base64',
  safeint: 'a whole number that JSON can hold exactly',
  int32: 'a whole number of at most 32 bits',
}

const nameOf = (kind: string): string => kinds[kind] ?? kind

/** What kind of value came. */
export function came(value: unknown): string {
  if (typeof value === 'boolean' || value === null) return String(value)
  if (Number.isNaN(value)) return nameOf('nan')
  return nameOf(Array.isArray(value) ? 'array' : typeof value)
}

/** What came is quoted only where it is a word of a list: anything else may be long, or a secret. */
export const quoted = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value)

const oneOf = (values: readonly unknown[]): string =>
  `${values.length > 1 ? 'one of ' : ''}${values.map(quoted).join(', ')}`

const unlike = (
  wanted: string,
  given: unknown,
  what = typeof given === 'string' ? quoted(given) : came(given),
) => (given === undefined ? `is needed, and must be ${wanted}` : `must be ${wanted}, but ${what} came`)

export const counted = (count: number | bigint, one: string): string =>
  `${count} ${one}${Number(count) === 1 ? '' : 's'}`

/** How much there may be, in the unit of what is measured; and how much there is. */
function measured(
  {
    origin,
    input,
    exact,
    inclusive = true,
  }: { origin: string; input?: unknown; exact?: boolean; inclusive?: boolean },
  limit: number | bigint,
  [orMore, beyond]: [within: string, beyond: string],
): string {
  const unit = { string: 'character', array: 'item', set: 'item', map: 'entry' }[origin]
  if (!unit) return `must be ${inclusive ? orMore : beyond} ${limit}, and is ${quoted(input)}`
  const length = (input as { length?: number } | undefined)?.length
  if (limit === 1 && length === 0) return 'must not be empty'
  const much = exact ? 'exactly' : inclusive ? orMore : beyond
  return `must have ${much} ${counted(limit, unit)}${length === undefined ? '' : `, and has ${length}`}`
}

const words: { [Code in Issue['code']]: Words<Code> } = {
  invalid_type: ({ expected, input }) => unlike(nameOf(expected), input, came(input)),
  too_small: (issue) => measured(issue, issue.minimum, ['at least', 'more than']),
  too_big: (issue) => measured(issue, issue.maximum, ['at most', 'less than']),
  invalid_format: ({ format, pattern, input }) => {
    if (format === 'uuid' || format === 'guid') return `Invalid UUID string: ${String(input).slice(0, 100)}`
    return format === 'regex'
      ? `must match the pattern ${pattern}`
      : `must be ${formats[format] ?? `of the format ${format}`}`
  },
  not_multiple_of: ({ divisor, input }) => `must be a multiple of ${divisor}, and is ${quoted(input)}`,
  unrecognized_keys: ({ keys }) =>
    `${keys.map(quoted).join(', ')} ${keys.length === 1 ? 'is' : 'are'} not known here: check the spelling, or leave it out`,
  invalid_value: ({ values, input }) => unlike(oneOf(values), input),
  invalid_union: ({ discriminator, input, ...issue }) => {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
    if (!discriminator || options.length === 0) return noShapeFits
    return unlike(oneOf(options), (input as Record<string, unknown> | undefined)?.[discriminator])
  },
  invalid_key: ({ issues }) => `has a name that does not fit: ${issues[0]?.message ?? 'choose another'}`,
  invalid_element: () => 'has an entry that does not fit',
  custom: () => 'does not fit',
}

// In place of zod's own words, wherever a schema has none of its own: what was expected, and what came.
z.config({ localeError: (issue) => (words[issue.code] as Words<Issue['code']>)(issue as never) })
