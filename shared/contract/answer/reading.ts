/**
 * What reading an answer gives. A wrong answer is a value, not an error: the question is asked again with the
 * reason, which is one or two sentences for the person who answered.
 */
export type Reading<Value> = { ok: true; value: Value } | { ok: false; reason: string }

/** When and where an answer was given: an ISO instant, and the IANA time zone of the workspace. */
export type Moment = { now: string; timeZone: string }

/** One kind of answer. `describe` echoes a value that was read, so that a person can see how they were understood. */
export type KindOfAnswer<Kind, Value> = {
  read(given: unknown, kind: Kind, moment: Moment): Reading<Value>
  describe(value: Value, kind: Kind, timeZone: string): string
}

/** Longer words than this are not read as a number, a date or a choice: nobody says a date in a page. */
const LONGEST_WORDS = 10_000
const SHOWN = 80

export const accept = <Value>(value: Value): Reading<Value> => ({ ok: true, value })
export const refuse = (reason: string): Reading<never> => ({ ok: false, reason })

/** At most 80 characters on one line; counted in code points, so that no emoji is cut in two. */
export function cut(text: string): string {
  // 4 × is enough for any 80 code points and keeps a megabyte from being spread into an array.
  const line = text
    .slice(0, SHOWN * 4)
    .toWellFormed()
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim()
  const points = Array.from(line)
  const whole = points.length <= SHOWN && text.length <= SHOWN * 4
  return whole ? line : `${points.slice(0, SHOWN - 1).join('')}…`
}

/** What came, as it is named in a reason. */
export function came(given: unknown): string {
  if (typeof given === 'string') return given.trim() === '' ? 'An empty answer' : `“${cut(given)}”`
  if (typeof given === 'number' || typeof given === 'boolean') return `“${given}”`
  if (Array.isArray(given)) return given.length === 0 ? 'An empty list' : 'A list'
  return isObject(given) ? 'An object' : 'An empty answer'
}

/** “What came” did not fit; what is expected; an example. */
export const misfit = (given: unknown, problem: string, please: string): Reading<never> =>
  refuse(`${came(given)} ${problem}. ${please}`)

export const isTooLong = (given: unknown): boolean =>
  typeof given === 'string' && given.length > LONGEST_WORDS

/** Text as it may be stored: PostgreSQL's jsonb takes neither NUL nor half a surrogate pair. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '').trim()

export const lengthOf = (text: string): number => Array.from(text).length

export const isObject = (given: unknown): given is Record<string, unknown> =>
  typeof given === 'object' && given !== null && !Array.isArray(given)
