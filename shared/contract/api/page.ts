import { z } from 'zod'

/** `?limit=&cursor=` of every list. A cursor is opaque: it comes from `nextCursor`. */
export const pageQuery = {
  limit: z.coerce
    .number({ error: 'a whole number from 1 to 100' })
    .int('a whole number from 1 to 100')
    .min(1)
    .max(100)
    .default(20),
  cursor: z.string().max(1_000).optional(),
}
export const PageQuery = z.object(pageQuery)
export type PageQuery = z.infer<typeof PageQuery>

export interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
