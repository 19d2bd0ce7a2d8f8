import { type Align, type Span, type TableBlock, textOf } from '../content/blocks.ts'
import { linesOf } from '../look/measure-text.ts'
import { alignmentOf, columnWidths } from '../look/table-columns.ts'
import { pointsPerInch } from './frame.ts'
import type { Rows } from './lines.ts'

/** Points around the text of a cell. */
export const cellPadding = { x: 7, y: 4 }

/** A whole table at one width and text size. Inches, but `letters` in points. */
export interface MeasuredTable {
  letters: number
  align: Align[]
  columns: number[]
  header: number
  rows: number[]
}

/** Each slide of a long table asks anew, and the answer is the work of thousands of cells. */
const measured = new WeakMap<TableBlock, Map<string, MeasuredTable>>()

/** @param size of the slide's text, in points */
export const measureTable = (table: TableBlock, width: number, size: number): MeasuredTable => {
  const known = measured.get(table) ?? new Map<string, MeasuredTable>()
  measured.set(table, known)
  const key = `${width} ${size}`
  const answer = known.get(key) ?? measure(table, width, size)
  known.set(key, answer)
  return answer
}

/** Bold cells run wider than the measure knows. */
const stretch = 1.06
const lineHeight = 1.22

const measure = (table: TableBlock, width: number, size: number): MeasuredTable => {
  const letters = Math.max(Math.min(Math.round(size * 0.8), 18) - (table.header.length > 6 ? 3 : 0), 10)
  const em = (letters * stretch) / pointsPerInch
  const columns = columnWidths(table, width, em, (2 * cellPadding.x + 1) / pointsPerInch)
  const height = (row: Span[][]): number => {
    const lines = row.map((cell, column) =>
      linesOf(textOf(cell), ((columns[column] ?? 1) - (2 * cellPadding.x) / pointsPerInch) / em),
    )
    return (Math.max(1, ...lines) * letters * lineHeight + 2 * cellPadding.y) / pointsPerInch
  }
  return {
    letters,
    align: alignmentOf(table),
    columns,
    header: height(table.header),
    rows: table.rows.map(height),
  }
}

/** Of a header and the given rows. */
export const rowHeights = ({ from, to }: Rows, { header, rows }: MeasuredTable): number[] => [
  header,
  ...rows.slice(from, to),
]
