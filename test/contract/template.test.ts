import fc from 'fast-check'
import { Refusal } from '../../shared/contract/errors.ts'
import { absent } from '../../shared/contract/expression.ts'
import {
  expressionsIn,
  Placeholder,
  parseTemplate,
  renderAll,
  renderTemplate,
  rootsIn,
  stringify,
  Template,
  Wording,
} from '../../shared/contract/template.ts'
import { cpuTimeOf } from '../harness/cpu-time.ts'

const scope = {
  a: 7,
  s: 'text',
  l: [1, 2],
  o: { p: { q: 'deep' } },
  f: false,
  nothing: null,
  missing: absent,
}

describe('rendering', () => {
  test.each([
    ['plain', 'plain'],
    ['', ''],
    ['{a} $ $a {', '{a} $ $a {'],
    ['a is ${a}', 'a is 7'],
    ['${s}${a}', 'text7'],
    ['${s} and ${ o.p.q }!', 'text and deep!'],
    ['half: ${a / 2}', 'half: 3.5'],
    ['list: ${l}, map: ${o}', 'list: [1,2], map: {"p":{"q":"deep"}}'],
    ['[${nothing}${missing}]', '[]'],
    ['${f} ${true}', 'false true'],
    ['$${a}', '${a}'],
    ['$${', '${'],
    ['$$${a}', '$${a}'],
    ['$${a} is ${a}, $${b}', '${a} is 7, ${b}'],
    ['${a}$${a}', '7${a}'],
    ['${"$" + "{a}"}!', '${a}!'],
    ['${ {"k": {"n": a}}.k.n }!', '7!'],
    ['${"}"}!', '}!'],
    ['${\'}\' + "{"}!', '}{!'],
    ['${"it\'s \\"}\\" "}!', 'it\'s "}" !'],
    ["${'''it's } '''}!", "it's } !"],
    ['${"""a "quoted" }"""}!', 'a "quoted" }!'],
    ["${''}!", '!'],
    ['${[1, 2].map(x, {"v": x})[0].v}!', '1!'],
    ['line\n${a}\n', 'line\n7\n'],
    ['é🙂${s}🙂', 'é🙂text🙂'],
  ])('%j reads %j', (template, expected) => {
    expect(renderTemplate(template, scope)).toBe(expected)
  })

  test.each([
    ['${a}', 7],
    ['${ a }', 7],
    ['${l}', [1, 2]],
    ['${o.p}', { q: 'deep' }],
    ['${f}', false],
    ['${nothing}', null],
    ['${missing}', null],
    ['${a > 5}', true],
    ['${{"k": a}}', { k: 7 }],
  ])('%s is one placeholder and keeps the type of its value', (template, expected) => {
    expect(renderTemplate(template, scope)).toEqual(expected)
  })

  test('values inside a text are put by the caller’s rule', () => {
    expect(renderTemplate('see ${l}', scope, () => 'the list')).toBe('see the list')
  })

  test('every text inside a value is rendered, names and the rest stay', () => {
    const value = { '${a}': '${a}', list: ['${s}', 1, null, { deep: 'is ${a}' }], on: true }
    expect(renderAll(value, scope)).toEqual({
      '${a}': 7,
      list: ['text', 1, null, { deep: 'is 7' }],
      on: true,
    })
    const hostile = renderAll(JSON.parse('{"__proto__": {"x": "${a}"}}'), scope)
    expect(JSON.stringify(hostile)).toBe('{"__proto__":{"x":7}}')
    expect((hostile as { x?: number }).x).toBeUndefined()
  })

  test('text without placeholders stays as it is, and a value is never rendered twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(renderTemplate('${t}', { t: text })).toBe(text)
        expect(renderTemplate('<${t}>', { t: text })).toBe(`<${text}>`)
        expect(renderTemplate(text.replaceAll('${', '$${'), {})).toBe(text)
      }),
    )
  })

  test.each([
    [null, ''],
    ['', ''],
    [0, '0'],
    [1.5, '1.5'],
    [false, 'false'],
    [[1, 'a'], '[1,"a"]'],
    [{ k: null }, '{"k":null}'],
  ])('%j reads %j inside a text', (value, expected) => {
    expect(stringify(value)).toBe(expected)
  })
})

describe('what is refused', () => {
  test.each(['${', '${a', '${"}', 'x ${a} ${', '${{}', '${a + }', '${}', '${ }', '${a b}', "${'}"])(
    '%s is not a template',
    (template) => {
      expect(() => parseTemplate(template)).toThrow(Refusal)
      expect(Template.safeParse(template).success).toBe(false)
    },
  )

  test('over 100 KB', () => {
    expect(Template.safeParse('x'.repeat(100_000)).success).toBe(true)
    expect(Template.safeParse('x'.repeat(100_001)).error?.issues[0]?.message).toBe(
      'a template may have 100000 characters, this one has 100001',
    )
  })

  test.each([
    ['open placeholders', '${'.repeat(50_000)],
    ['open texts', '${"'.repeat(30_000)],
    ['literal ones', '$${'.repeat(33_000)],
    ['dollars', '$'.repeat(100_000)],
    ['NUL', '${\u0000}'],
    ['lone surrogates', '${\ud800}'],
    ['nested', '${{1:'.repeat(20_000)],
  ])('hostile templates take no time: %s', (_, template) => {
    const parseTwice = () => [Template.safeParse(template), Placeholder.safeParse(template)]
    expect(cpuTimeOf(parseTwice)).toBeLessThan(500)
  })

  test('wording must say something', () => {
    expect(Wording.safeParse('  ').error?.issues[0]?.message).toBe('must not be empty')
  })

  test.each(['amount > 100', 'yes: ${a}', '${a}${a}', ' ${a}', '$${a}', 'true', ''])(
    '%j is no whole placeholder',
    (template) => {
      expect(Placeholder.safeParse(template).error?.issues[0]?.message).toBe(
        'write one whole placeholder, for example "${amount > 100}"',
      )
    },
  )

  test.each(['${a > 100}', '${ a }', '${"}" == s}'])('%s is one', (template) => {
    expect(Placeholder.safeParse(template).success).toBe(true)
  })

  test('nothing but a Refusal is thrown, by parsing or by rendering', () => {
    const piece = fc.constantFrom(
      '${',
      '}',
      '$',
      '{',
      '"',
      "'",
      '\\',
      'a',
      's',
      ' ',
      '+',
      '.',
      '?',
      '[',
      ']',
      '\n',
      '🙂',
      '\ud800',
      '//',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          renderTemplate(pieces.join(''), scope)
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('what a template names', () => {
  test('every expression of a value, also deep inside', () => {
    expect(
      expressionsIn({ a: '${x} ${y.z}', b: [{ c: '${x + 1}' }], d: 4, e: '$${no}' }).map(
        ({ source }) => source,
      ),
    ).toEqual(['x', 'y.z', 'x + 1'])
  })

  test('its roots', () => {
    expect([...rootsIn(['${input.a} ${variables.b}', { c: '${l.map(x, x + y)}' }])]).toEqual([
      'input',
      'variables',
      'l',
      'y',
    ])
  })
})
