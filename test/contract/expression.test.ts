import fc from 'fast-check'
import { Refusal } from '../../shared/contract/errors.ts'
import { absent, compile, type Scope } from '../../shared/contract/expression.ts'
import { cpuTimeOf } from '../harness/cpu-time.ts'

const scope = {
  a: 7,
  b: 2,
  i: 1,
  l: [1, 2, 3],
  s: 'text',
  o: { p: 4, items: [1.5, 2] },
  nothing: null,
  missing: absent,
  t: '2026-01-01T10:30:00Z',
}
const evaluate = (source: string, given: Scope = scope) => compile(source).evaluate(given)

/** What an expression is refused with, at save or when it runs. */
function refusalOf(source: string, given: Scope = scope): Refusal | undefined {
  try {
    evaluate(source, given)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

describe('numbers', () => {
  test.each([
    ['a + 1', 8],
    ['1 + a', 8],
    ['a - 1', 6],
    ['2 * a', 14],
    ['7 / 2', 3.5],
    ['a / 2', 3.5],
    ['-a / 2', -3.5],
    ['a / -2', -3.5],
    ['a % 2', 1],
    ['7 % 2', 1],
    ['size(l) / 2', 1.5],
    ['l.size() / size(l)', 1],
    ['(l).size() / 2', 1.5],
    ['a / b / 2', 1.75],
    ['a / (b / 2)', 7],
    ['(a + b) / (b)', 4.5],
    ['( a + b ) / ( b / 4 ) / 2', 9],
    ['(o).p / 8', 0.5],
    ['(true ? o : o).p / 8', 0.5],
    ['(o.items)[0] / 2', 0.75],
    ['(l + l)[5] / 2', 1.5],
    ['a // b\n / 2', 3.5],
    ['a > 5 ? 1 / 2 : 2', 0.5],
    ['a > 5 ? 1 : 0.5', 1],
    ['(a > 9 ? 1 : 3) / 2', 1.5],
    ['1 / (a > 5 ? 4 : 2.5)', 0.25],
    ['size(l) / 2 == 1.5', true],
    ['6 / 2 == 3', true],
    ['size(l) == 3.0', true],
    ['1 == 1.0', true],
    ['a == 7', true],
    ['7.0 in [7]', true],
    ['size(l) in [3]', true],
    ['10000000000 * 10000000000', 1e20],
    ['l[i]', 2],
    ['l[a - 6]', 2],
    ['[5, 6][size(l) - 2]', 6],
    ['"a,b".split(",")[1]', 'b'],
    ['{1: "x"}[1]', 'x'],
    ['s.substring(1, b)', 'e'],
    ['s.substring(size(l))', 't'],
    ['s.indexOf("t", 1)', 3],
    ['string(a / 2) + "!"', '3.5!'],
    ['string(a + 1)', '8'],
    ['int(a / 2)', 3],
    ['3u', 3],
  ])('numbers are doubles: %s is %j', (source, expected) => {
    expect(evaluate(source)).toEqual(expected)
  })

  test.each([
    ['l.map(x, x / 2)', [0.5, 1, 1.5]],
    ['l.map(x, (x) / (4))', [0.25, 0.5, 0.75]],
    ['l.map(x, x / 2 > 0.5, x / 2)', [1, 1.5]],
    ['l.filter(x, 3 / x < 2)', [2, 3]],
    ['l.exists(x, x / 2 == 1)', true],
    ['l.all(x, 1 / x > 0.5)', false],
    ['l.map(x, l.map(y, x / y)[1])', [0.5, 1, 1.5]],
    ['cel.bind(half, a / 2, half / 2)', 1.75],
  ])('division stays real inside a macro: %s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected)
  })

  test('arithmetic on any two doubles is JavaScript’s, or refused where that gives no number', () => {
    const compute: Record<string, (a: number, b: number) => number> = {
      '+': (a, b) => a + b,
      '-': (a, b) => a - b,
      '*': (a, b) => a * b,
      '/': (a, b) => a / b,
    }
    const number = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(number, number, fc.constantFrom('+', '-', '*', '/'), (x, y, sign) => {
        const expected = compute[sign]?.(x, y) as number
        if (Number.isFinite(expected)) expect(evaluate(`x ${sign} y`, { x, y })).toBe(expected)
        else expect(refusalOf(`x ${sign} y`, { x, y })?.message).toContain('divided by 0')
      }),
    )
  })

  test.each(['a / 0', '0 / 0', 'a * 1e308 * 1e308', 'double("nan")', '[1 / 0]'])(
    '%s is refused: JSON has no such number',
    (source) => {
      expect(refusalOf(source)).toMatchObject({
        code: 'ExpressionFailed',
        message: expect.stringContaining('is something divided by 0?'),
      })
    },
  )
})

