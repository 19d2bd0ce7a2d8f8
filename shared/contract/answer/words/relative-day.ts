import { addMonths, addWorkingDays, civilOf, type Day, dayOf, daysIn, weekdayOf } from './calendar.ts'
import {
  calendarDay,
  MONTH,
  monthNamed,
  type SaidDay,
  WEEKDAY,
  weekdayNamed,
  yearNamed,
} from './calendar-day.ts'

const AMOUNT = '(\\d{1,4}|an?)'
const UNIT = '(business day|working day|workday|weekday|day|week|fortnight|month|year)s?'
const WHICH = '(this|next|last)'
const YEAR = '(\\d{4}|next year|this year)'
/** "3 days after a week from Monday": two steps are speech, more a riddle. */
const DEEPEST = 2

/** The first rule that fits decides. */
type Rule = [pattern: RegExp, day: (said: string[], today: Day, depth: number) => SaidDay | undefined]

const at = (day: Day): SaidDay => ({ day })
const rule = (pattern: string, day: Rule[1]): Rule => [new RegExp(`^(?:${pattern})$`), day]
const monday = (today: Day) => today - weekdayOf(today)

/** The first such weekday strictly after today: said on a Friday, "Friday" is in a week, as "today" is at hand. */
const comingWeekday = (name: string, today: Day): Day =>
  today + 1 + ((weekdayNamed(name) - weekdayOf(today + 1) + 7) % 7)
const weeksFrom = (which: string | undefined) => (which === 'next' ? 1 : which === 'last' ? -1 : 0)

function ahead(amount: string, unit: string, from: Day, sign: 1 | -1 = 1): Day {
  const count = sign * (amount.startsWith('a') ? 1 : Number(amount))
  if (/business|work|weekday/.test(unit)) return addWorkingDays(from, count)
  if (unit === 'month' || unit === 'year') return addMonths(from, count * (unit === 'year' ? 12 : 1))
  return from + count * (unit === 'day' ? 1 : unit === 'week' ? 7 : 14)
}

/** Start, middle or end of a month; the end of its last day. */
function partOf(part: string, start: Day): Day {
  const { year, month } = civilOf(start)
  if (part === 'middle') return start + 14
  return /end|last/.test(part) ? start + daysIn(year, month) - 1 : start
}

function monthStart(name: string, year: number | undefined, today: Day, fits: (start: Day) => boolean): Day {
  const month = monthNamed(name)
  const start = dayOf({ year: year ?? civilOf(today).year, month, day: 1 })
  return year === undefined && !fits(start) ? addMonths(start, 12) : start
}

function partOfPeriod(part: string, which: string | undefined, period: string, today: Day): SaidDay {
  const turn = weeksFrom(which)
  if (period === 'week') {
    const start = monday(today) + turn * 7
    // The end of a week is its Friday, as work counts.
    const day = /end|last/.test(part) ? start + 4 : part === 'middle' ? start + 2 : start
    return which === undefined && day < today ? at(day + 7) : at(day)
  }
  const { year, month } = civilOf(today)
  const length = period === 'year' ? 12 : period === 'quarter' ? 3 : 1
  const first = dayOf({ year, month: month - ((month - 1) % length), day: 1 })
  const find = (start: Day) =>
    length === 1
      ? partOf(part, start)
      : /end|last/.test(part)
        ? addMonths(start, length) - 1
        : part === 'middle'
          ? addMonths(start, Math.floor(length / 2)) + (length === 3 ? 14 : 0)
          : start
  const day = find(addMonths(first, turn * length))
  return which === undefined && day < today ? at(find(addMonths(first, length))) : at(day)
}

/** "last Friday of November", "first Monday in next month". */
function nthWeekday(nth: string, name: string, start: Day): SaidDay {
  const { year, month } = civilOf(start)
  const first = comingWeekday(name, start - 1)
  const last = first + 7 * Math.floor((start + daysIn(year, month) - 1 - first) / 7)
  const day = nth === 'last' ? last : first + 7 * (Number.parseInt(nth, 10) - 1)
  return day > last ? { problem: `is not a date: that month has no such ${name}` } : at(day)
}

