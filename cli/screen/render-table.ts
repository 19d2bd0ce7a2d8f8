import { paint, type Span, show, textOf, wrapSpans } from './spans.ts'
import { cutTo, padTo, widthOf } from './width.ts'

type Align = 'left' | 'right' | 'center' | null
const gap = '  '
/** Columns narrower than this are no longer readable: then each row becomes a small list. */
const narrowest = 8

/** A table in columns that fit the width, cells wrapped; or, where that would be too narrow, a list per row. */
export function renderTable(header: Span[][], rows: Span[][][], align: Align[], columns: number): string[] {
  const natural = header.map((cell, index) =>
    Math.max(
      ...[cell, ...rows.map((row) => row[index] ?? [])].map((one) =>
        Math.max(...textOf(one).split('\n').map(widthOf)),
      ),
    ),
  )
  const widths = fitted(natural, columns - gap.length * (header.length - 1))
  if (!widths) return asLists(header, rows, columns)
  const rule = widths.map((width) => paint('dim', '─'.repeat(width))).join(gap)
  return [...rowLines(header, widths, align), rule, ...rows.flatMap((row) => rowLines(row, widths, align))]
}

/** The natural widths, the widest taken from until all fit; undefined when they would get too narrow. */
function fitted(natural: number[], room: number): number[] | undefined {
  const widths = [...natural]
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths))
    if ((widths[widest] ?? 0) <= narrowest) return undefined
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

function rowLines(row: Span[][], widths: number[], align: Align[]): string[] {
  const cells = widths.map((width, index) => wrapSpans(row[index] ?? [], width))
  const height = Math.max(...cells.map(({ length }) => length))
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, index) => {
        const spans = lines[line] ?? []
        const width = widths[index] ?? 0
        const space = ' '.repeat(Math.max(0, width - widthOf(textOf(spans))))
        return align[index] === 'right' ? space + show(spans) : show(spans) + space
      })
      .join(gap)
      .trimEnd(),
  )
}

const asLists = (header: Span[][], rows: Span[][][], columns: number): string[] =>
  rows.flatMap((row, index) => [
    ...(index > 0 ? [''] : []),
    ...row.flatMap((cell, at) =>
      wrapSpans([...(header[at] ?? []), { text: ': ', styles: [] }, ...cell], columns).map(show),
    ),
  ])

/** Rows of plain texts in columns, for listings; the last column is cut where the line would be too long. */
export function alignColumns(rows: string[][], columns: number): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => widthOf(row[index] ?? ''))))
  return rows.map((row) =>
    cutTo(
      row
        .map((cell, index) => padTo(cell, widths[index] ?? 0))
        .join(gap)
        .trimEnd(),
      columns,
    ),
  )
}
