import {
  addMonths,
  civilOf,
  type Day,
  dayOf,
  daysIn,
  isCivil,
  MONTHS,
  sayDate,
  WEEKDAYS,
  weekdayOf,
} from './calendar.ts'

/** A day, or why there is none: a sentence for the person who said it. */
export type SaidDay = { day: Day } | { problem: string }

export const WEEKDAY =
  '(mon|monday|tue|tues|tuesday|wed|weds|wednesday|thu|thur|thurs|thursday|fri|friday|sat|saturday|sun|sunday)'
export const MONTH = `(${MONTHS.map((month) => `${month.slice(0, 3)}|${month}`.toLowerCase()).join('|')}|sept)`
const DAY = '(\\d{1,2})(?:st|nd|rd|th|\\.)?'
const YEAR = '(\\d{4}|\\d{2}|next year|this year)'

const DAY_MONTH = new RegExp(`^${DAY} ?${MONTH}(?: ${YEAR})?$`)
const MONTH_DAY = new RegExp(`^${MONTH} ${DAY}(?: ${YEAR})?$`)
const YEAR_FIRST = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$|^((?:19|20)\d{2})(\d{2})(\d{2})$/
const NUMERIC = /^(\d{1,2})([-/.])(\d{1,2})(?:\2(\d{4}|\d{2}))?\.?$/
const OF_MONTH = /^(\d{1,2})(?:st|nd|rd|th|\.)(?: (next|this) month)?$/
const WITH_WEEKDAY = new RegExp(`^(?:next |this )?${WEEKDAY} (.+)$|^(.+) ${WEEKDAY}$`)

const starts = (names: string[], word: string) =>
  names.findIndex((name) => name.toLowerCase().startsWith(word.slice(0, 3)))
export const weekdayNamed = (word: string): number => starts(WEEKDAYS, word)
export const monthNamed = (word: string): number => starts(MONTHS, word) + 1

export function yearNamed(said: string | undefined, today: Day): number | undefined {
  if (said === undefined) return undefined
  const { year } = civilOf(today)
  if (said.endsWith('year')) return said.startsWith('next') ? year + 1 : year
  // Two digits: 70 to 99 are in the last century.
  return said.length === 2 ? Number(said) + (Number(said) < 70 ? 2000 : 1900) : Number(said)
}

/** A day said by its number and month, in words or digits; without a year the next such day from today on. */
export function calendarDay(words: string, today: Day): SaidDay | undefined {
  const beside = WITH_WEEKDAY.exec(words)
  if (beside) {
    const said = calendarDay(beside[2] ?? beside[3] ?? '', today)
    if (said === undefined || 'problem' in said) return said
    const weekday = weekdayNamed(beside[1] ?? beside[4] ?? '')
    return weekdayOf(said.day) === weekday
      ? said
      : {
          problem: `does not fit: ${sayDate(said.day)} is a ${WEEKDAYS[weekdayOf(said.day)]}, not a ${WEEKDAYS[weekday]}`,
        }
  }
  const yearFirst = YEAR_FIRST.exec(words)
  if (yearFirst) {
    const [year, month, day] = yearFirst.slice(yearFirst[1] ? 1 : 4).map(Number)
    return dated(year, month ?? 0, day ?? 0, today)
  }
  const named = DAY_MONTH.exec(words)
  if (named) return dated(yearNamed(named[3], today), monthNamed(named[2] ?? ''), Number(named[1]), today)
  const american = MONTH_DAY.exec(words)
  if (american)
    return dated(yearNamed(american[3], today), monthNamed(american[1] ?? ''), Number(american[2]), today)
  const numeric = NUMERIC.exec(words)
  if (numeric) return inNumbers(numeric, today)
  const ofMonth = OF_MONTH.exec(words)
  return ofMonth ? dayOfMonth(Number(ofMonth[1]), ofMonth[2], today) : undefined
}

/** Points are written day first everywhere; a slash or a dash may also be American. */
function inNumbers([, first = '', separator, second = '', ending]: RegExpExecArray, today: Day): SaidDay {
  const [one, two] = [Number(first), Number(second)]
  const year = yearNamed(ending, today)
  if (separator !== '.' && one <= 12 && two > 12) return dated(year, one, two, today)
  if (separator !== '.' && one <= 12 && two <= 12 && one !== two) {
    const either = [dated(year, two, one, today), dated(year, one, two, today)]
    const days = either.map((said) => ('day' in said ? sayDate(said.day) : '')).join(' or ')
    return { problem: `may mean ${days}` }
  }
  return dated(year, two, one, today)
}

function dated(year: number | undefined, month: number, day: number, today: Day): SaidDay {
  const { year: thisYear } = civilOf(today)
  // 29 February may be eight years away (1896 to 1904); other days come within two.
  const years = year === undefined ? Array.from({ length: 9 }, (_, ahead) => thisYear + ahead) : [year]
  for (const candidate of years) {
    const civil = { year: candidate, month, day }
    if (isCivil(civil) && (year !== undefined || dayOf(civil) >= today)) return { day: dayOf(civil) }
  }
  const name = MONTHS[month - 1]
  const shown =
    name === undefined ? `month ${month}` : `${day} ${name}${year === undefined ? '' : ` ${year}`}`
  return { problem: `is not a date: there is no ${shown}` }
}

function dayOfMonth(day: number, which: string | undefined, today: Day): SaidDay {
  const first = today - civilOf(today).day + 1
  const months = which === undefined ? [0, 1, 2] : [which === 'next' ? 1 : 0]
  for (const ahead of months) {
    const start = addMonths(first, ahead)
    const { year, month } = civilOf(start)
    const found = start + day - 1
    if (day >= 1 && day <= daysIn(year, month) && (which !== undefined || found >= today))
      return { day: found }
  }
  return { problem: `is not a date: that month has no day ${day}` }
}
