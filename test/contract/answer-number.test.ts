import { type AnswerKind, describeAnswer, readAnswer } from '../../shared/contract/answer.ts'

const read = (given: unknown, limits: object = {}) =>
  readAnswer(given, { type: 'number', ...limits } as AnswerKind, '2026-11-25T09:30:00Z', 'Europe/Oslo')

describe('numbers in words', () => {
  test.each<[string, number]>([
    ['12', 12],
    ['12k', 12_000],
    ['ten k', 10_000],
    ['1.5m', 1_500_000],
    ['1,5 Mio', 1_500_000],
    ['2 million', 2_000_000],
    ['2 million 500 thousand', 2_500_000],
    ['1.4 million NOK', 1_400_000],
    ['3 bn', 3_000_000_000],
    ['12 lakh', 1_200_000],
    ['1,250.50', 1250.5],
    ['1.250,50', 1250.5],
    ['1 250,5', 1250.5],
    ['1\u00a0250\u00a0000', 1_250_000],
    ["1'250", 1250],
    ['12,34,567', 1_234_567],
    ['1,234', 1234],
    ['1.234', 1.234],
    ['12.000', 12_000],
    ['0,125', 0.125],
    ['.5', 0.5],
    ['1e5', 100_000],
    ['12 %', 12],
    ['12 per cent', 12],
    ['about 300', 300],
    ['20 or so', 20],
    ["I'd say around twenty", 20],
    ['We would need 12 people for this', 12],
    ['€ 1,200', 1200],
    ['USD 5k', 5000],
    ['kr500', 500],
    ['500,-', 500],
    ['12km', 12],
    ['+20', 20],
    ['-3', -3],
    ['−3', -3],
    ['minus 3', -3],
    ['-$5', -5],
    ['budget - 300', 300],
    ['１２', 12],
    ['zero', 0],
    ['none', 0],
    ['one', 1],
    ['twelve', 12],
    ['twenty-five', 25],
    ['forty two', 42],
    ['a hundred and five', 105],
    ['twelve hundred', 1200],
    ['one thousand two hundred and thirty four', 1234],
    ['four hundred and fifty thousand', 450_000],
    ['three point five', 3.5],
    ['two dozen', 24],
    ['half a dozen', 6],
    ['a couple of hundred', 200],
    ['half a million', 500_000],
    ['a quarter of a million', 250_000],
    ['a million and a half', 1_500_000],
    ['three and a half', 3.5],
    ['two and a half thousand', 2500],
    ['three quarters', 0.75],
    ['1/2', 0.5],
    ['3 1/2', 3.5],
    ['2½', 2.5],
    ['1.1 million', 1_100_000],
  ])('F005 reads "%s" as %d', (words, value) => {
    expect(read(words)).toEqual({ ok: true, value })
  })

  test.each([
    'between 10 and 20',
    '10 or 20',
    '10-20',
    '5–10',
    '20+',
    'up to 10',
    'at least 5',
    'not 5',
    'two dogs and 3 cats',
    'my wife and 2 others',
    'nineteen eighty',
    'the second one',
    '2nd',
    'twelfth',
    'one of them',
    '28.11.2026',
    '2026-11-28',
    '10:30',
    '1.2.3',
    '24/7',
    '0x10',
    '12k5',
    'Q1',
    '5 m',
    '1e400',
    'NaN',
    'Infinity',
    'zwölf',
    "I don't know",
    '',
    '   ',
    'constructor',
    '__proto__',
    `${'word '.repeat(20)}12`,
    '1'.repeat(10_001),
  ])('F005 asks again instead of guessing a number from "%.40s"', (words) => {
    const reading = read(words)
    expect(reading.ok).toBe(false)
    expect(reading).toHaveProperty('reason', expect.stringMatching(/Please give a number, for example .+\.$/))
  })

  test('F005 takes a point before three digits as grouping where a whole number is asked', () => {
    expect(read('1.234', { integer: true })).toEqual({ ok: true, value: 1234 })
  })

  test.each([
    ['1.5', { integer: true }, 'is not a whole number. Please give a whole number'],
    ['5', { min: 10, max: 20 }, 'is too small. Please give a number from 10 to 20, for example “12”.'],
    [7, { max: 5 }, '“7” is too large. Please give a number of at most 5, for example “5”.'],
    ['12k', { max: 10_000 }, 'Please give a number of at most 10,000'],
    [true, {}, '“true” is not a number'],
    [[12], {}, 'A list is not a number'],
    [null, {}, 'An empty answer is not a number'],
    [Number.NaN, {}, 'is not a finite number'],
    [Number.POSITIVE_INFINITY, {}, 'is not a finite number'],
  ])('F005 refuses %p for %p with the reason', (given, limits, reason) => {
    expect(read(given, limits)).toEqual({ ok: false, reason: expect.stringContaining(reason as string) })
  })

  test('F005 takes a number sent as one, and no minus zero', () => {
    expect(read(12.5)).toEqual({ ok: true, value: 12.5 })
    expect(read(-0)).toEqual({ ok: true, value: 0 })
  })

  test.each([
    [12_000, '12,000'],
    [1234.5678, '1,234.5678'],
    [-1_000_000, '-1,000,000'],
    [1e21, '1e+21'],
  ])('F005 echoes %d as "%s"', (value, words) => {
    expect(describeAnswer(value, { type: 'number' }, 'UTC')).toBe(words)
  })
})