describe('values', () => {
  test.each([
    ['s', 'text'],
    ['o', { p: 4, items: [1.5, 2] }],
    ['l', [1, 2, 3]],
    ['nothing', null],
    ['[1, "x", null, {"k": true}]', [1, 'x', null, { k: true }]],
    ['timestamp(t)', '2026-01-01T10:30:00.000Z'],
    ['timestamp(t).getHours("Europe/Oslo")', 11],
    ['timestamp(0)', '1970-01-01T00:00:00.000Z'],
    ['duration("90m")', 'PT5400S'],
    ['optional.of(3)', 3],
    ['optional.none()', null],
    ['true ? null : "a"', null],
    ['a > 5 ? "many" : 0', 'many'],
  ])('%s is plain JSON', (source, expected) => {
    expect(evaluate(source)).toEqual(expected)
  })

  test.each(['type(a)', 'b"abc"', 'bytes(s)', 'google', 'cel', 'double'])(
    '%s is no value of JSON and says so',
    (source) => {
      expect(refusalOf(source)).toMatchObject({
        code: 'ExpressionFailed',
        message: expect.stringContaining('no value of JSON'),
      })
    },
  )

  test('the types of CEL may be named', () => {
    expect(evaluate('type(a) == double && type(s) == string && type(l) == list')).toBe(true)
    expect([...compile('type(a) == double').roots.keys()]).toEqual(['a'])
  })
})

describe('results that do not exist', () => {
  test.each([
    ["missing.?text.orValue('n')", 'n'],
    ["missing.?text.?more.orValue('n')", 'n'],
    ["missing[?'text'].orValue('n')", 'n'],
    ["missing.orValue('n')", 'n'],
    ['missing.hasValue()', false],
    ["missing.or(optional.of('n')).value()", 'n'],
    ["missing.or(s).orValue('n')", 'text'],
    ["missing.or(missing).orValue('n')", 'n'],
    ['missing.?text.or(missing.or(l[?0])).orValue(0)', 1],
    ["missing.?text.or(o.p).orValue('n')", 4],
    ['s.or(missing)', 'text'],
    ['missing.or(missing)', null],
    ["nothing.?text.orValue('n')", 'n'],
    ['missing', null],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected)
  })

  test.each([
    ["s.orValue('n')", 'text'],
    ['s.hasValue()', true],
    ["s.?text.orValue('n')", 'text'],
    ['o.?p.orValue(0)', 4],
    ["o.?text.orValue('n')", 'n'],
    ['l[?7].orValue(0)', 0],
    ['l[?0].orValue(0)', 1],
  ])('%s reads one that does, whether it is a text or an object', (source, expected) => {
    expect(evaluate(source)).toEqual(expected)
  })
})

describe('roots', () => {
  const rootsOf = (source: string) =>
    Object.fromEntries([...compile(source).roots].map(([root, { guarded }]) => [root, guarded]))

  test.each([
    ['1 + 2', {}],
    ['a + b.c.d', { a: false, b: false }],
    ['a.?b.orValue(c)', { a: true, c: false }],
    ["a.orValue('')", { a: true }],
    ["a.or(b).orValue('')", { a: true, b: true }],
    ["a.?x.or(b.?y.or(c)).orValue('')", { a: true, b: true, c: true }],
    ["a.or(b.c).orValue('')", { a: true, b: false }],
    ['a.or(b).orValue(b)', { a: true, b: false }],
    ['a.hasValue() ? a.b : c', { a: false, c: false }],
    ['a.hasValue() && a.?b.hasValue()', { a: true }],
    ['a[?b]', { a: true, b: false }],
    ['a[b]', { a: false, b: false }],
    ['[a.?b, a.c]', { a: false }],
    ['[a.c, a.?b]', { a: false }],
    ['a.b.?c', { a: false }],
    ['{k: v, "x": {w: 1}}', { k: false, v: false, w: false }],
    ['[a, [b]]', { a: false, b: false }],
    ['l.map(x, x + a)', { l: false, a: false }],
    ['l.map(x, x.ok, x.name)', { l: false }],
    ['l.filter(x, x > 1).map(y, x + y)', { l: false, x: false }],
    ['l.map(x, m.map(y, x + y + z))', { l: false, m: false, z: false }],
    ['x.map(x, x)', { x: false }],
    ['cel.bind(x, x + 1, x + a)', { x: false, a: false }],
    ['[size(a), re(b, c)]', { a: false, b: false, c: false }],
    ['has(a.b)', { a: false }],
    ['-a > 0 || !b', { a: false, b: false }],
    ['optional.of(a).orValue(b)', { a: false, b: false }],
    ['optional.none().orValue(b)', { b: false }],
  ])('%s names %j', (source, expected) => {
    expect(rootsOf(source)).toEqual(expected)
  })
})

