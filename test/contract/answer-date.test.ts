import { AnswerKind, describeAnswer, readAnswer } from '../../shared/contract/answer.ts'

const WEDNESDAY = '2026-11-25T09:30:00Z'
const DATE: AnswerKind = { type: 'date' }
const TIME: AnswerKind = { type: 'date', time: true }
const read = (given: unknown, kind = DATE, now = WEDNESDAY, zone = 'Europe/Oslo') =>
  readAnswer(given, kind, now, zone)

describe('dates in words, said in Oslo on Wednesday 25 November 2026', () => {
  test.each([
    ['2026-12-01', '2026-12-01'],
    ['today', '2026-11-25'],
    ['tonight', '2026-11-25'],
    ['tomorrow', '2026-11-26'],
    ['the day after tomorrow', '2026-11-27'],
    ['yesterday', '2026-11-24'],
    ['in 3 days', '2026-11-28'],
    ['in two weeks', '2026-12-09'],
    ['in a couple of weeks', '2026-12-09'],
    ['in three weeks’ time', '2026-12-16'],
    ['this coming Friday', '2026-11-27'],
    ['in two months', '2027-01-25'],
    ['3 days from now', '2026-11-28'],
    ['3 days ago', '2026-11-22'],
    ['in 3 business days', '2026-11-30'],
    ['next Friday', '2026-11-27'],
    ['this Friday', '2026-11-27'],
    ['Friday', '2026-11-27'],
    ['by Friday, please', '2026-11-27'],
    ['Wednesday', '2026-12-02'],
    ['next Wednesday', '2026-12-02'],
    ['last Friday', '2026-11-20'],
    ['Friday next week', '2026-12-04'],
    ['next week on Friday', '2026-12-04'],
    ['Friday after next', '2026-12-04'],
    ['Friday in two weeks', '2026-12-11'],
    ['a week from Monday', '2026-12-07'],
    ['a week on Monday', '2026-12-07'],
    ['two days after next Friday', '2026-11-29'],
    ['a fortnight from tomorrow', '2026-12-10'],
    ['end of the month', '2026-11-30'],
    ['the end of next month', '2026-12-31'],
    ['beginning of March', '2027-03-01'],
    ['mid-December', '2026-12-15'],
    ['end of the week', '2026-11-27'],
    ['end of the quarter', '2026-12-31'],
    ['end of the year', '2026-12-31'],
    ['last Friday of November', '2026-11-27'],
    ['the first Monday in December', '2026-12-07'],
    ['28 November 2026', '2026-11-28'],
    ['28 Nov', '2026-11-28'],
    ['Nov 28th', '2026-11-28'],
    ['28-Nov-2026', '2026-11-28'],
    ["28 Nov '26", '2026-11-28'],
    ['28. november 2026', '2026-11-28'],
    ['Saturday, November 28th, 2026', '2026-11-28'],
    ['the twenty-first of December', '2026-12-21'],
    ['28.11.2026', '2026-11-28'],
    ['28.11.', '2026-11-28'],
    ['28/11/2026', '2026-11-28'],
    ['11/28/2026', '2026-11-28'],
    ['4/4/2027', '2027-04-04'],
    ['3.4.2027', '2027-04-03'],
    ['2026/11/28', '2026-11-28'],
    ['the 15th', '2026-12-15'],
    ['the 26th', '2026-11-26'],
    ['the 15th of next month', '2026-12-15'],
    ['25 November', '2026-11-25'],
    ['24 November', '2027-11-24'],
    ['29 February', '2028-02-29'],
    ['tomorrow at 3pm', '2026-11-26'],
    ['2026-12-01T23:30:00Z', '2026-12-02'],
  ])('F005 reads "%s" as %s', (words, value) => {
    expect(read(words)).toEqual({ ok: true, value })
  })

  test.each([
    ['31 February', 'there is no 31 February'],
    ['29 February 2027', 'there is no 29 February 2027'],
    ['2026-02-30', 'not a date and time that exists'],
    ['3/4/2027', 'may mean 3 April 2027 or 4 March 2027'],
    ['Monday 27 November 2026', '27 November 2026 is a Friday, not a Monday'],
    ['next week', 'longer than one day'],
    ['November', 'longer than one day'],
    ['Q1', 'longer than one day'],
    ['Friday or Saturday', 'is not a date I can read'],
    ['before Friday', 'is not a date I can read'],
    ['as soon as possible', 'is not a date I can read'],
    ['noon', 'is not a date I can read'],
    ['in 9999 years', 'is too far away'],
    ['', 'An empty answer is not a date'],
    [20_261_128, 'is not a date'],
    [null, 'is not a date'],
    ['x'.repeat(10_001), 'is too long'],
  ])('F005 asks again after "%.40s" with the reason', (given, reason) => {
    const reading = read(given)
    expect(reading).toEqual({ ok: false, reason: expect.stringContaining(reason) })
    expect(reading).toHaveProperty(
      'reason',
      expect.stringContaining('for example “28 November 2026” or “next Friday”'),
    )
  })
})

