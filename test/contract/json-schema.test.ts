import fc from 'fast-check'
import type { Json } from '../../shared/contract/json.ts'
import { JsonSchema, schemaProblems } from '../../shared/contract/json-schema.ts'
import { cpuTimeOf } from '../harness/cpu-time.ts'

/** Why a schema is refused; undefined when it is accepted. */
const refusalOf = (schema: unknown): string | undefined =>
  JsonSchema.safeParse(schema).error?.issues[0]?.message

/** What is wrong with a value, by a schema that is accepted. */
function problems(schema: Record<string, unknown>, value: unknown) {
  expect(refusalOf(schema)).toBeUndefined()
  return schemaProblems(schema as JsonSchema, value as Json)
}

const list = <T>(length: number, make: (at: number) => T) => Array.from({ length }, (_, at) => make(at))
const map = <T>(length: number, make: (at: number) => [string, T]) => Object.fromEntries(list(length, make))

describe('problems', () => {
  test.each<[Record<string, unknown>, unknown, string, string]>([
    [{ type: 'string' }, 1, '', 'it must be text, but a number came'],
    [{ type: 'integer' }, 1.5, '', 'it must be a whole number, but 1.5 came'],
    [{ type: ['boolean', 'null'] }, 'x', '', 'it must be true or false or null, but text came'],
    [{ type: 'object', required: ['name'] }, {}, 'name', 'is needed'],
    [{ properties: { a: { required: ['b'] } } }, { a: {} }, 'a.b', 'is needed'],
    [{ properties: { a: { type: 'number' } } }, { a: 'x' }, 'a', 'must be a number, but text came'],
    [{ properties: { a: { items: { minimum: 3 } } } }, { a: [4, 2] }, 'a.1', 'must be at least 3, and is 2'],
    [
      { properties: { 'a/b~c': { type: 'number' } } },
      { 'a/b~c': 'x' },
      'a/b~c',
      'must be a number, but text came',
    ],
    [{ enum: ['a', 'b'] }, 'c', '', 'it must be one of "a", "b", but "c" came'],
    [{ enum: ['a', 'b'] }, {}, '', 'it must be one of "a", "b", but an object came'],
    [{ const: 1 }, 2, '', 'it must be 1, but 2 came'],
    [{ const: { a: 1 } }, 2, '', 'it must be {"a":1}, but 2 came'],
    [
      { additionalProperties: false, properties: { a: {} } },
      { b: 1 },
      'b',
      'is not known here: check the spelling, or leave it out',
    ],
    [
      { properties: { a: {} }, unevaluatedProperties: false },
      { b: 1 },
      'b',
      'is not known here: check the spelling, or leave it out',
    ],
    [{ pattern: '^a+$' }, 'b', '', 'it must match the pattern ^a+$'],
    [{ format: 'date' }, 'tomorrow', '', 'it must be a day such as 2026-03-01'],
    [{ format: 'email' }, 'nobody', '', 'it must be an e-mail address'],
    [{ format: 'ipv4' }, 'nobody', '', 'it must be of the format ipv4'],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      '',
      'it must not hold the same twice',
    ],
    [{ minLength: 3 }, '🙂🙂', '', 'it must have at least 3 characters, and has 2'],
    [{ maxItems: 1 }, [1, 2], '', 'it must have at most 1 item, and has 2'],
    [{ prefixItems: [{}], items: false }, [1, 2], '', 'it must have at most 1 item, and has 2'],
    [{ minProperties: 2 }, { a: 1 }, '', 'it must have at least 2 fields, and has 1'],
    [{ contains: { const: 1 } }, [2], '', 'it must hold at least 1 item of a certain kind'],
    [{ propertyNames: { maxLength: 1 } }, { long: 1 }, '', 'it has a name that does not fit: "long"'],
    [{ properties: { a: false } }, { a: 1 }, 'a', 'is not allowed here'],
    [{ not: { type: 'null' } }, null, '', 'it is not allowed'],
    [{ multipleOf: 0.5 }, 0.7, '', 'it must be a multiple of 0.5, and is 0.7'],
    [
      { if: { type: 'number' }, else: { minLength: 2 } },
      'a',
      '',
      'it must have at least 2 characters, and has 1',
    ],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, 'b', 'is needed where a is given'],
    [
      { anyOf: [{ type: 'string' }, { type: 'number' }] },
      true,
      '',
      'it must be text, but true came, or: must be a number, but true came',
    ],
    [
      { properties: { of: { oneOf: [{ properties: { kind: { const: 'a' } } }, { required: ['b'] }] } } },
      { of: { kind: 'c' } },
      'of',
      'kind must be "a", but "c" came, or: b is needed',
    ],
    [
      { oneOf: [{ type: 'number' }, { minimum: 1 }] },
      2,
      '',
      'it fits more than one of the shapes of which it must be one',
    ],
  ])('%j of %j: %j %s', (schema, value, path, message) => {
    expect(problems(schema, value)).toEqual([{ path, message }])
  })

  test.each<[Record<string, unknown>, unknown]>([
    [{}, null],
    [{ uniqueItems: true }, [1, '1', true, null, [1], { a: 1 }, { a: '1' }]],
    [{ uniqueItems: false }, [1, 1]],
    [{ properties: { a: { type: 'string' } }, unevaluatedProperties: false }, { a: 'x' }],
    [{ prefixItems: [{ type: 'string' }], items: { type: 'number' } }, ['a', 1]],
    [{ pattern: '(a+)+$' }, 'xa'],
    [{ format: 'date-time' }, '2026-11-25T09:30:00Z'],
    [{ format: 'somethingNobodyKnows' }, 'x'],
    [{ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'string' }, 'x'],
    [{ $id: 'https://a.example/b', $defs: { a: { type: 'string' } }, $ref: '#/$defs/a' }, 'x'],
    [{ $defs: { a: { $anchor: 'here', type: 'string' } }, $ref: '#here' }, 'x'],
    [
      {
        properties: {
          $ref: { type: 'string' },
          pattern: { type: 'string' },
          $data: {},
          enum: { type: 'number' },
        },
      },
      { $ref: 'x', enum: 1 },
    ],
    [
      { const: { $ref: 'http://a.example', 'parley-price': 1 } },
      { $ref: 'http://a.example', 'parley-price': 1 },
    ],
  ])('%j fits %j', (schema, value) => {
    expect(problems(schema, value)).toEqual([])
  })

  test('a tree, which refers to itself', () => {
    const tree = {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
      required: ['name'],
    }
    expect(problems(tree, { name: 'a', children: [{ name: 'b', children: [] }] })).toEqual([])
    expect(problems(tree, { name: 'a', children: [{ name: 'b', children: [{}] }] })).toEqual([
      { path: 'children.0.children.0.name', message: 'is needed' },
    ])
  })

  test('long lists of what is allowed are cut', () => {
    expect(problems({ enum: list(1_000, (at) => `value ${at}`) }, 'x')[0]?.message.length).toBeLessThan(400)
  })
})

