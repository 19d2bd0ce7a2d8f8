import { type Day, isoDay, sayDay } from './calendar.ts'

const MINUTE = 60_000
const DAY = 86_400_000

/** A moment on the clock of a zone: the day, and the second of that day. */
export type Local = { day: Day; second: number }
export type Zone = { offsetAt(instant: number): number }

/**
 * Offsets in whole minutes, from the zone data of the runtime. An unknown zone is UTC: this runs in workflow code,
 * where throwing would stall the run for ever, and settings refuse such a zone before it gets here.
 */
export function zoneOf(timeZone: string): Zone {
  const format = formatOf(timeZone)
  return {
    offsetAt(instant) {
      const name = format?.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? ''
      const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(name) ?? []
      const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0)
      return sign === '-' ? 0 - offset : offset
    },
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  } catch {
    return undefined
  }
}

export function localOf(instant: number, zone: Zone): Local {
  const local = instant + zone.offsetAt(instant) * MINUTE
  const day = Math.floor(local / DAY)
  return { day, second: Math.floor((local - day * DAY) / 1000) }
}

/** A time that the clocks skip moves forward by the gap; of a time that comes twice, the first. */
export function instantOf({ day, second }: Local, zone: Zone): number {
  const local = day * DAY + second * 1000
  const before = zone.offsetAt(local - DAY)
  const after = zone.offsetAt(local + DAY)
  const instants = [before, after].map((offset) => ({ offset, instant: local - offset * MINUTE }))
  const real = instants.filter(({ offset, instant }) => zone.offsetAt(instant) === offset)
  return real.length > 0 ? Math.min(...real.map(({ instant }) => instant)) : local - before * MINUTE
}

const two = (part: number) => String(part).padStart(2, '0')
const clock = (second: number) => `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}`

/** `2026-11-27T15:30:00+01:00` */
export function isoTime(instant: number, zone: Zone): string {
  const { day, second } = localOf(instant, zone)
  const offset = zone.offsetAt(instant)
  const ahead = Math.abs(offset)
  return `${isoDay(day)}T${clock(second)}:${two(second % 60)}${offset < 0 ? '-' : '+'}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`
}

/** `Friday 27 November 2026 at 15:30` */
export function sayTime(instant: number, zone: Zone): string {
  const { day, second } = localOf(instant, zone)
  return `${sayDay(day)} at ${clock(second)}`
}