describe('the day begins in the time zone of the workspace', () => {
  test.each([
    ['2026-11-25T23:30:00Z', 'Europe/Oslo', 'tomorrow', '2026-11-27'],
    ['2026-11-25T23:30:00Z', 'UTC', 'tomorrow', '2026-11-26'],
    ['2026-11-26T03:30:00Z', 'America/New_York', 'today', '2026-11-25'],
    ['2026-11-26T05:00:00Z', 'America/New_York', 'today', '2026-11-26'],
    ['2026-11-25T18:29:59Z', 'Asia/Kolkata', 'today', '2026-11-25'],
    ['2026-11-25T18:30:00Z', 'Asia/Kolkata', 'today', '2026-11-26'],
    ['2026-11-27T10:59:59Z', 'Pacific/Auckland', 'next Friday', '2026-12-04'],
    ['2026-11-26T10:59:59Z', 'Pacific/Auckland', 'next Friday', '2026-11-27'],
    ['2026-12-31T23:30:00Z', 'Europe/Oslo', 'end of the month', '2027-01-31'],
    ['2027-01-31T12:00:00Z', 'Europe/Oslo', 'in a month', '2027-02-28'],
    ['2026-11-27T12:00:00Z', 'Europe/Oslo', 'Friday', '2026-12-04'],
    ['2026-11-28T12:00:00Z', 'Europe/Oslo', 'Friday next week', '2026-12-04'],
  ])('F005 at %s in %s "%s" is %s', (now, zone, words, value) => {
    expect(read(words, DATE, now, zone)).toEqual({ ok: true, value })
  })

  test('F005 an unknown zone counts as UTC instead of stalling the run', () => {
    expect(read('today', DATE, '2026-11-25T23:30:00Z', 'Mars/Olympus')).toEqual({
      ok: true,
      value: '2026-11-25',
    })
  })
})

