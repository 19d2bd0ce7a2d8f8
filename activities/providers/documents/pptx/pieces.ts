import type { Palette } from '../look/colour.ts'
import type { Sheet } from './flow.ts'
import { type Box, pointsPerInch } from './frame.ts'
import { gapAbove, heightOf, tableGap } from './heights.ts'
import type { Slide } from './library.ts'
import { type Line, numberedListOf, type Piece } from './lines.ts'
import { paragraphsOf } from './runs.ts'
import { addTable } from './tables.ts'

/**
 * Only paragraphs, and at most one numbered list: LibreOffice counts on from one list into the next within a text box,
 * so a second one gets its own.
 */
export const fitsOneBox = (pieces: Piece[]): boolean =>
  pieces.every((piece) => piece.kind === 'line') &&
  new Set(pieces.map(numberedListOf).filter((list) => list !== undefined)).size <= 1

/** In one box, the layout's own: its words then show in PowerPoint's outline. */
export const addBody = (slide: Slide, { pieces, size }: Sheet, palette: Palette): void => {
  const lines = pieces.filter((piece) => piece.kind === 'line')
  slide.addText(paragraphsOf(lines, size, palette), { placeholder: 'Body' })
}

/** From the top down: paragraphs share a box while they follow each other, tables stand between. */
export const addPieces = (slide: Slide, { pieces, size }: Sheet, box: Box, palette: Palette): void => {
  let y = box.y
  let lines: Line[] = []
  const flush = () => {
    const [first] = lines
    if (!first) return
    const gap = y === box.y ? 0 : gapAbove(first, size) / pointsPerInch
    const h = lines.reduce((sum, line, index) => sum + heightOf(line, box.w, size, index === 0), 0)
    const place = { x: box.x, y: y + gap, w: box.w, h }
    slide.addText(paragraphsOf(lines, size, palette), { ...place, margin: 0, valign: 'top' })
    y += gap + h
    lines = []
  }
  for (const [index, piece] of pieces.entries()) {
    if (piece.kind === 'line') {
      if (!fitsOneBox([...lines, piece])) flush()
      lines.push(piece)
    } else {
      flush()
      addTable(slide, piece, { x: box.x, y: y + (index ? tableGap : 0), w: box.w }, size, palette)
      y += heightOf(piece, box.w, size, index === 0)
    }
  }
  flush()
}
