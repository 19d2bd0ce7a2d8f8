import { textOf } from '../content/blocks.ts'
import { linesOf } from '../look/measure-text.ts'
import { pointsPerInch } from './frame.ts'
import type { Line, Piece } from './lines.ts'
import { measureTable, rowHeights } from './measure-table.ts'

/** Calibri's own line height. */
const lineHeight = 1.22

/** Points of indentation per list level, at a text size. */
export const indentOf = (size: number): number => size * 1.25

/** Letters of a line, given the slide's text size. */
export const sizeOf = (line: Line, size: number): number =>
  line.role === 'code' ? size * 0.75 : line.level > 0 ? Math.max(size - 2, 14) : size

/** Points above a paragraph that follows another. */
export const gapAbove = (line: Line, size: number): number => {
  if (line.role === 'code') return 0
  if (line.role === 'heading') return size * 0.7
  return line.level > 0 ? size * 0.2 : size * 0.4
}

/** Inches between a table and what is above or below. */
export const tableGap = 0.18

/** Inches that a piece takes. @param isFirst nothing above it */
export const heightOf = (piece: Piece, width: number, size: number, isFirst: boolean): number => {
  if (piece.kind === 'rows') {
    const rows = rowHeights(piece, measureTable(piece.table, width, size))
    return rows.reduce((sum, one) => sum + one, 0) + tableGap * (isFirst ? 1 : 2)
  }
  const letters = sizeOf(piece, size)
  const room = width * pointsPerInch - indentOf(size) * (piece.level + (piece.marker ? 1 : 0))
  // Bold and fixed-width letters run wider than the measure knows.
  const stretch = piece.role === 'code' ? 1.18 : piece.role === 'heading' ? 1.06 : 1.02
  const lines = linesOf(textOf(piece.spans), room / letters / stretch)
  return (lines * letters * lineHeight + (isFirst ? 0 : gapAbove(piece, size))) / pointsPerInch
}