describe('what a scope inherits', () => {
  test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf', '__defineGetter__'])(
    '%s names no root',
    (name) => {
      expect(refusalOf(name)).toBeInstanceOf(Refusal)
      expect(refusalOf(`[${name}]`)).toBeInstanceOf(Refusal)
      expect(refusalOf(`type(${name})`)).toBeInstanceOf(Refusal)
    },
  )

  test.each(['constructor', 'toString', '__proto__', 'length', 'map'])(
    '.%s of a value gives nothing',
    (name) => {
      for (const root of ['o', 's', 'l', 'a', 'nothing']) {
        expect(refusalOf(`${root}.${name}`)).toBeInstanceOf(Refusal)
        expect(refusalOf(`${root}["${name}"]`)).toBeInstanceOf(Refusal)
        expect(evaluate(`${root}[?"${name}"].orValue("none")`)).toBe('none')
      }
      expect(evaluate(`has(o.${name}) || "${name}" in o`)).toBe(false)
    },
  )

  test('maps written with such keys stay harmless', () => {
    expect(evaluate('{"__proto__": {"p": 1}, "k": 2}')).toEqual({ k: 2 })
    expect(refusalOf('{"__proto__": {"p": 1}}.p')).toBeInstanceOf(Refusal)
    expect(({} as { p?: number }).p).toBeUndefined()
    const hostile = JSON.parse('{"__proto__": {"p": 1}, "k": 2}')
    expect(evaluate('h.k', { h: hostile })).toBe(2)
    expect(evaluate('h.?p.orValue(0)', { h: hostile })).toBe(0)
    expect(Object.getPrototypeOf(evaluate('h', { h: hostile }))).toBe(Object.prototype)
  })
})

describe('limits at save', () => {
  test('4,000 characters', () => {
    expect(evaluate(`"${'x'.repeat(3_998)}"`)).toHaveLength(3_998)
    expect(refusalOf(`"${'x'.repeat(3_999)}"`)).toMatchObject({
      code: 'Invalid',
      message: 'an expression may have 4000 characters, this one has 4001',
    })
  })

  test('500 nodes', () => {
    expect(evaluate(Array(250).fill('1').join('+'))).toBe(250)
    expect(refusalOf(Array(251).fill('1').join('+'))).toMatchObject({
      code: 'Invalid',
      message: expect.stringContaining('500'),
    })
  })

  test.each([
    ['s.matches("a")'],
    ['l.exists(x, s.matches("a"))'],
    ['l.map(x, x).filter(y, "a".matches(y))'],
    ['(s.matches("a") ? 1 : 2) / 2'],
    ['{"k": [s.matches("a")]}'],
    ['o[s.matches("a") ? "p" : "q"]'],
    ['s.trim().lowerAscii().matches("a")'],
    ['size([s.matches("a")])'],
    ['!s.matches("a")'],
    ['cel.bind(x, s.matches("a"), x)'],
    ['missing.?text.orValue("").matches("a")'],
    ['s.matches("a").matches("b")'],
  ])('matches is refused wherever it stands: %s', (source) => {
    expect(refusalOf(source)).toMatchObject({
      code: 'Invalid',
      message: 'matches is not available: write re(text, pattern), which takes linear time',
    })
  })

  test.each([
    '',
    '1 +',
    'a b',
    'a = 1',
    'if a then b',
    'foo(1)',
    'a.foo()',
    '1 + "a"',
    '!1',
    'size()',
    'return',
    'l.map(1, 2)',
    'l.map(x)',
    '"\\ud800"',
  ])('what cannot work for any values is refused: %j', (source) => {
    expect(() => compile(source)).toThrow(Refusal)
    expect(refusalOf(source)).toMatchObject({
      code: 'Invalid',
      message: expect.stringMatching(/^\$\{.*\} is not an expression: ./),
    })
  })

  test.each([
    ['lone surrogates', '\ud800 + \udfff'],
    ['NUL', 'a + \u0000'],
    ['NUL in a text', '"\u0000" + a'],
    ['open brackets', '('.repeat(4_000)],
    ['open lists', '['.repeat(3_999)],
    ['open maps', '{1:'.repeat(1_300)],
    ['not, not, not', `${'!'.repeat(3_998)}a`],
    ['minus', `${'-'.repeat(3_998)}a`],
    ['ternaries', `${'a?'.repeat(1_000)}1${':1'.repeat(1_000)}`],
    ['a chain of fields', `a${'.b'.repeat(1_900)}`],
    ['a chain of calls', `a${'.trim()'.repeat(500)}`],
    ['100,000 characters', 'a+'.repeat(50_000)],
    ['an unclosed text', `"${'\\'.repeat(3_000)}`],
    ['a huge number', '9'.repeat(3_900)],
    ['line breaks', `a${'\n'.repeat(3_900)}+`],
  ])('hostile input is refused quickly: %s', (_, source) => {
    let refused: Refusal | undefined
    expect(cpuTimeOf(() => (refused = refusalOf(source)))).toBeLessThan(200)
    expect(refused).toBeInstanceOf(Refusal)
    expect(refused?.message.length).toBeLessThan(700)
  })

  test('nothing but a Refusal is ever thrown, and what is given is plain JSON', () => {
    const word = fc.constantFrom(
      ...'a b l s o nothing missing 1 2.5 "x" true null ( ) [ ] { } , . .? [? ? : + - * / % == != < > && || ! in size map filter exists has re matches x orValue hasValue text cel.bind \n // \' " \\ # $ é 🙂 \ud800 \u0000 __proto__'.split(
        ' ',
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60, unit: 'binary' }),
          fc.array(word, { maxLength: 14 }).map((words) => words.join(' ')),
        ),
        (source) => {
          let value: unknown
          try {
            value = evaluate(source)
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal)
            return
          }
          expect(JSON.parse(JSON.stringify(value))).toEqual(value)
        },
      ),
      { numRuns: 3_000 },
    )
  })
})

