import { type Day, dayOf, isCivil, isDay } from './calendar.ts'
import { instantOf, localOf, type Zone } from './zone.ts'

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s?(?:(Z)|([+-])(\d{2}):?(\d{2}))?)?$/i

/** `instant` only where a time of day was given; without an offset that is the time of the zone. */
export type IsoDate = { day: Day; instant?: number }

/** An ISO 8601 date or date-time, to the second; `undefined` for other text, `'impossible'` for 2026-02-30. */
export function isoDateOf(text: string, zone: Zone): IsoDate | 'impossible' | undefined {
  const parts = ISO.exec(text.trim())
  if (!parts) return undefined
  const part = (index: number) => Number(parts[index] ?? 0)
  const civil = { year: part(1), month: part(2), day: part(3) }
  if (!isCivil(civil)) return 'impossible'
  const day = dayOf(civil)
  if (parts[4] === undefined) return { day }
  const second = part(4) * 3600 + part(5) * 60 + part(6)
  // 24:00 is the end of the day.
  if (second > 86_400 || part(5) > 59 || part(6) > 59 || part(9) > 18 || part(10) > 59) return 'impossible'
  const offset = (part(9) * 60 + part(10)) * (parts[8] === '-' ? -1 : 1)
  const isAbsolute = parts[7] !== undefined || parts[8] !== undefined
  const instant = isAbsolute
    ? day * 86_400_000 + second * 1000 - offset * 60_000
    : instantOf({ day, second }, zone)
  const local = localOf(instant, zone)
  return isDay(local.day) ? { day: local.day, instant } : 'impossible'
}
