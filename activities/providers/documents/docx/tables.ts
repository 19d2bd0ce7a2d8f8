import {
  AlignmentType,
  BorderStyle,
  Paragraph,
  type ParagraphChild,
  ShadingType,
  Table,
  TableCell,
  TableLayoutType,
  TableRow,
  VerticalAlign,
  WidthType,
} from 'docx'
import { type Align, type Span, type TableBlock, textOf } from '../content/blocks.ts'
import type { Palette } from '../look/colour.ts'
import { isRightToLeft } from '../look/scripts.ts'
import { alignmentOf, columnWidths } from '../look/table-columns.ts'
import { runsOf } from './runs.ts'

const padding = { left: 100, right: 100, top: 50, bottom: 50 }
const none = { style: BorderStyle.NONE, size: 0, color: 'auto' }

/** A table of up to this many rows stays on one page; a longer one breaks between rows and repeats its header. */
const togetherUpTo = 12

/** @param width of the text area, in twentieths of a point */
export const tableOf = (block: TableBlock, width: number, palette: Palette): Table => {
  const em = 200 * 1.08 // 10 points; bold words run wider than the measure knows
  const align = alignmentOf(block)
  const widths = columnWidths(block, width, em, padding.left + padding.right).map(Math.floor)
  const rightToLeft = isRightToLeft(block.header.map(textOf).join(' ') || textOf(block.rows[0]?.[0] ?? []))
  const hasHeader = block.header.some((cell) => textOf(cell).trim())
  const together = block.rows.length <= togetherUpTo

  const cellOf = (cell: Span[], column: number, row: number | 'header') => {
    const isHeader = row === 'header'
    const runs = runsOf(cell, isHeader ? { bold: true, color: palette.onPrimary } : {})
    return new TableCell({
      width: { size: widths[column] ?? 0, type: WidthType.DXA },
      verticalAlign: isHeader ? VerticalAlign.BOTTOM : VerticalAlign.TOP,
      ...(isHeader ? { shading: { type: ShadingType.CLEAR, fill: palette.primary } } : {}),
      children: [
        paragraphOf(runs, align[column], cell, isHeader || (together && row < block.rows.length - 1)),
      ],
    })
  }
  const rowOf = (cells: Span[][], row: number | 'header') =>
    new TableRow({
      cantSplit: true,
      ...(row === 'header' ? { tableHeader: true } : {}),
      children: block.header.map((_, column) => cellOf(cells[column] ?? [], column, row)),
    })
  return new Table({
    width: { size: widths.reduce((one, other) => one + other, 0), type: WidthType.DXA },
    columnWidths: widths,
    layout: TableLayoutType.FIXED,
    margins: { marginUnitType: WidthType.DXA, ...padding },
    borders: {
      top: none,
      left: none,
      right: none,
      insideVertical: none,
      insideHorizontal: { style: BorderStyle.SINGLE, size: 4, color: palette.rule },
      bottom: { style: BorderStyle.SINGLE, size: 8, color: palette.primary },
    },
    ...(rightToLeft ? { visuallyRightToLeft: true } : {}),
    rows: [...(hasHeader ? [rowOf(block.header, 'header')] : []), ...block.rows.map(rowOf)],
  })
}

const sides = { left: AlignmentType.LEFT, center: AlignmentType.CENTER, right: AlignmentType.RIGHT }

const paragraphOf = (children: ParagraphChild[], align: Align = 'left', cell: Span[], keepNext: boolean) => {
  const bidirectional = isRightToLeft(textOf(cell))
  return new Paragraph({
    style: 'TableText',
    ...(keepNext ? { keepNext } : {}),
    // Left is where a line starts: in right-to-left text that is the other side, which Word finds by itself.
    ...(align === 'left' ? {} : { alignment: sides[align] }),
    ...(bidirectional ? { bidirectional } : {}),
    children,
  })
}
