import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'
import { schemaProblems } from '../../shared/contract/json-schema.ts'
import { type Property, readProperties, schemaOf } from '../../shared/contract/properties.ts'

const definition = (properties: unknown, more: object[] = []) => ({
  name: 'W',
  type: 'output_focused',
  steps: [{ id: 'facts', type: 'extract', from: 'Hello', properties }, ...more],
})
const problemsOf = (properties: unknown) => {
  const parsed = parseDefinition(definition(properties))
  return parsed.ok ? [] : parsed.problems
}
const property = (name: string, more: object = {}) => ({ name, type: 'string', description: 'what', ...more })

describe('save refuses', () => {
  test.each<[string, unknown[], string, RegExp]>([
    ['two of one name', [property('a'), property('a')], '[1].name', /two properties are named "a"/],
    ['a word no expression can name', [property('in')], '[0].name', /"in" is a reserved word/],
    ['what every object has', [property('constructor')], '[0].name', /reserved word/],
    ['a prototype', [property('__proto__')], '[0].name', /starts with a letter/],
    ['a name with a space', [property('due date')], '[0].name', /starts with a letter/],
    ['another type', [property('a', { type: 'date' })], '[0].type', /one of boolean, datetime/],
    ['no description', [property('a', { description: ' ' })], '[0].description', /what to look for/],
    ['an enum without values', [property('a', { type: 'enum' })], '[0].values', /needs "values"/],
    [
      'values of a string',
      [property('a', { values: ['x'] })],
      '[0].values',
      /only a property of type "enum"/,
    ],
    [
      'a value twice',
      [property('a', { type: 'enum', values: ['x', 'x'] })],
      '[0].values',
      /"x" is there twice/,
    ],
  ])('%s', (_, properties, at, message) => {
    expect(problemsOf(properties)).toContainEqual({
      stepId: 'facts',
      path: `steps[0].properties${at}`,
      message: expect.stringMatching(message),
    })
  })
})

test('names that are roots or types elsewhere are fine behind a point, and its result is known to expressions', () => {
  const parsed = parseDefinition(
    definition(
      [property('type'), property('item'), property('input')],
      [{ id: 'm', type: 'message', text: '${facts.type} ${facts.item}' }],
    ),
  )
  expect(parsed.ok && checkDefinition(parsed.definition).errors).toEqual([])
})

test('nothing to look for can be saved, and not published', () => {
  const parsed = parseDefinition(definition([]))
  expect(parsed.ok && checkDefinition(parsed.definition).errors).toEqual([
    {
      stepId: 'facts',
      path: 'steps[0].properties',
      message: 'there is nothing to look for: name at least one property',
    },
  ])
})

const all: Property[] = [
  { name: 'paid', type: 'boolean', description: 'paid?' },
  { name: 'due', type: 'datetime', description: 'when due' },
  { name: 'who', type: 'string', description: 'who' },
  { name: 'sum', type: 'number', description: 'how much' },
  { name: 'mood', type: 'enum', description: 'how', values: ['good', 'bad'] },
  { name: 'rest', type: 'json', description: 'the rest' },
]
const nothing = { paid: null, due: null, who: null, sum: null, mood: null, rest: null }
const at = { now: '2026-11-21T10:00:00Z', timeZone: 'Europe/Oslo' }

test('the shape takes null everywhere, and refuses wrong kinds and unknown values', () => {
  const schema = schemaOf(all)
  expect(schemaProblems(schema, nothing)).toEqual([])
  expect(schemaProblems(schema, { paid: true, due: 'x', who: 'x', sum: 1, mood: 'bad', rest: [1] })).toEqual(
    [],
  )
  expect(schemaProblems(schema, { ...nothing, sum: '1' })).not.toEqual([])
  expect(schemaProblems(schema, { ...nothing, mood: 'so-so' })).not.toEqual([])
  const { rest: _, ...without } = nothing
  expect(schemaProblems(schema, without)).not.toEqual([])
})

test('the values have exactly the keys asked for, texts trimmed, empty ones null', () => {
  expect(readProperties(all, { who: '  Kari ', sum: 0, paid: false, extra: 1, rest: ' ' }, at)).toEqual({
    ok: true,
    values: { ...nothing, who: 'Kari', sum: 0, paid: false },
  })
})

test.each([
  ['2026-12-01T15:30:00+09:00', '2026-12-01T06:30:00Z'],
  ['2026-12-01T15:30:00Z', '2026-12-01T15:30:00Z'],
  ['2026-12-01T15:30:00', '2026-12-01T14:30:00Z'],
  ['2026-07-01T15:30', '2026-07-01T13:30:00Z'],
  ['2026-12-01', '2026-11-30T23:00:00Z'],
  ['1 December 2026 at 15:30', '2026-12-01T14:30:00Z'],
  ['tomorrow at 9 am', '2026-11-22T08:00:00Z'],
])('%s is %s in UTC', (given, moment) => {
  expect(readProperties(all, { ...nothing, due: given }, at)).toEqual({
    ok: true,
    values: { ...nothing, due: moment },
  })
})

test.each(['soon', '2026-02-30', '2026-12-01T25:00:00Z'])(
  '%s is no date, and the reason says so',
  (given) => {
    expect(readProperties(all, { ...nothing, due: given }, at)).toEqual({
      ok: false,
      reason: `due is “${given}”, which is no date: expected ISO 8601, or null`,
    })
  },
)
