/** A day is the number of days since 1 January 1970, a plain integer: no clock, no zone, no Date. */
export type Day = number
export type CivilDate = { year: number; month: number; day: number }

export const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
export const MONTHS =
  'January February March April May June July August September October November December'.split(' ')
/** What four digits can write, and no year that is only a typing mistake. */
const YEARS = { first: 1000, last: 9999 }

/** Days before 1 March of year 0 in the proleptic Gregorian calendar, counted to 1970 (Howard Hinnant's algorithm). */
const EPOCH = 719_468
const DAYS_IN_ERA = 146_097

export function dayOf({ year, month, day }: CivilDate): Day {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * DAYS_IN_ERA + dayOfEra - EPOCH
}

export function civilOf(day: Day): CivilDate {
  const shifted = day + EPOCH
  const era = Math.floor(shifted / DAYS_IN_ERA)
  const dayOfEra = shifted - era * DAYS_IN_ERA
  const leapless =
    dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor(leapless / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}

const isYear = (year: number): boolean => year >= YEARS.first && year <= YEARS.last
export const isDay = (day: Day): boolean => Number.isInteger(day) && isYear(civilOf(day).year)

export const daysIn = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31

export const isCivil = ({ year, month, day }: CivilDate): boolean =>
  isYear(year) && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)

/** Monday is 0; the epoch was a Thursday. */
export const weekdayOf = (day: Day): number => (((day + 3) % 7) + 7) % 7

/** 31 January and one month is the last day of February. */
export function addMonths(day: Day, months: number): Day {
  const from = civilOf(day)
  const index = from.year * 12 + from.month - 1 + months
  const year = Math.floor(index / 12)
  const month = index - year * 12 + 1
  return dayOf({ year, month, day: Math.min(from.day, daysIn(year, month)) })
}

export function addWorkingDays(day: Day, count: number): Day {
  let left = Math.abs(count)
  let at = day
  while (left > 0) {
    at += count < 0 ? -1 : 1
    if (weekdayOf(at) < 5) left -= 1
  }
  return at
}

const two = (part: number) => String(part).padStart(2, '0')

/** `2026-11-27` */
export function isoDay(day: Day): string {
  const { year, month, day: ofMonth } = civilOf(day)
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(ofMonth)}`
}

/** `27 November 2026` */
export function sayDate(day: Day): string {
  const { year, month, day: ofMonth } = civilOf(day)
  return `${ofMonth} ${MONTHS[month - 1]} ${year}`
}

/** `Friday 27 November 2026` */
export const sayDay = (day: Day): string => `${WEEKDAYS[weekdayOf(day)]} ${sayDate(day)}`
