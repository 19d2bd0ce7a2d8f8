import { fieldNames, fieldsOf } from '../../shared/contract/answer/form.ts'
import { AnswerKind, describeAnswer, readAnswer } from '../../shared/contract/answer.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'
import type { JsonSchema } from '../../shared/contract/json-schema.ts'
import { keepFieldOrder } from '../../shared/contract/keep-field-order.ts'
import { cpuTimeOf } from '../harness/cpu-time.ts'

const schema = {
  type: 'object',
  required: ['name', 'amount'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', title: 'Full name', minLength: 2 },
    amount: { type: 'integer', minimum: 1, maximum: 100_000 },
    due: { type: 'string', format: 'date', title: 'Due by' },
    plan: {
      title: 'Plan',
      oneOf: [
        { const: 's', title: 'Small' },
        { const: 'l', title: 'Large' },
      ],
      default: 's',
    },
    urgent: { type: 'boolean' },
    days: { type: 'array', items: { enum: ['mon', 'tue', 'wed'] }, maxItems: 2 },
    tags: { type: 'array', items: { type: 'string' } },
    mail: { type: 'string', format: 'email' },
    address: { $ref: '#/$defs/address' },
  },
  $defs: {
    address: {
      type: 'object',
      properties: { zip: { type: 'string', pattern: '^\\d{4}$' } },
      required: ['zip'],
    },
  },
} satisfies JsonSchema

const form = (of: JsonSchema): AnswerKind => ({ type: 'form', schema: of })
const now = '2026-11-21T09:00:00Z'
const read = (given: unknown, of: JsonSchema = schema) => readAnswer(given, form(of), now, 'Europe/Oslo')
const reasonOf = (given: unknown, of?: JsonSchema): string => {
  const reading = read(given, of)
  return reading.ok ? `read as ${JSON.stringify(reading.value)}` : reading.reason
}
const fields = (properties: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...more,
})

describe('F009 a form is filled in', () => {
  const ann = { name: 'Ann Lee', amount: 12, plan: 's' }

  test.each<[string, unknown, object]>([
    ['by an object', { name: ' Ann Lee ', amount: 12 }, ann],
    ['by an object whose values are words', { name: 'Ann Lee', amount: 'a dozen', plan: 'small' }, ann],
    ['by JSON in words', ' {"name": "Ann Lee", "amount": 12}', ann],
    ['on one line', 'name: Ann Lee, amount: 12', ann],
    ['by titles', 'Full name: Ann Lee; Amount = 12', ann],
    ['on many lines, with bullets', '- Full name: Ann Lee\n- amount: 12k', { ...ann, amount: 12_000 }],
    ['with commas in a value', 'name: Lee, Ann, amount: 3', { name: 'Lee, Ann', amount: 3, plan: 's' }],
    ['with "and"', 'name: Ann Lee and\namount: 12', ann],
    [
      'with everything',
      'name: Ann Lee\namount: 12\ndue: next Friday\nplan: the second one\nurgent: yes please\ndays: mon and wed\ntags: a, b\nmail: a@b.example\naddress: {"zip": "0150"}',
      {
        ...ann,
        due: '2026-11-27',
        plan: 'l',
        urgent: true,
        days: ['mon', 'wed'],
        tags: ['a', 'b'],
        mail: 'a@b.example',
        address: { zip: '0150' },
      },
    ],
    ['with fields left empty', { name: 'Ann Lee', amount: 12, due: '', urgent: null, plan: '' }, ann],
  ])('%s', (_, given, value) => {
    const reading = read(given)
    expect(reading).toEqual({ ok: true, value })
    expect(read((reading as { value: unknown }).value)).toEqual(reading)
  })

  test('of one field by the bare value', () => {
    const one = fields(
      { people: { type: 'integer', title: 'How many people', minimum: 1 } },
      { required: ['people'] },
    )
    for (const given of ['two dozen', 24, { people: '24' }, 'How many people: 24'])
      expect(read(given, one)).toEqual({ ok: true, value: { people: 24 } })
    expect(reasonOf('none', one)).toBe('How many people: must be at least 1.')
    const list = fields({ tags: { type: 'array', items: { type: 'string' } } })
    expect(read(['a', 'b'], list)).toEqual({ ok: true, value: { tags: ['a', 'b'] } })
  })

  test('values of any type may be chosen from', () => {
    const of = fields({
      level: { enum: [1, 2, 3] },
      on: { enum: [true, false] },
      none: { enum: ['', null, 'x'] },
    })
    expect(read('level: 2, on: no', of)).toEqual({ ok: true, value: { level: 2, on: false } })
    expect(read({ none: '' }, of)).toEqual({ ok: true, value: { none: '' } })
    expect(read({ none: null }, of)).toEqual({ ok: true, value: { none: null } })
    expect(read({ level: 'the last one' }, of)).toEqual({ ok: true, value: { level: 3 } })
  })

  test('an empty text is a value where the schema says so', () => {
    const of = fields({ note: { type: 'string', minLength: 0 } }, { required: ['note'] })
    expect(read({ note: '' }, of)).toEqual({ ok: true, value: { note: '' } })
    expect(reasonOf({}, of)).toBe('note: is needed.')
  })

  test('a moment has the offset of the zone, and a default may be said in words', () => {
    const of = fields({
      at: { type: 'string', format: 'date-time' },
      day: { type: 'string', format: 'date', default: 'tomorrow' },
    })
    expect(read('at: tomorrow at 3 pm', of)).toEqual({
      ok: true,
      value: { at: '2026-11-22T15:00:00+01:00', day: '2026-11-22' },
    })
  })

  test('further values stay, where the schema takes them', () => {
    const of = fields({ a: { type: 'number' } })
    expect(read({ a: 1, b: { c: ['x\u0000'] } }, of)).toEqual({ ok: true, value: { a: 1, b: { c: ['x'] } } })
  })
})

