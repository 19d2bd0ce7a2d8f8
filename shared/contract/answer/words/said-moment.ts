import type { Day } from './calendar.ts'
import { takeTime } from './clock.ts'
import { dateWords } from './date-words.ts'
import { isoDateOf } from './iso-date.ts'
import { saidDay } from './relative-day.ts'
import { minutesAhead } from './time-span.ts'
import { instantOf, localOf, type Zone } from './zone.ts'

/** `instant` (milliseconds, in whole seconds) only where a time of day was said. */
export type SaidMoment = { day: Day; instant?: number } | { problem: string }

const MINUTE = 60_000
/** The longest date that people say has some 60 characters. */
const LONGEST = 200
const UNREADABLE = { problem: 'is not a date I can read' }

/** The date, and perhaps the time, that words mean at `now` (milliseconds) in a zone. */
export function saidMoment(text: string, now: number, zone: Zone, withTime: boolean): SaidMoment {
  const iso = isoDateOf(text, zone)
  if (iso !== undefined) return iso === 'impossible' ? { problem: 'is not a date and time that exists' } : iso
  if (text.length > LONGEST) return UNREADABLE
  const words = dateWords(text)
  const today = localOf(now, zone).day
  const at = (instant: number) => ({ day: localOf(instant, zone).day, instant })

  const minutes = minutesAhead(words)
  // Whole minutes: nobody who says "in 2 hours" means the second.
  if (minutes !== undefined) return at((Math.floor(now / MINUTE) + minutes) * MINUTE)

  const whole = saidDay(words, today)
  // "Friday 15.30" is no day, but a day and a time.
  if (whole && ('day' in whole || !withTime)) return whole
  const { rest, second, impossible } = takeTime(words)
  if (impossible) return { problem: 'holds a time that does not exist' }
  if (rest === '' && second !== undefined) {
    if (!withTime) return UNREADABLE
    // A time alone is the next one: today if it is still ahead, otherwise tomorrow.
    const soon = instantOf({ day: today, second }, zone)
    return at(soon > now ? soon : instantOf({ day: today + 1, second }, zone))
  }
  const said = saidDay(rest, today) ?? whole ?? UNREADABLE
  if ('problem' in said || second === undefined) return said
  return at(instantOf({ day: said.day, second }, zone))
}
