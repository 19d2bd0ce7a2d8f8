import { z } from 'zod'

/** A CSS hex colour, `#rrggbb`. */
export const Colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'a colour is written #rrggbb')

/** How a workspace looks and sounds. It shapes drafts, reviews and documents. */
export const Brand = z.strictObject({
  /** The organisation's name as it stands on documents. */
  name: z.string().trim().min(1).max(120),
  colours: z.strictObject({
    /** Headings, bars, the first series of a chart. */
    primary: Colour,
    /** Rules, highlights, the second series. */
    accent: Colour,
  }),
  /** How the organisation writes, in its own words. */
  voice: z.string().max(4_000),
  words: z.strictObject({
    use: z.array(z.string().min(1).max(100)).max(200),
    avoid: z.array(z.string().min(1).max(100)).max(200),
  }),
})
export type Brand = z.infer<typeof Brand>

export const defaultBrand: Brand = {
  name: 'My workspace',
  colours: { primary: '#1f3a5f', accent: '#e07a3f' },
  voice: '',
  words: { use: [], avoid: [] },
}
