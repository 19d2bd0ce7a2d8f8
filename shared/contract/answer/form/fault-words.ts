import { kindsForPeople, type SchemaFault, type Vocabulary, wantedBy } from '../../json-schema/fault-words.ts'
import { cut } from '../reading.ts'

const forPeople: Vocabulary = {
  kinds: kindsForPeople,
  formats: {
    email: 'an e-mail address',
    uri: 'a web address',
    date: 'a date',
    'date-time': 'a date with a time',
    time: 'a time of day',
    uuid: 'a UUID',
  },
  listed: (values) => `${values.length > 1 ? 'one of ' : ''}${values.map(shown).join(', ')}`,
}

const shown = (value: unknown): string => cut(typeof value === 'string' ? value : JSON.stringify(value))

type Words = (params: Record<string, unknown>) => string

const notExpected = (name: unknown): string => `“${cut(String(name))}” is not expected`

/** What a form says otherwise than an interface does. */
const keywords: Record<string, Words> = {
  required: ({ missingProperty }) => `${missingProperty} is needed`,
  dependentRequired: ({ missingProperty, property }) =>
    `${missingProperty} is needed when ${property} is given`,
  additionalProperties: ({ additionalProperty }) => notExpected(additionalProperty),
  unevaluatedProperties: ({ unevaluatedProperty }) => notExpected(unevaluatedProperty),
  anyOf: () => 'fits none of the ways in which it may be given',
  oneOf: () => 'does not fit just one of the ways in which it may be given',
}

/** What is wrong with a value, for who gave it: `must be at least 1`, `item 2 must be text`. */
export function inWords(faults: SchemaFault[]): string {
  // Of a choice between schemas, what each of them misses says less than that none fits.
  const last = faults.at(-1)
  const chosen = last && last.keyword !== 'if' ? last : faults[0]
  if (!chosen) return 'does not fit'
  const where = chosen.path
    .map((part) => (/^\d+$/.test(part) ? `item ${Number(part) + 1}` : cut(part)))
    .join(', ')
  const own = Object.hasOwn(keywords, chosen.keyword) ? keywords[chosen.keyword] : undefined
  return [where, own ? own(chosen.params) : wantedBy(chosen, forPeople)].filter(Boolean).join(' ')
}