describe('F009 what does not fit is said field by field', () => {
  test.each<[string, unknown, RegExp]>([
    ['everything missing', {}, /^Full name: is needed; amount: is needed\.$/],
    [
      'limits',
      { name: 'A', amount: 0 },
      /^Full name: must have at least 2 characters; amount: must be at least 1\.$/,
    ],
    ['a number that is none', { name: 'Ann', amount: 'lots' }, /^amount: “lots” is not a number I can read/],
    ['half a number', { name: 'Ann', amount: 1.5 }, /^amount: must be a whole number\.$/],
    ['a typed value of another type', { name: 7, amount: 1 }, /^Full name: must be text\.$/],
    [
      'a choice',
      { name: 'Ann', amount: 1, plan: 'huge' },
      /^Plan: “huge” is not one of the choices\. .*Small, Large/,
    ],
    ['a date', { name: 'Ann', amount: 1, due: 'soon' }, /^Due by: “soon” is not a date/],
    ['an address', { name: 'Ann', amount: 1, mail: 'x' }, /^mail: must be an e-mail address\.$/],
    ['inside an object', { name: 'Ann', amount: 1, address: {} }, /^address: zip is needed\.$/],
    ['inside a list', { name: 'Ann', amount: 1, tags: ['a', 7] }, /^tags: item 2 must be text\.$/],
    [
      'too many',
      { name: 'Ann', amount: 1, days: ['mon', 'tue', 'wed'] },
      /^days: must have at most 2 items\.$/,
    ],
    [
      'a field that there is not',
      { name: 'Ann', amount: 1, colour: 'red' },
      /“colour” is not a field of this form\.$/,
    ],
    [
      'words without a field',
      'Ann',
      /is not a filled-in form\. Please fill in its fields, for example “Full name: …, amount: 12/,
    ],
    ['words before the first field', 'hello, name: Ann, amount: 1', /^“hello” names no field/],
    ['a line of another field', 'name: Ann\ncolour: red\namount: 1', /^“colour” is not a field of this form/],
    ['a field twice', 'name: Ann, amount: 1, Full name: Bo', /^“Full name” is there twice/],
    ['nothing', '', /^An empty answer is not/],
    ['a list', [1], /^A list is not/],
  ])('%s', (_, given, reason) => {
    expect(reasonOf(given)).toMatch(reason)
  })

  test('and what concerns several fields, when each by itself fits', () => {
    const of = fields(
      { kind: { enum: ['home', 'away'] }, town: { type: 'string' } },
      {
        if: { properties: { kind: { const: 'away' } }, required: ['kind'] },
        // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
        then: { required: ['town'] },
      },
    )
    expect(reasonOf('kind: away', of)).toBe('town is needed.')
    expect(read('kind: home', of).ok).toBe(true)
    const either = fields(
      { a: { type: 'string' }, b: { type: 'string' } },
      { anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    )
    expect(reasonOf({}, either)).toBe('It fits none of the ways in which it may be given.')
  })
})

test('F009 a form is echoed with its titles, values as people say them', () => {
  const echo = (value: Record<string, unknown>) => describeAnswer(value, form(schema), 'Europe/Oslo')
  expect(
    echo({ amount: 12_000, name: 'Ann', due: '2026-11-27', plan: 'l', urgent: false, days: ['mon', 'wed'] }),
  ).toBe(
    'Full name: Ann · amount: 12,000 · Due by: Friday 27 November 2026 · Plan: Large · urgent: No · days: mon, wed',
  )
  expect(echo({})).toBe('Nothing filled in')
})

test('F009 a form is refused at save where it could not be asked', () => {
  const problems = (of: unknown) =>
    AnswerKind.safeParse({ type: 'form', schema: of }).error?.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    )
  expect(problems(schema)).toBeUndefined()
  expect(problems({})).toEqual([expect.stringContaining('schema.type: a form is an object')])
  expect(problems({ type: 'object' })).toEqual([expect.stringContaining('needs fields')])
  expect(problems({ type: 'object', properties: {} })).toEqual([expect.stringContaining('needs fields')])
  expect(problems(fields({ a: true }))).toEqual([expect.stringContaining('schema.properties.a: a field is')])
  expect(problems(fields({ a: {} }, { required: ['b'] }))).toEqual([expect.stringContaining('“b” is needed')])
  expect(problems(fields({ a: { type: 'number', default: 'x' } }))).toEqual([
    expect.stringMatching(/^schema\.properties\.a\.default: the default does not fit: “x”/),
  ])
  expect(problems(fields({ a: { type: 'integer', minimum: 3, default: 1 } }))).toEqual([
    expect.stringContaining('must be at least 3'),
  ])
  expect(problems(fields({ a: { type: 'number', default: '${before}' } }))).toBeUndefined()
  expect(problems(fields({ a: { $ref: 'https://x.example/schema' } }))).toEqual([
    expect.stringContaining('must stay inside'),
  ])
  expect(problems(fields({ a: { pattern: '(?=x)' } }))).toHaveLength(1)
})

