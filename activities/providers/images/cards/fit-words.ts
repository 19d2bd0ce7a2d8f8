import { emsOf, linesOf } from '../../documents/look/measure-text.ts'
import { isRightToLeft } from '../../documents/look/scripts.ts'
import { type Element, words } from './element.ts'

/** Letters whose widths the measure knows well enough. */
const measured = /^[\u0020-\u024f\u2010-\u205e]*$/

/** How much wider than the measure's font the letters of the cards run. */
const stretch = { regular: 1.06, bold: 1.12 }

/** The room for a text, in pixels, and the largest and smallest letters it may have there. */
export interface Room {
  width: number
  height: number
  most: number
  least: number
  bold?: true
  /** Of a line, in letter sizes. */
  leading?: number
}

export interface Fitted {
  text: string
  size: number
  lines: number
  height: number
  /** Whether it stands there whole, by widths that are known: then its lines may be evened out. */
  isSure: boolean
  room: Room
}

/** The largest letters at which the text stands in its room. What does not fit at the smallest ends in `…`. */
export function fitWords(text: string, room: Room): Fitted {
  const { width, height, most, least, leading = 1.3 } = room
  const share = room.bold ? stretch.bold : stretch.regular
  const longest = Math.max(...text.split(/\s+/).map(emsOf)) * share
  // A word that is too long even for the smallest letters is broken; any other stays whole.
  const whole = longest * least <= width
  const linesAt = (size: number) => linesOf(text, width / (size * share))
  const fits = (size: number) =>
    linesAt(size) * size * leading <= height && (!whole || longest * size <= width)
  let size = most
  while (size > least && !fits(size)) size = Math.max(least, size * 0.95)
  const lines = Math.max(1, Math.min(linesAt(size), Math.floor(height / (size * leading) + 0.01)))
  const isSure = fits(size) && measured.test(text) && lines <= 5 && !text.includes('\n')
  return { text, size, lines, height: lines * size * leading, isSure, room }
}

/** The fitted text, aligned to the side where its card begins. */
export const setWords = (
  { text, size, lines, isSure, room }: Fitted,
  colour: string,
  { mirrored, ...more }: { mirrored: boolean; [style: string]: string | number | boolean },
): Element =>
  words(text, {
    width: room.width,
    fontSize: size,
    fontWeight: room.bold ? 700 : 400,
    lineHeight: room.leading ?? 1.3,
    color: colour,
    whiteSpace: 'pre-wrap',
    wordBreak: 'break-word',
    textAlign: mirrored ? 'right' : 'left',
    direction: isRightToLeft(text) ? 'rtl' : 'ltr',
    ...(isSure ? { textWrap: 'balance' } : { lineClamp: lines }),
    ...(more as Record<string, string | number>),
  })
