import { customType, timestamp } from 'drizzle-orm/pg-core'

/** A moment, to the millisecond, as JavaScript has it. */
export const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })

/**
 * JSON as PostgreSQL can hold it. People, models and other programs send NUL and half surrogate pairs, which `jsonb`
 * refuses: a run must not stand still for that, so they are left out on the way in.
 */
export const jsonb = customType<{ data: unknown; driverData: string }>({
  dataType: () => 'jsonb',
  toDriver: (value) => JSON.stringify(value).replace(unholdable, '$1'),
})
/** Their escapes as `JSON.stringify` writes them, behind an even number of backslashes. */
const unholdable = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g
