import type { Hex, Palette } from '../../documents/look/colour.ts'
import { contrast, paletteOf } from '../../documents/look/colour.ts'
import { isRightToLeft } from '../../documents/look/scripts.ts'
import { type Element, row, words } from './element.ts'
import type { CardRequest } from './port.ts'

/** What every template lays out on: the measures and colours of one card. */
export interface Sheet {
  width: number
  height: number
  /** The module of the layout, in pixels: a sixteenth of the width of a card of 16:9. */
  unit: number
  /** Between the edge and what is said. */
  margin: number
  /** The same as CSS writes it: the foot sits a little lower than the sides are wide. */
  padding: string
  /** Room for words: inside the margins, above the foot. */
  inner: { width: number; height: number }
  palette: Palette
  /** Whether it reads from the right. */
  mirrored: boolean
  brand: string
  /** What stands quietly at the foot, beside the brand. */
  notes: string[]
  footHeight: number
}

/** Below this, in pixels of the shorter side, a foot could not be read. */
const smallestWithFoot = 200

export function sheetOf({ size, brand, label, title, text }: CardRequest, note: string | undefined): Sheet {
  // A standing card is looked at from as near as a lying one, so its letters take more of its width.
  const columns = Math.min(16, Math.max(11.5, 14 + 2.5 * Math.log2(size.width / size.height)))
  const unit = Math.min(size.width / columns, size.height / 9)
  const margin = Math.round(unit)
  const bottom = Math.round(unit * 0.8)
  const hasFoot = Math.min(size.width, size.height) >= smallestWithFoot
  const footHeight = hasFoot ? Math.round(unit * 0.8) : 0
  return {
    ...size,
    unit,
    margin,
    padding: `${margin}px ${margin}px ${bottom}px`,
    inner: { width: size.width - margin * 2, height: size.height - margin - bottom - footHeight },
    palette: paletteOf(brand),
    mirrored: isRightToLeft(`${title ?? ''} ${text ?? ''}`),
    brand: brand.name,
    notes: [label, note].filter((one) => one !== undefined),
    footHeight,
  }
}

/** A colour as CSS writes it. */
export const css = (colour: Hex): string => `#${colour}`

/** The accent on a ground, or the ground's own text colour where the accent would hardly show. */
export const accentOn = (ground: Hex, { accent }: Palette, fallback: Hex): string =>
  css(contrast(accent, ground) >= 1.6 ? accent : fallback)

/** The organisation's name, and beside it what a reader should know of the words. */
export const foot = (sheet: Sheet, colour: string): Element | undefined => {
  const { footHeight, unit, inner, mirrored, brand, notes } = sheet
  if (footHeight === 0 || (brand === '' && notes.length === 0)) return undefined
  const size = Math.max(11, unit * 0.32)
  const line = { fontSize: size, lineHeight: 1.2, color: colour, lineClamp: 1 }
  const hasNotes = notes.length > 0
  return row(
    {
      height: footHeight,
      width: inner.width,
      alignItems: 'flex-end',
      justifyContent: 'space-between',
      flexDirection: mirrored ? 'row-reverse' : 'row',
      flexShrink: 0,
    },
    words(brand, { ...line, fontWeight: 700, maxWidth: inner.width * (hasNotes ? 0.5 : 1) }),
    hasNotes && words(notes.join(' · '), { ...line, fontSize: size * 0.85, maxWidth: inner.width * 0.48 }),
  )
}