describe('dates with a time', () => {
  test.each([
    ['tomorrow at 3pm', '2026-11-26T15:00:00+01:00'],
    ['tomorrow at 3 p.m.', '2026-11-26T15:00:00+01:00'],
    ['tomorrow three pm', '2026-11-26T15:00:00+01:00'],
    ['Friday 15:30', '2026-11-27T15:30:00+01:00'],
    ['Friday kl 15.30', '2026-11-27T15:30:00+01:00'],
    ['Friday 15.30', '2026-11-27T15:30:00+01:00'],
    ['28.11.2026 15:30', '2026-11-28T15:30:00+01:00'],
    ['28 November 2026 at 15:30', '2026-11-28T15:30:00+01:00'],
    ['noon', '2026-11-25T12:00:00+01:00'],
    ['12 noon tomorrow', '2026-11-26T12:00:00+01:00'],
    ['midnight', '2026-11-26T00:00:00+01:00'],
    ['tonight at midnight', '2026-11-26T00:00:00+01:00'],
    ['tonight at 12', '2026-11-26T00:00:00+01:00'],
    ['tomorrow at 12 pm', '2026-11-26T12:00:00+01:00'],
    ['tomorrow at 12:30 am', '2026-11-26T00:30:00+01:00'],
    ['tonight at 8', '2026-11-25T20:00:00+01:00'],
    ['tomorrow morning at 6', '2026-11-26T06:00:00+01:00'],
    ['tomorrow evening 7:30', '2026-11-26T19:30:00+01:00'],
    ['half past three', '2026-11-25T15:30:00+01:00'],
    ['quarter to four on Friday', '2026-11-27T15:45:00+01:00'],
    ["3 o'clock tomorrow", '2026-11-26T15:00:00+01:00'],
    ['10 am', '2026-11-26T10:00:00+01:00'],
    ['in 2 hours', '2026-11-25T12:30:00+01:00'],
    ['in half an hour', '2026-11-25T11:00:00+01:00'],
    ['in an hour and a half', '2026-11-25T12:00:00+01:00'],
    ['now', '2026-11-25T10:30:00+01:00'],
    ['2026-12-01T15:30', '2026-12-01T15:30:00+01:00'],
    ['2026-12-01 15:30', '2026-12-01T15:30:00+01:00'],
    ['2026-12-01T15:30:00Z', '2026-12-01T16:30:00+01:00'],
    ['2026-12-01T15:30:00.250-05:00', '2026-12-01T21:30:00+01:00'],
    ['2026-12-01T24:00', '2026-12-02T00:00:00+01:00'],
  ])('F005 reads "%s" as %s', (words, value) => {
    expect(read(words, TIME)).toEqual({ ok: true, value })
  })

  test.each([
    ['tomorrow', 'has no time of day'],
    ['2026-12-01', 'has no time of day'],
    ['tomorrow 25:00', 'a time that does not exist'],
    ['tomorrow at 15 pm 75', 'is not a date I can read'],
    ['5pm CET tomorrow', 'is not a date I can read'],
  ])('F005 asks again after "%s" with the reason', (words, reason) => {
    expect(read(words, TIME)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })

  test.each([
    ['a skipped time moves forward', 'Europe/Oslo', '28 March 2027 02:30', '2027-03-28T03:30:00+02:00'],
    [
      'a time that comes twice is the first',
      'Europe/Oslo',
      '31 October 2027 02:30',
      '2027-10-31T02:30:00+02:00',
    ],
    [
      'its second is kept by its offset',
      'Europe/Oslo',
      '2027-10-31T02:30:00+01:00',
      '2027-10-31T02:30:00+01:00',
    ],
    ['in New York too', 'America/New_York', '14 March 2027 02:30', '2027-03-14T03:30:00-04:00'],
    ['half hours', 'Asia/Kolkata', 'tomorrow at noon', '2026-11-26T12:00:00+05:30'],
    ['far east', 'Pacific/Auckland', 'tomorrow at noon', '2026-11-26T12:00:00+13:00'],
  ])('F005 offsets: %s', (_, zone, words, value) => {
    expect(read(words, TIME, WEDNESDAY, zone)).toEqual({ ok: true, value })
  })
})

describe('limits', () => {
  const december: AnswerKind = { type: 'date', min: '2026-12-01', max: '2026-12-31' }

  test('F005 limits are included, and a date outside is named', () => {
    expect(read('1 December', december).ok).toBe(true)
    expect(read('end of the year', december).ok).toBe(true)
    expect(read('next Friday', december)).toEqual({
      ok: false,
      reason:
        '“next Friday” is Friday 27 November 2026, which is too early. Please give one date, not before Tuesday 1 December 2026 and not after Thursday 31 December 2026, for example “28 November 2026” or “next Friday”.',
    })
  })

  test('F005 with time the last day counts to its end', () => {
    const kind: AnswerKind = { ...december, time: true }
    expect(read('31 December at 23:59', kind).ok).toBe(true)
    expect(read('1 January 2027 00:00', kind)).toEqual({
      ok: false,
      reason: expect.stringContaining('too late'),
    })
  })

  test.each([
    [{ type: 'date', min: '2026-02-30' }, 'Write a date that exists'],
    [
      { type: 'date', min: '2026-12-02', max: '2026-12-01' },
      'max (2026-12-01) must not be before min (2026-12-02).',
    ],
    [{ type: 'date', min: 'tomorrow' }, 'Write a date that exists'],
  ])('refuses the kind %j', (kind, message) => {
    expect(JSON.stringify(AnswerKind.safeParse(kind).error?.issues)).toContain(message)
  })

  test('lets a limit come from a template', () => {
    expect(AnswerKind.safeParse({ type: 'date', min: '${start}' }).success).toBe(true)
  })
})

test('F005 echoes dates as people say them', () => {
  expect(describeAnswer('2026-11-27', DATE, 'Europe/Oslo')).toBe('Friday 27 November 2026')
  expect(describeAnswer('2026-11-27T15:30:00+01:00', TIME, 'Europe/Oslo')).toBe(
    'Friday 27 November 2026 at 15:30',
  )
})
