import { z } from 'zod'
import { Duration, milliseconds } from './duration.ts'
import { type CalendarTimes, comes, readCron } from './schedule/cron.ts'

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

const minute = 60_000
const year = 366 * 24 * 60 * minute

const Cron = z
  .string()
  .max(200)
  .superRefine((text, context) => {
    const read = readCron(text)
    if (!read.ok) context.addIssue({ code: 'custom', message: read.reason })
  })

const Every = Duration.refine(
  (text) => milliseconds(text) >= minute && milliseconds(text) <= year,
  'from PT1M, a minute, to P366D',
)

const oneOrMore = <Item extends z.ZodType>(item: Item, most: number) => z.array(item).min(1).max(most)

/** Times of the day, on all days or on those that fit what is named of the three others. */
const Calendar = z
  .strictObject({
    at: oneOrMore(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of the day such as 08:30'), 24),
    weekdays: oneOrMore(z.enum(weekdays), 7).optional(),
    days: oneOrMore(z.int().min(1).max(31), 31).optional(),
    months: oneOrMore(z.int().min(1).max(12), 12).optional(),
  })
  .refine(
    ({ days = [], months = [] }) => comes(days, months),
    'it never comes: no month that is named has so many days',
  )

/** When a schedule fires: by just one of the three. */
export const scheduleTimes = {
  cron: Cron.optional(),
  every: Every.optional(),
  calendar: Calendar.optional(),
}
const ScheduleTimes = z.object(scheduleTimes)
export type ScheduleTimes = z.infer<typeof ScheduleTimes>

/** The times alone, of whatever holds them among other fields. */
export const timesOf = ({ cron, every, calendar }: ScheduleTimes): ScheduleTimes => ({
  ...(cron === undefined ? {} : { cron }),
  ...(every === undefined ? {} : { every }),
  ...(calendar === undefined ? {} : { calendar }),
})

/**
 * What happens when it is time and the run before is still open: nothing, one waits its turn, the one before is
 * cancelled, or both go on.
 */
export const ScheduleOverlap = z.enum(['skip', 'bufferOne', 'cancelOther', 'allowAll'])
export type ScheduleOverlap = z.infer<typeof ScheduleOverlap>

/** The calendars of times that are not an interval. */
export function calendarsOf({ cron, calendar }: ScheduleTimes): CalendarTimes[] {
  if (cron !== undefined) {
    const read = readCron(cron)
    return read.ok ? read.calendars : []
  }
  // Hours and minutes would mix if times of different minutes stood in one calendar.
  return (calendar?.at ?? []).map((time) => ({
    hour: [Number(time.slice(0, 2))],
    minute: [Number(time.slice(3))],
    dayOfMonth: calendar?.days ?? [],
    month: calendar?.months ?? [],
    dayOfWeek: (calendar?.weekdays ?? []).map((day) => weekdays.indexOf(day)),
  }))
}
