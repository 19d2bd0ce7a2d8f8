/** Whole numbers of a clock and a calendar that all have to fit. An empty list fits always. Sunday is 0, January is 1. */
export interface CalendarTimes {
  minute: number[]
  hour: number[]
  dayOfMonth: number[]
  month: number[]
  dayOfWeek: number[]
}

export type ReadCron = { ok: true; calendars: CalendarTimes[] } | { ok: false; reason: string }

interface Field {
  name: keyof CalendarTimes
  called: string
  from: number
  to: number
  words?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const fields: readonly Field[] = [
  { name: 'minute', called: 'minute', from: 0, to: 59 },
  { name: 'hour', called: 'hour', from: 0, to: 23 },
  { name: 'dayOfMonth', called: 'day of the month', from: 1, to: 31 },
  { name: 'month', called: 'month', from: 1, to: 12, words: ['', ...months] },
  // 7 is Sunday, too.
  { name: 'dayOfWeek', called: 'day of the week', from: 0, to: 7, words: days },
]

const longestMonth = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Reads a cron expression of five fields: minute, hour, day of the month, month, day of the week, each `*`, a number, a
 * range, a list, or steps of these; months and days of the week also by three letters. As in cron, a day fits by one of
 * its two fields when both are given: that makes two calendars.
 */
export function readCron(text: string): ReadCron {
  const parts = text.trim().split(/\s+/)
  if (parts.length !== fields.length)
    return {
      ok: false,
      reason: `a cron expression has 5 fields (minute, hour, day of the month, month, day of the week), for example "0 8 * * mon"; this one has ${text.trim() ? parts.length : 0}`,
    }
  const times = { minute: [], hour: [], dayOfMonth: [], month: [], dayOfWeek: [] } as CalendarTimes
  for (const [index, field] of fields.entries()) {
    const read = readField(parts[index] as string, field)
    if (typeof read === 'string') return { ok: false, reason: read }
    times[field.name] = read
  }
  const { dayOfMonth, dayOfWeek, month } = times
  const isEither =
    dayOfMonth.length > 0 && dayOfWeek.length > 0 && !parts[2]?.startsWith('*') && !parts[4]?.startsWith('*')
  if (!isEither && !comes(dayOfMonth, month))
    return { ok: false, reason: 'it never comes: no month that is named has so many days' }
  return {
    ok: true,
    calendars: isEither
      ? [
          { ...times, dayOfWeek: [] },
          { ...times, dayOfMonth: [] },
        ]
      : [times],
  }
}

/** Whether a day of the month exists in one of the months; no months are all of them. */
export const comes = (days: number[], months: number[]): boolean =>
  days.length === 0 ||
  months.length === 0 ||
  months.some((month) => Math.min(...days) <= (longestMonth[month] as number))

/** The numbers that fit a field, sorted; none where all do. Or what is wrong with it. */
function readField(text: string, field: Field): number[] | string {
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const [range = '', step, ...more] = part.split('/')
    const wrong = `“${part.slice(0, 40)}” is no ${field.called}: expected *, a number from ${field.from} to ${field.to}${field.words ? ' or three letters of its name' : ''}, a range such as ${field.from + 1}-${field.from + 4}, or steps such as */2`
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return wrong
    const ends = range === '*' ? [field.from, field.to] : range.split('-').map((one) => numberOf(one, field))
    const [first, last = first] = ends
    if (ends.length > 2 || ends.includes(undefined)) return wrong
    if (first === undefined || last === undefined || first > last) return wrong
    // Steps from a single number are read differently everywhere.
    if (step !== undefined && range !== '*' && !range.includes('-')) return wrong
    for (let at = first; at <= last; at += Number(step ?? 1))
      found.add(field.name === 'dayOfWeek' ? at % 7 : at)
  }
  const all = field.name === 'dayOfWeek' ? 7 : field.to - field.from + 1
  return found.size === all ? [] : [...found].sort((a, b) => a - b)
}

function numberOf(text: string, { from, to, words = [] }: Field): number | undefined {
  const named = text === '' ? -1 : words.indexOf(text.toLowerCase())
  if (named >= 0) return named
  const number = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  return number >= from && number <= to ? number : undefined
}
