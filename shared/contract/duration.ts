import { z } from 'zod'

const pattern =
  /^P(?=\d|T\d)(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/

/** An ISO 8601 duration of weeks, days, hours, minutes and seconds (months and years have no fixed length). */
export const Duration = z
  .string()
  .regex(pattern, 'a duration is written in ISO 8601, for example PT30S, PT2H or P3D')

/** Milliseconds of an ISO 8601 duration that `Duration` accepted. */
export function milliseconds(duration: string): number {
  const [, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = (pattern.exec(duration) ?? []).map(
    (part) => Number(part ?? 0),
  )
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}
