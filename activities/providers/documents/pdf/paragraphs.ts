import type { Span } from '../content/blocks.ts'
import type { Hex, Palette } from '../look/colour.ts'
import type { Row } from './flow.ts'
import type { Pen, Tag } from './pen.ts'
import { setLines } from './set-lines.ts'
import type { Typefaces } from './typefaces.ts'

/** What is being written, and where: `x` and `width` are those of the text area, in points. */
export interface Scene {
  pen: Pen
  faces: Typefaces
  palette: Palette
  x: number
  width: number
  /** What the next block becomes a part of. */
  parent: Tag
  /** How deep in lists; 0 outside. */
  depth: number
  quoted?: true
}

export interface ParagraphLook {
  size: number
  colour: Hex
  before: number
  /** Of a line, as a multiple of the size. */
  leading: number
  bold?: boolean
  italic?: boolean
  keepNext?: boolean
  keepTogether?: boolean
}

export const bodySize = 10.5

export const bodyLook = ({ palette, quoted }: Scene): ParagraphLook => ({
  size: bodySize,
  colour: quoted ? '404040' : palette.body,
  before: 7,
  leading: 1.42,
  ...(quoted ? { italic: true } : {}),
})

/** The baseline of a line in its row, as a share of the row's height. */
const baselineAt = (leading: number): number => 0.5 + 0.33 / leading

export const paragraph = (spans: Span[], scene: Scene, look: ParagraphLook, tag: Tag): Row[] => {
  const { pen, faces, palette, x, width } = scene
  const lines = setLines(spans, { ...look, width, linkColour: palette.primaryText }, faces)
  const height = look.size * look.leading
  return lines.map((line, index) => ({
    height,
    before: index === 0 ? look.before : 0,
    keep: keepsNext(index, lines.length, look),
    draw: ({ y }) => pen.line(line, x, y + height * baselineAt(look.leading), tag),
  }))
}

/** Neither the first nor the last line of a paragraph stands alone on a page. */
const keepsNext = (index: number, lines: number, look: ParagraphLook): boolean => {
  if (index === lines - 1) return look.keepNext ?? false
  return look.keepTogether || index === 0 || index === lines - 2
}