describe('what is refused', () => {
  test.each<[unknown, string]>([
    [true, 'must be an object, but true came'],
    ['x', 'must be an object, but text came'],
    [[], 'must be an object, but a list came'],
    [{ $ref: 'http://a.example/schema' }, 'a $ref must stay inside the schema'],
    [{ $ref: 'other.json' }, 'a $ref must stay inside the schema'],
    [{ properties: { a: { items: { $ref: '//a.example' } } } }, 'a $ref must stay inside the schema'],
    [{ $ref: 1 }, 'a $ref must stay inside the schema'],
    [{ $ref: '#/const', const: { type: 'string' } }, 'and name a schema'],
    [{ $ref: '#/$defs/a/enum/0', $defs: { a: { enum: [{}] } } }, 'and name a schema'],
    [{ $ref: '#/$defs/nowhere' }, 'a $ref leads to #/$defs/nowhere, and nothing is there'],
    [{ maxLength: { $data: '1/a' } }, '$data is not available'],
    [{ $dynamicRef: '#a' }, '$dynamicRef is not available'],
    [{ items: { $dynamicAnchor: 'a' } }, '$dynamicAnchor is not available'],
    [{ $recursiveRef: '#' }, '$recursiveRef is not available'],
    [{ $async: true }, '$async is not available'],
    [{ $schema: 'http://json-schema.org/draft-07/schema#' }, 'not a JSON Schema (draft 2020-12)'],
    [{ type: 'text' }, 'type must be one of "array"'],
    [{ minLength: -1 }, 'minLength must be at least 0, and is -1'],
    [{ properties: [] }, 'properties must be an object, but a list came'],
    [{ required: 'a' }, 'required must be a list, but text came'],
    [{ pattern: '(' }, 'not a JSON Schema'],
    [{ pattern: '(?=a)b' }, 'not a JSON Schema'],
    [{ pattern: '(a)\\1' }, 'not a JSON Schema'],
    [{ patternProperties: { '(?<=a)b': {} } }, 'not a JSON Schema'],
    [{ pattern: 'a'.repeat(1_001) }, 'a pattern may have 1000 characters'],
    [{ pattern: '(abc{900}){1000}' }, 'the pattern is too large'],
    [{ $ref: '#' }, 'refers to itself without end'],
    [{ allOf: [{ $ref: '#' }] }, 'refers to itself without end'],
    [
      { $defs: { a: { $ref: '#/$defs/b' }, b: { anyOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' },
      'refers to itself without end',
    ],
    [{ type: 'object', not: { $ref: '#' } }, 'refers to itself without end'],
  ])('%j', (schema, why) => {
    expect(refusalOf(schema)).toContain(why)
  })

  const nested = (depth: number, inner: unknown = { type: 'string' }): unknown =>
    depth === 0 ? inner : { properties: { a: nested(depth - 1, inner) } }

  test.each<[string, unknown, unknown, string]>([
    ['20 levels', nested(19), nested(20), '20 levels deep'],
    ['500 schemas', { allOf: list(499, () => ({})) }, { allOf: list(500, () => ({})) }, '500 schemas inside'],
    ['lists of 1,000', { enum: list(1_000, (at) => at) }, { enum: list(1_001, (at) => at) }, '1000 items'],
    [
      '5,000 parts',
      map(5, (at) => [`x${at}`, list(990, () => 1)]),
      map(6, (at) => [`x${at}`, list(990, () => 1)]),
      '5000 parts',
    ],
    [
      '100,000 characters',
      { description: 'x'.repeat(99_000) },
      { description: 'x'.repeat(100_000) },
      '100000 characters',
    ],
  ])('more than %s', (_, fits, over, why) => {
    expect(refusalOf(fits)).toBeUndefined()
    expect(refusalOf(over)).toContain(why)
  })
})

describe('prototype keys', () => {
  test('are neither properties nor harmful', () => {
    const schema = JSON.parse(
      '{"properties": {"__proto__": {"type": "string"}, "constructor": {"type": "number"}}, "__proto__": {"type": "string"}}',
    )
    expect(refusalOf(schema)).toBeUndefined()
    expect(schemaProblems(schema, {})).toEqual([])
    expect(schemaProblems(schema, { constructor: 'x' })).toEqual([
      { path: 'constructor', message: 'must be a number, but text came' },
    ])
    expect(schemaProblems({ required: ['constructor', 'toString'] }, {})).not.toEqual([])
    expect(schemaProblems({ additionalProperties: false }, JSON.parse('{"__proto__": 1}'))).not.toEqual([])
    expect(({} as { type?: string }).type).toBeUndefined()
  })
})

describe('bombs', () => {
  const big = { properties: map(450, (at) => [`p${at}`, { type: 'string' }]) }
  /** `n` definitions, each naming the next one twice: 2ⁿ ways through a small schema. */
  const doubling = (n: number, how: string, last: unknown = { type: 'string' }) => ({
    $defs: map(n, (at) => [
      `d${at}`,
      at === n - 1 ? last : { [how]: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
    ]),
    $ref: '#/$defs/d0',
  })

  test.each<[string, unknown]>([
    ['references to something large', { $defs: { big }, anyOf: list(40, () => ({ $ref: '#/$defs/big' })) }],
    [
      'as many references as there may be',
      { $defs: { a: { type: 'string' } }, anyOf: list(497, () => ({ $ref: '#/$defs/a' })) },
    ],
    ['doubling anyOf', doubling(100, 'anyOf')],
    ['doubling allOf', doubling(100, 'allOf', {})],
    ['doubling oneOf', doubling(100, 'oneOf', {})],
    ['wide properties', big],
    [
      'wide oneOf',
      { unevaluatedProperties: false, oneOf: list(240, (at) => ({ properties: { [`a${at}`]: {} } })) },
    ],
    [
      'nested unevaluated',
      list(9, (at) => at).reduce<unknown>(
        (inner, at) => ({
          unevaluatedProperties: false,
          unevaluatedItems: false,
          allOf: [inner, { properties: map(40, (n) => [`q${at}${n}`, {}]) }],
        }),
        {},
      ),
    ],
    [
      'deep allOf',
      list(9, () => 0).reduce<unknown>((inner) => ({ allOf: [inner, inner] }), { minLength: 1 }),
    ],
    ['patterns', { patternProperties: map(490, (at) => [`^a{0,900}${at}`, {}]) }],
    ['dependentRequired', { dependentRequired: map(900, (at) => [`k${at}`, ['a', 'b', 'c']]) }],
    ['huge enums', { allOf: list(4, () => ({ enum: list(990, (at) => ({ at })) })) }],
    [
      'if in if',
      list(18, () => 0).reduce<unknown>(
        (inner) => ({ if: inner, else: { anyOf: [{ maxLength: 9 }, { minLength: 1 }] } }),
        {},
      ),
    ],
    ['deep nesting', JSON.parse(`${'{"not":'.repeat(90)}{}${'}'.repeat(90)}`)],
    [
      'formats',
      {
        allOf: list(490, (at) => ({
          format: ['email', 'uri', 'date-time', 'regex', 'hostname', 'uri-template', 'ipv6'][at % 7],
        })),
      },
    ],
  ])('%s: accepted or refused within a second', (_, schema) => {
    expect(cpuTimeOf(() => refusalOf(schema))).toBeLessThan(1_000)
  })

  const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: deep(depth - 1) })
  const twice = { properties: { a: { $ref: '#' } }, required: ['a'] }

  test.each<[string, Record<string, unknown>, unknown]>([
    [
      'ways that double with the depth of the value',
      {
        anyOf: [
          { ...twice, minProperties: 2 },
          { ...twice, minProperties: 2 },
          { ...twice, minProperties: 3 },
        ],
      },
      deep(60),
    ],
    ['ways that double and fail at the end', { anyOf: [{ type: 'string' }, twice, twice] }, deep(60)],
    ['a value deeper than the stack', { properties: { a: { $ref: '#' } } }, deep(3_000)],
    ['unique objects', { uniqueItems: true }, list(60_000, (at) => ({ at }))],
    [
      'unique copies of large lists',
      { uniqueItems: true },
      list(100, (at) => [...list(9_000, (n) => n), at]),
    ],
    [
      'many looks at each item',
      { items: { allOf: list(400, (at) => ({ minimum: -at })) } },
      list(100_000, (at) => at),
    ],
    [
      'many ways to miss',
      { items: { anyOf: list(400, () => ({ type: 'string' })) } },
      list(100_000, (at) => at),
    ],
    ['many comparisons', { items: { enum: list(990, (at) => ({ at })) } }, list(50_000, () => ({ at: -1 }))],
    ['a long text counted often', { anyOf: list(490, () => ({ maxLength: 1 })) }, 'x'.repeat(1_000_000)],
    [
      'a long text matched often',
      { anyOf: list(490, (at) => ({ pattern: `(a|x)*a(a|x){20}${at}$` })) },
      'x'.repeat(1_000_000),
    ],
    [
      'evil patterns',
      { allOf: ['(a+)+$', '(a|aa)+$', '(.*)*b', '([a-z]+)*!$'].map((pattern) => ({ not: { pattern } })) },
      `${'a'.repeat(100_000)}?`,
    ],
    ...[
      'date-time',
      'date',
      'time',
      'duration',
      'uri',
      'uri-reference',
      'uri-template',
      'email',
      'hostname',
      'ipv4',
      'ipv6',
      'regex',
      'uuid',
      'json-pointer',
      'byte',
      'iso-date-time',
    ].flatMap((format) =>
      ['a', 'a.', ':', '1:', '%20', '@', 'a@', '-', '/', '{', '(', '['].map(
        (piece): [string, Record<string, unknown>, unknown] => [
          `the format ${format} of ${piece}${piece}${piece}…`,
          { format },
          `${piece.repeat(100_000 / piece.length)}\n`,
        ],
      ),
    ),
    [
      'many formats of a long text',
      { anyOf: list(490, (at) => ({ format: ['email', 'uri', 'hostname', 'ipv6'][at % 4] })) },
      'a'.repeat(1_000_000),
    ],
  ])('%s: an answer within a second', (_, schema, value) => {
    if (refusalOf(schema) === undefined)
      expect(cpuTimeOf(() => schemaProblems(schema as JsonSchema, value as Json))).toBeLessThan(1_000)
  })

  test('a megabyte of honest values goes through', () => {
    const order = {
      type: 'object',
      required: ['id', 'lines'],
      properties: {
        id: { type: 'string', format: 'uuid' },
        lines: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              sku: { type: 'string', pattern: '^[A-Z]{3}-[0-9]{4}$' },
              count: { type: 'integer', minimum: 1 },
            },
          },
        },
      },
    }
    const orders = list(400, () => ({
      id: '7d444840-9dc0-11d1-b245-5ffdce74fad2',
      lines: list(50, () => ({ sku: 'ABC-1234', count: 2 })),
    }))
    expect(problems({ type: 'array', items: order }, orders)).toEqual([])
  })

  test('neither parsing nor checking ever throws', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'items',
      'allOf',
      'anyOf',
      '$ref',
      '$defs',
      'enum',
      'const',
      'pattern',
      'required',
      'not',
      'if',
      'then',
      '$id',
      '$anchor',
      'format',
      'minLength',
      'uniqueItems',
      '__proto__',
      'x',
    )
    const leaf = fc.constantFrom<unknown>(
      'string',
      'object',
      '#',
      '#/$defs/x',
      '#/properties/x',
      '(a',
      'a+',
      1,
      -1,
      true,
      null,
      ['x'],
      'date',
    )
    const { schema } = fc.letrec((tie) => ({
      schema: fc.dictionary(
        keyword,
        fc.oneof(
          { maxDepth: 4, withCrossShrink: true },
          leaf,
          tie('schema'),
          fc.array(tie('schema'), { maxLength: 3 }),
        ),
        { maxKeys: 4 },
      ),
    }))
    fc.assert(
      fc.property(schema, fc.jsonValue(), (given, value) => {
        const { data } = JsonSchema.safeParse(given)
        if (data) expect(Array.isArray(schemaProblems(data, value as Json))).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})
