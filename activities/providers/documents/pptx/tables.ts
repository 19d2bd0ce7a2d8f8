import { type Span, textOf } from '../content/blocks.ts'
import type { Palette } from '../look/colour.ts'
import { isRightToLeft } from '../look/scripts.ts'
import type { Box } from './frame.ts'
import type { Cell, Row, Slide } from './library.ts'
import type { Rows } from './lines.ts'
import { cellPadding, measureTable, rowHeights } from './measure-table.ts'
import { runsOf } from './runs.ts'

/** A native table, as wide as the box. @param size of the slide's text, in points */
export const addTable = (
  slide: Slide,
  piece: Rows,
  { x, y, w }: Pick<Box, 'x' | 'y' | 'w'>,
  size: number,
  palette: Palette,
): void => {
  const { table, from, to } = piece
  const measured = measureTable(table, w, size)
  // The library cannot turn a table round: in right-to-left scripts its columns are given from the last.
  const rightToLeft = isRightToLeft(table.header.map(textOf).join(' '))
  const order = rightToLeft ? [...table.header.keys()].reverse() : [...table.header.keys()]
  const alignOf = (column: number) =>
    rightToLeft && !table.align[column] ? 'right' : (measured.align[column] ?? 'left')
  const none = { type: 'none' as const }
  const rowOf = (cells: Span[][], row: number): Row => {
    const isHeader = row < 0
    const isLast = row === to - from - 1
    const line = {
      type: 'solid' as const,
      pt: isLast ? 1.25 : 0.75,
      color: isLast ? palette.primary : palette.rule,
    }
    return order.map((column) => {
      const color = isHeader ? palette.onPrimary : palette.body
      const style = {
        color,
        align: alignOf(column),
        fontSize: measured.letters,
        ...(isHeader ? { bold: true } : {}),
        ...(rightToLeft ? { rtlMode: true } : {}),
      }
      return {
        text: runsOf(cells[column]?.length ? (cells[column] ?? []) : [{ text: '' }], palette, style),
        options: {
          ...style,
          valign: isHeader ? ('bottom' as const) : ('top' as const),
          border: [none, none, isHeader ? none : line, none],
          ...(isHeader ? { fill: { color: palette.primary } } : {}),
        },
      } as Cell
    })
  }
  slide.addTable([rowOf(table.header, -1), ...table.rows.slice(from, to).map(rowOf)], {
    x,
    y,
    w,
    colW: order.map((column) => measured.columns[column] ?? 1),
    rowH: rowHeights(piece, measured),
    margin: [cellPadding.y, cellPadding.x, cellPadding.y, cellPadding.x],
    autoPage: false, // the flow has cut it already
  })
}
