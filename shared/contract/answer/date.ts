import { z } from 'zod'
import { accept, isTooLong, type KindOfAnswer, misfit, type Reading } from './reading.ts'
import { isDay, isoDay, sayDay } from './words/calendar.ts'
import { isoDateOf } from './words/iso-date.ts'
import { saidMoment } from './words/said-moment.ts'
import { instantOf, isoTime, localOf, sayTime, type Zone, zoneOf } from './words/zone.ts'

const UTC = zoneOf('UTC')
const isTemplate = (text: string) => text.includes('${')
/** The day of the answer, in the workspace's zone. */
const today = 'today'

/** A limit: an ISO date or date-time, `today`, or a template that gives one of these. Limits are included; a date is its whole day. */
const Limit = z
  .string()
  .max(4_000)
  .refine((text) => isTemplate(text) || text === today || typeof isoDateOf(text, UTC) === 'object', {
    message: 'Write a date that exists as 2026-12-01 or, with `time`, 2026-12-01T15:30; or today.',
  })

/** With `time` the value is a date and time with the offset of the workspace's zone: `2026-12-01T15:30:00+01:00`. */
export const DateAnswer = z
  .strictObject({
    type: z.literal('date'),
    min: Limit.optional(),
    max: Limit.optional(),
    time: z.boolean().optional(),
  })
  .superRefine(({ min, max, time }, context) => {
    if (min === undefined || max === undefined) return
    if ([min, max].some((limit) => isTemplate(limit) || limit === today)) return
    const [first, last] = [lowest(min, UTC, time), highest(max, UTC, time)]
    if (first !== undefined && last !== undefined && first > last)
      context.addIssue({
        code: 'custom',
        path: ['max'],
        message: `max (${max}) must not be before min (${min}).`,
      })
  })
export type DateAnswer = z.infer<typeof DateAnswer>

/** Limits as numbers that compare: instants with `time`, days without; a limit that cannot be read is none. */
function lowest(limit: string, zone: Zone, time: boolean | undefined): number | undefined {
  const date = isoDateOf(limit, zone)
  if (typeof date !== 'object') return undefined
  return time ? (date.instant ?? instantOf({ day: date.day, second: 0 }, zone)) : date.day
}
function highest(limit: string, zone: Zone, time: boolean | undefined): number | undefined {
  const date = isoDateOf(limit, zone)
  if (typeof date !== 'object') return undefined
  return time ? (date.instant ?? instantOf({ day: date.day + 1, second: 0 }, zone) - 1) : date.day
}

const say = (at: number, zone: Zone, time: boolean | undefined) => (time ? sayTime(at, zone) : sayDay(at))

function wanted({ min, max, time }: DateAnswer, zone: Zone): string {
  const first = min === undefined ? undefined : lowest(min, zone, time)
  const last = max === undefined ? undefined : highest(max, zone, time)
  const bounds = [
    ...(first === undefined ? [] : [`not before ${say(first, zone, time)}`]),
    ...(last === undefined ? [] : [`not after ${say(last, zone, time)}`]),
  ].join(' and ')
  const what = time ? 'one date with a time of day' : 'one date'
  const example = time
    ? '“28 November 2026 at 15:30” or “tomorrow at 3 pm”'
    : '“28 November 2026” or “next Friday”'
  return `Please give ${what}${bounds && `, ${bounds}`}, for example ${example}.`
}

const withToday = ({ min, max, ...kind }: DateAnswer, day: string): DateAnswer => ({
  ...kind,
  ...(min === undefined ? {} : { min: min === today ? day : min }),
  ...(max === undefined ? {} : { max: max === today ? day : max }),
})

export const date: KindOfAnswer<DateAnswer, string> = {
  read(given, written, { now, timeZone }): Reading<string> {
    const zone = zoneOf(timeZone)
    const kind = withToday(written, isoDay(localOf(Date.parse(now), zone).day))
    const please = wanted(kind, zone)
    if (typeof given !== 'string' || given.trim() === '') return misfit(given, 'is not a date', please)
    if (isTooLong(given)) return misfit(given, 'is too long to read as a date', please)
    const said = saidMoment(given, Date.parse(now), zone, kind.time ?? false)
    if ('problem' in said) return misfit(given, said.problem, please)
    const at = kind.time ? said.instant : said.day
    if (at === undefined) return misfit(given, 'has no time of day', please)
    if (!isDay(kind.time ? localOf(at, zone).day : at)) return misfit(given, 'is too far away', please)
    const understood = `is ${say(at, zone, kind.time)}, which is too`
    const first = kind.min === undefined ? undefined : lowest(kind.min, zone, kind.time)
    const last = kind.max === undefined ? undefined : highest(kind.max, zone, kind.time)
    if (first !== undefined && at < first) return misfit(given, `${understood} early`, please)
    if (last !== undefined && at > last) return misfit(given, `${understood} late`, please)
    return accept(kind.time ? isoTime(at, zone) : isoDay(at))
  },
  describe(value, kind, timeZone) {
    const zone = zoneOf(timeZone)
    const read = isoDateOf(value, zone)
    if (typeof read !== 'object') return value
    return kind.time && read.instant !== undefined ? sayTime(read.instant, zone) : sayDay(read.day)
  },
}
