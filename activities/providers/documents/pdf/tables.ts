import { type Align, type Span, type TableBlock, textOf } from '../content/blocks.ts'
import { alignmentOf, columnWidths } from '../look/table-columns.ts'
import type { Row } from './flow.ts'
import type { Scene } from './paragraphs.ts'
import type { Pen, Tag } from './pen.ts'
import { type Line, setLines } from './set-lines.ts'

const pad = { x: 6, y: 4.5 }

/** A table of up to this many rows stays on one page; a longer one breaks between rows and repeats its header. */
const togetherUpTo = 12

/** A row of up to this many lines stays on one page. */
const rowTogetherUpTo = 24

interface Grid {
  x: number
  columns: { left: number; width: number; align: Align }[]
  size: number
}

export const tableRows = (block: TableBlock, scene: Scene): Row[] => {
  const { pen, palette } = scene
  const size = block.header.length > 8 ? 7.5 : block.header.length > 6 ? 8.5 : 9.5
  const align = alignmentOf(block)
  // Bold words run wider than the measure knows.
  const widths = columnWidths(block, scene.width, size * 1.1, pad.x * 2)
  let left = scene.x
  const columns = widths.map((width, column) => {
    const one = { left, width, align: align[column] ?? ('left' as const) }
    left += width
    return one
  })
  const grid: Grid = { x: scene.x, columns, size }
  const table = pen.tag('Table', scene.parent)
  const together = block.rows.length <= togetherUpTo
  const hasHeader = block.header.some((cell) => textOf(cell).trim())
  const header = hasHeader ? stripsOf(block.header, grid, scene, table, { header: true, keep: true }) : []
  const last = block.rows.length - 1
  const rows = block.rows.flatMap((cells, index) =>
    stripsOf(cells, grid, scene, table, {
      ruled: index > 0 || !hasHeader,
      keep: index < last && (together || index === 0 || index === last - 1),
    }).map((strip) => (header.length > 0 ? { ...strip, repeat: header } : strip)),
  )
  const [first, ...rest] = [...header, ...rows]
  const foot: Row = {
    height: 6,
    before: 0,
    keep: false,
    draw: ({ y }) => pen.rule(scene.x, y, scene.width, palette.primary, 1),
  }
  return first ? [{ ...first, before: 10 }, ...rest.map(keepLast(rest.length)), foot] : []
}

/** The closing line stands below the last row. */
const keepLast =
  (count: number) =>
  (row: Row, index: number): Row =>
    index === count - 1 ? { ...row, keep: true } : row

interface Looks {
  header?: true
  /** A line above it. */
  ruled?: boolean
  keep: boolean
}

/** One row of a table as strips, each a line of all its cells, so that even a row longer than a page can be cut. */
const stripsOf = (cells: Span[][], grid: Grid, scene: Scene, table: Tag, looks: Looks): Row[] => {
  const { pen, palette, faces } = scene
  const isHeader = looks.header === true
  const colour = isHeader ? palette.onPrimary : palette.body
  const row = pen.tag('TR', table)
  const lines = grid.columns.map(({ width }, column) => {
    const setting = {
      width: width - pad.x * 2,
      size: grid.size,
      colour,
      linkColour: isHeader ? colour : palette.primaryText,
      bold: isHeader,
    }
    return setLines(cells[column] ?? [], setting, faces)
  })
  const tags = grid.columns.map(() =>
    pen.tag(isHeader ? 'TH' : 'TD', row, isHeader ? { scope: 'Column' } : {}),
  )
  const count = Math.max(...lines.map((one) => one.length))
  const height = grid.size * 1.3
  return Array.from({ length: count }, (_, index): Row => {
    const isFirst = index === 0
    const isLast = index === count - 1
    const above = isFirst ? pad.y : 0
    const below = isLast ? pad.y : 0
    return {
      height: height + above + below,
      before: 0,
      keep: isLast ? looks.keep : isHeader || count <= rowTogetherUpTo || isFirst || index === count - 2,
      draw: ({ y, again }) => {
        if (isHeader)
          pen.box(scene.x, y, scene.width, height + above + below + (isLast ? 0 : 0.3), palette.primary)
        else if (isFirst && looks.ruled) pen.rule(scene.x, y, scene.width, palette.rule, 0.6)
        grid.columns.forEach((column, at) => {
          const all = lines[at] ?? []
          // Headers end on one line, rows begin on one.
          const line = all[isHeader ? index - count + all.length : index]
          if (line) drawCell(pen, line, column, y + above + height * 0.74, again ? undefined : tags[at])
        })
      },
    }
  })
}

const drawCell = (
  pen: Pen,
  line: Line,
  { left, width, align }: Grid['columns'][number],
  baseline: number,
  tag: Tag | undefined,
): void => {
  const room = width - pad.x * 2 - line.width
  const x = left + pad.x + (align === 'right' ? room : align === 'center' ? room / 2 : 0)
  pen.line(line, x, baseline, tag)
}