const PART = '(start|middle|end|1st day|last day)'
const NTH = `(1st|2nd|3rd|4th|5th|last) ${WEEKDAY}(?: in)?`
const rules: Rule[] = [
  rule('today|tonight', (_, today) => at(today)),
  rule('tomorrow', (_, today) => at(today + 1)),
  rule('yesterday', (_, today) => at(today - 1)),
  rule('day after tomorrow', (_, today) => at(today + 2)),
  rule('day before yesterday', (_, today) => at(today - 2)),
  rule(`in ${AMOUNT} ${UNIT}(?: time)?`, ([n = '', unit = ''], today) => at(ahead(n, unit, today))),
  rule(`${AMOUNT} ${UNIT} (?:from now|from today|hence|later|ahead)`, ([n = '', unit = ''], today) =>
    at(ahead(n, unit, today)),
  ),
  rule(`${AMOUNT} ${UNIT} ago`, ([n = '', unit = ''], today) => at(ahead(n, unit, today, -1))),
  rule(
    `(?:${AMOUNT} )?${UNIT} (from|after|before) (.+)`,
    ([n = 'a', unit = '', side, rest = ''], today, depth) => {
      const from = depth < DEEPEST ? saidDay(rest, today, depth + 1) : undefined
      return from && 'day' in from ? at(ahead(n, unit, from.day, side === 'before' ? -1 : 1)) : from
    },
  ),
  rule(`a week ${WEEKDAY}`, ([name = ''], today) => at(comingWeekday(name, today) + 7)),
  rule(`last ${WEEKDAY}`, ([name = ''], today) =>
    at(comingWeekday(name, today) - (comingWeekday(name, today) === today + 7 ? 14 : 7)),
  ),
  rule(`(?:this |next )?${WEEKDAY}`, ([name = ''], today) => at(comingWeekday(name, today))),
  rule(`${WEEKDAY} after next`, ([name = ''], today) => at(comingWeekday(name, today) + 7)),
  rule(`${WEEKDAY} ${WHICH} week`, ([name = '', which], today) =>
    at(monday(today) + weeksFrom(which) * 7 + weekdayNamed(name)),
  ),
  rule(`${WHICH} week ${WEEKDAY}`, ([which, name = ''], today) =>
    at(monday(today) + weeksFrom(which) * 7 + weekdayNamed(name)),
  ),
  rule(`${WEEKDAY} in ${AMOUNT} weeks?`, ([name = '', n = ''], today) =>
    at(ahead(n, 'week', monday(today)) + weekdayNamed(name)),
  ),
  rule(`${PART} (?:${WHICH} )?(week|month|quarter|year)`, ([part = '', which, period = ''], today) =>
    partOfPeriod(part, which, period, today),
  ),
  rule(`${PART} ${MONTH}(?: ${YEAR})?`, ([part = '', name = '', year], today) =>
    at(
      partOf(
        part,
        monthStart(name, yearNamed(year, today), today, (start) => partOf(part, start) >= today),
      ),
    ),
  ),
  rule(`${NTH} ${MONTH}(?: ${YEAR})?`, ([nth = '', weekday = '', name = '', year], today) => {
    const find = (start: Day) => nthWeekday(nth, weekday, start)
    return find(
      monthStart(name, yearNamed(year, today), today, (start) => {
        const found = find(start)
        return !('day' in found) || found.day >= today
      }),
    )
  }),
  rule(`${NTH} (this|next) month`, ([nth = '', weekday = '', which], today) => {
    const start = addMonths(today - civilOf(today).day + 1, weeksFrom(which))
    return nthWeekday(nth, weekday, start)
  }),
  rule(
    `(?:in )?(?:(?:${WHICH} )?(?:week|weekend|month|quarter|year|spring|summer|autumn|fall|winter)|${MONTH}(?: ${YEAR})?|q[1-4](?: \\d{4})?|\\d{4})`,
    () => ({
      problem: 'is longer than one day',
    }),
  ),
]

/** The day that prepared words (see `dateWords`) name, or why they name none; nothing when they are not understood. */
export function saidDay(words: string, today: Day, depth = 0): SaidDay | undefined {
  const plain = words.replace(/^at /, '').trim()
  for (const [pattern, day] of rules) {
    const said = pattern.exec(plain)
    if (said) return day(said.slice(1), today, depth)
  }
  return calendarDay(plain, today)
}