describe('hostile forms and answers', () => {
  test('names that every object has, and names of prototypes', () => {
    const of = fields(
      JSON.parse(
        '{"__proto__": {"type": "string"}, "constructor": {"type": "integer"}, "toString": {"type": "string"}}',
      ),
    )
    expect(read({}, of)).toEqual({ ok: true, value: {} })
    const reading = read('{"__proto__": "x", "constructor": 3}', of)
    expect(JSON.stringify(reading)).toBe('{"ok":true,"value":{"__proto__":"x","constructor":3}}')
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  test('references that lead round and nowhere', () => {
    const of = fields(
      { a: { $ref: '#/$defs/a' }, b: { $ref: '#/$defs/gone' } },
      { $defs: { a: { type: 'object', properties: { a: { $ref: '#/$defs/a' } } } } },
    )
    expect(fieldsOf({ schema: of }).map(({ kind }) => kind.type)).toEqual(['json', 'text'])
    const loop = fields({ a: { $ref: '#/properties/a' } })
    expect(fieldsOf({ schema: loop })).toHaveLength(1)
    expect(reasonOf('x', loop)).toMatch(/^a: is too large or too deeply nested/)
  })

  const deep = (levels: number): unknown => (levels === 0 ? 'x' : { a: deep(levels - 1) })
  const many = (count: number) => Array.from({ length: count }, (_, at) => at)

  test.each<[string, unknown, JsonSchema]>([
    ['a value of 100 levels', { o: deep(100) }, fields({ o: { type: 'object' } })],
    ['a further value of 100 levels', { p: deep(100) }, fields({ o: { type: 'object' } })],
    ['a megabyte of colons', 'a:'.repeat(500_000), fields({ a: { type: 'string' }, b: { type: 'string' } })],
    [
      '100,000 characters of fields',
      'b:1,'.repeat(25_000),
      fields({ a: { type: 'string' }, b: { type: 'string' } }),
    ],
    ['a list of 100,000', { a: many(100_000) }, fields({ a: { type: 'array', items: { type: 'string' } } })],
    [
      'a list of words',
      { a: 'x,'.repeat(50_000) },
      fields({ a: { type: 'array', items: { type: 'number' } } }),
    ],
    [
      '50,000 fields',
      Object.fromEntries(many(50_000).map((at) => [`f${at}`, at])),
      { ...fields({ a: {} }), additionalProperties: false },
    ],
    ['an open bracket', '{'.repeat(100_000), fields({ a: { type: 'string' }, b: { type: 'string' } })],
    [
      'a doubling schema',
      { a: 'x' },
      {
        ...fields({ a: { $ref: '#/$defs/d0' } }),
        $defs: Object.fromEntries(
          many(20).map((at): [string, JsonSchema] => [
            `d${at}`,
            at === 19
              ? { type: 'number' }
              : { anyOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
          ]),
        ),
      },
    ],
  ])('%s: refused within two seconds', (_, given, of) => {
    expect(cpuTimeOf(() => expect(read(given, of).ok).toBe(false))).toBeLessThan(2_000)
    expect(reasonOf(given, of).length).toBeLessThan(6_000)
  })
})

test('F009 the order of the fields is kept beside the schema', () => {
  const properties = { zip: { type: 'string' }, a: { type: 'string' }, mail: { type: 'string' } }
  const kind = { type: 'form' as const, schema: fields(properties), order: ['mail', 'gone', 'zip'] }
  expect(fieldNames(kind)).toEqual(['mail', 'zip', 'a'])
  expect(describeAnswer({ a: '1', zip: '2', mail: '3' }, kind, 'UTC')).toBe('mail: 3 · zip: 2 · a: 1')
  const ask = (id: string, answer: object) => ({ id, type: 'ask', question: '?', answer })
  const parsed = parseDefinition({
    name: 'W',
    type: 'output_focused',
    steps: [
      ask('one', { type: 'form', schema: fields(properties) }),
      { id: 'b', type: 'branch', cases: [{ when: '${true}', steps: [ask('two', kind)] }] },
      ask('three', { type: 'text' }),
    ],
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const kept = JSON.stringify(keepFieldOrder(parsed.definition))
  expect(kept).toContain('"order":["zip","a","mail"]')
  expect(kept).toContain('"order":["mail","zip","a"]')
  expect(JSON.stringify(parsed.definition)).toContain('"gone"')
})
