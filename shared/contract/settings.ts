import { z } from 'zod'
import { Duration } from './duration.ts'

const isTimeZone = (zone: string) => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** An IANA time zone such as `Europe/Oslo`. */
export const TimeZone = z.string().refine(isTimeZone, 'a time zone is an IANA name, for example Europe/Oslo')

/** Where a kind of asset lands when the step does not say: the Library, or by e-mail to who started the run. */
export const DeliveryRule = z.enum(['library', 'email'])

/**
 * A workspace's settings. `delivery` is by file type (`docx`, `pptx`, …), `default` for the rest. A run that takes longer than
 * `noticeAfter` (a minute, where it says nothing) is announced in the Inbox when it is done.
 */
export const Settings = z.strictObject({
  timeZone: TimeZone,
  delivery: z.record(
    z.string().regex(/^[a-z0-9]{1,10}$/, 'a file type such as docx, or default'),
    DeliveryRule,
  ),
  noticeAfter: Duration.optional(),
})
export type Settings = z.infer<typeof Settings>

export const defaultSettings: Settings = { timeZone: 'UTC', delivery: { default: 'library' } }
