import { z } from 'zod'
import type { Page } from '../../shared/contract/api/page.ts'
import { Refusal } from '../../shared/contract/errors.ts'

/** Where the next page begins: the sort key of the last row, opaque to clients. */
const cursorOf = (key: unknown[]): string => Buffer.from(JSON.stringify(key)).toString('base64url')

/** Keys that lists are sorted by. What they let through can stand in a query as it is. */
export const TimeKey = z.tuple([
  // Just as this side writes it: PostgreSQL knows no year 0000, nor 400 digits of a second.
  z.iso.datetime({ precision: 3 }).refine((time) => !time.startsWith('0000')),
  z.guid(),
])
/** Of requests: the moment, and their place in the definition with their id. */
export const PlaceKey = z.tuple([TimeKey.def.items[0], z.string().regex(/^[\d.: a-f-]{1,1000}$/)])
export const NameKey = z.tuple([
  z
    .string()
    .max(300)
    .refine((name) => !name.includes('\u0000')),
  z.guid(),
])
export const TextKey = z.tuple([
  z
    .string()
    .max(300)
    .refine((name) => !name.includes('\u0000')),
])
export const NumberKey = z.tuple([z.int().min(0).max(2_147_483_647)])

/** @throws Refusal `Malformed` for a cursor that this list did not give */
export function readCursor<Key extends z.ZodType>(
  cursor: string | undefined,
  key: Key,
): z.output<Key> | undefined {
  if (cursor === undefined) return undefined
  try {
    return key.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw new Refusal('Malformed', 'cursor: not a cursor of this list; take it from nextCursor', {
      problems: [{ path: 'cursor', message: 'not a cursor of this list; take it from nextCursor' }],
    })
  }
}

/** A page out of `limit + 1` rows: the one too many says that there is more. */
export function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  shape: { item: (row: Row) => Item; key: (row: Row) => unknown[] },
): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(shape.item),
    nextCursor: rows.length > limit && last ? cursorOf(shape.key(last)) : null,
  }
}

/** A text as a pattern of LIKE that finds it anywhere. */
export const anywhere = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
