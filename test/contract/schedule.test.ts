import { readCron } from '../../shared/contract/schedule/cron.ts'
import { calendarsOf } from '../../shared/contract/schedule.ts'

const calendars = (text: string) => {
  const read = readCron(text)
  if (!read.ok) throw new Error(read.reason)
  return read.calendars
}

const anyTime = { minute: [], hour: [], dayOfMonth: [], month: [], dayOfWeek: [] }

test.each([
  ['* * * * *', [anyTime]],
  ['  0\t8 * *  mon ', [{ ...anyTime, minute: [0], hour: [8], dayOfWeek: [1] }]],
  ['*/20 9-11 * * *', [{ ...anyTime, minute: [0, 20, 40], hour: [9, 10, 11] }]],
  ['0 0 1,15 JAN-MAR/2 *', [{ ...anyTime, minute: [0], hour: [0], dayOfMonth: [1, 15], month: [1, 3] }]],
  ['0 0 * * 0-7', [{ ...anyTime, minute: [0], hour: [0] }]],
  ['0 0 * * 5-7', [{ ...anyTime, minute: [0], hour: [0], dayOfWeek: [0, 5, 6] }]],
  [
    '0 0 13 * fri',
    [
      { ...anyTime, minute: [0], hour: [0], dayOfMonth: [13] },
      { ...anyTime, minute: [0], hour: [0], dayOfWeek: [5] },
    ],
  ],
  ['0 0 29 2 *', [{ ...anyTime, minute: [0], hour: [0], dayOfMonth: [29], month: [2] }]],
  [
    '0 0 31 2 mon',
    [
      { ...anyTime, minute: [0], hour: [0], dayOfMonth: [31], month: [2] },
      { ...anyTime, minute: [0], hour: [0], month: [2], dayOfWeek: [1] },
    ],
  ],
])('F125 cron %s', (text, expected) => {
  expect(calendars(text)).toEqual(expected)
})

test.each(['', '* * * *', '60 * * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '-1 * * * *', '1- * * * *'])(
  'F125 “%s” is no cron expression',
  (text) => {
    expect(readCron(text)).toMatchObject({ ok: false })
  },
)

test('F125 each time of a calendar stands by itself, so that hours and minutes do not mix', () => {
  expect(calendarsOf({ calendar: { at: ['08:30', '17:00'], weekdays: ['sunday'], months: [12] } })).toEqual([
    { ...anyTime, hour: [8], minute: [30], dayOfWeek: [0], month: [12] },
    { ...anyTime, hour: [17], minute: [0], dayOfWeek: [0], month: [12] },
  ])
})