describe('cost', () => {
  const many = Array.from({ length: 10_000 }, (_, at) => at)
  const large = {
    l: many,
    s: 'x'.repeat(100_000),
    o: many.map((id) => ({ id, name: `n${id}`, p: { q: id } })),
    m: Object.fromEntries(many.map((id) => [`k${id}`, id])),
    big: Array.from({ length: 200_000 }, (_, at) => at),
    t: '2026-01-01T00:00:00Z',
  }

  test.each([
    ['l.map(a, l.map(b, l.map(c, 1)))'],
    ['l.map(a, l.map(b, 1))'],
    ['l.all(a, l.all(b, l.all(c, true)))'],
    ['l.exists(a, l.exists(b, l.exists(c, false)))'],
    ['l.exists(a, l.exists(b, l.exists(c, false))) || true'],
    ['l.exists(a, big.exists(b, a.foo))'],
    ['big.exists(a, a.foo == 1)'],
    [`[s]${'.map(x, x + x)'.repeat(40)}`],
    [`[l]${'.map(x, x + x)'.repeat(40)}`],
    ['cel.bind(a,[l,l,l,l,l,l,l,l],cel.bind(b,[a,a,a,a,a,a,a,a],cel.bind(c,[b,b,b,b,b,b,b,b],[c,c,c,c])))'],
    ['l.map(a, s).join()'],
    ['l.map(a, s.split(""))'],
    ['l.all(a, !((a + 0.5) in l))'],
    ['o.all(a, a in o)'],
    ['o.all(a, o == o.map(x, x))'],
    ['l.map(a, timestamp(t).getHours("Europe/Oslo"))'],
    ['l.map(a, size(s))'],
    ['l.map(a, s.contains("y"))'],
    ['l.map(a, m)'],
    ['l.all(a, size(m) > 1)'],
    ['l.map(a, re("x", "a{0,900}" + string(a)))'],
    ['l.exists(a, re(s, "(a|x)*a(a|x){200}$"))'],
  ])('%s over lists of 10,000 is stopped within a second', (source) => {
    let refused: Refusal | undefined
    expect(cpuTimeOf(() => (refused = refusalOf(source, large)))).toBeLessThan(1_000)
    expect(refused).toMatchObject({ code: 'ExpressionFailed' })
  })

  test.each([
    ['o.filter(x, x.id > 500 && x.name != "n7").map(x, x.name + "!")', 9_499],
    ['o.map(x, x.p.q / size(o))', 10_000],
    ['l.filter(a, re("n" + string(a), "^n1[0-9]*$"))', 1_111],
    ['[1, 2, 3].map(a, l.filter(b, b < 50).map(c, a * c))', 3],
  ])('%s is honest work and goes through', (source, length) => {
    expect(evaluate(source, large)).toHaveLength(length)
  })

  test('one evaluation does not pay for another', () => {
    expect(refusalOf('l.map(a, l.map(b, 1))', large)).toBeInstanceOf(Refusal)
    expect(evaluate('l.map(a, a)', large)).toHaveLength(10_000)
  })

  test('the same expression is stopped at the same size, whatever ran before', () => {
    const passes = (size: number) =>
      refusalOf('l.exists(a, re(string(a) + s, "^n1[0-9]{51}$"))', {
        l: many.slice(0, size),
        s: large.s.slice(0, 1_000),
      }) === undefined
    const stopsAt = () => {
      let [low, high] = [0, 10_000]
      while (high - low > 1) {
        const middle = (low + high) >> 1
        if (passes(middle)) low = middle
        else high = middle
      }
      return high
    }
    const first = stopsAt()
    expect(first).toBeLessThan(1_000)
    for (let at = 0; at < 300; at++) evaluate('re("x", pattern)', { pattern: `pattern ${at}` })
    expect(stopsAt()).toBe(first)
  })
})

describe('re', () => {
  test.each([
    ['re("invoice 12", "^inv.*[0-9]{2}$")', true],
    ['re("an invoice", "^inv")', false],
    ['re("Ärger", "(?i)^ä")', true],
    ['re("a\\nb", "a.b")', false],
    ['re("7d444840-9dc0-11d1-b245-5ffdce74fad2", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")', true],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    '(a+)+$',
    '(a|a)*$',
    '(.*)*b',
    '(a|aa)+$',
    '([a-zA-Z]+)*$',
    '(x+x+)+y',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
  ])('%s takes linear time', (pattern) => {
    const text = `${'a'.repeat(20_000)}!`
    expect(cpuTimeOf(() => evaluate('re(text, pattern)', { text, pattern }))).toBeLessThan(1_000)
  })

  test.each([
    ['(', 'missing closing'],
    ['(?=a)', 'unsupported'],
    ['(a)\\1', 'invalid escape'],
    ['a'.repeat(1_001), '1,000 characters'.replace(',', '')],
    ['(abc{900}){1000}', 'too large'],
    ['a{0,1000}'.repeat(100), 'too large'],
    [`(x[)]${'b'.repeat(400)}){500}`, 'too large'],
    [`(\\(${'b'.repeat(400)}){500}`, 'too large'],
    [`(\\Q(\\E${'b'.repeat(400)}){500}`, '\\Q is not available'],
  ])('the pattern %s is refused', (pattern, why) => {
    expect(
      cpuTimeOf(() => expect(refusalOf('re("x", pattern)', { pattern })?.message).toContain(why)),
    ).toBeLessThan(300)
  })
})

it.each([
  ['formatNumber(315360)', '315,360'],
  ['formatNumber(1234567.891)', '1,234,567.89'],
  ['formatNumber(-1000)', '-1,000'],
  ['formatNumber(12)', '12'],
  ['formatNumber(0.5)', '0.5'],
])('%s reads %s', (source, expected) => {
  expect(compile(source).evaluate({})).toBe(expected)
})

it('formatDate reads a date as people write it, and refuses what is none', () => {
  expect(compile("formatDate('2026-11-07')").evaluate({})).toBe('7 November 2026')
  expect(compile('formatDate(day)').evaluate({ day: '2026-12-01T15:30:00+01:00' })).toBe('1 December 2026')
  expect(() => compile('formatDate(day)').evaluate({ day: 'Friday' })).toThrow(Refusal)
})

test.each([
  ['input.team', { input: { team: 'x', constructor: 'McLaren' } }, 'x'],
  ['input.constructor', { input: { constructor: 'McLaren' } }, 'McLaren'],
  ['input.list.map(d, d.driver)', { input: { list: [{ driver: 'N', constructor: 'M' }] } }, ['N']],
  [
    'input',
    { input: { constructor: 1, a: [{ constructor: 2 }] } },
    { constructor: 1, a: [{ constructor: 2 }] },
  ],
  ['input.?x.orValue(3)', { input: { constructor: 1 } }, 3],
])('%s reads data that has a key "constructor"', (source, scope, value) => {
  expect(compile(source).evaluate(scope)).toEqual(value)
})
