import { type Align, type Span, type TableBlock, textOf } from '../content/blocks.ts'
import { emsOf } from './measure-text.ts'

/**
 * Digits with what people put around them: a sign, a currency before or after, per cent, a short unit; a dash alone is
 * "none". Not "Q3 2026" or "14 Oct", which are read as words.
 */
const numeric =
  /^(?:(?:\p{Sc}|[A-Z]{2,3}\s)\s?)?[-+−–±~≈<>≤≥]?\s?\p{Sc}?\s?\d[\d\s.,'’]*(?:\s?(?:[%‰\p{Sc}]|[A-Z]{3}|[a-zA-Zµ]{1,2}|min|pcs|kWh|MWh))?$|^[-–—]$/u

/** What the Markdown asks for, else right for columns of numbers. */
export const alignmentOf = (table: TableBlock): Align[] =>
  table.header.map((_, column) => {
    const cells = table.rows.map((row) => textOf(row[column] ?? []).trim()).filter(Boolean)
    const isNumeric = cells.some((cell) => /\d/.test(cell)) && cells.every((cell) => numeric.test(cell))
    return table.align[column] ?? (isNumeric ? 'right' : 'left')
  })

/**
 * Column widths that sum to `total`. No column is narrower than its longest word while there is room; beyond that
 * space goes by the square root of the text, or one long column would starve the short ones.
 * @param em how wide one em is, in the unit of `total`
 * @param padding of one cell, left and right together
 */
export const columnWidths = (table: TableBlock, total: number, em: number, padding: number): number[] => {
  const columns = table.header.map((cell, column) => [cell, ...table.rows.map((row) => row[column] ?? [])])
  const widest = columns.map((cells) => Math.max(...cells.map(longestLine)) * em + padding)
  const least = columns.map((cells) =>
    Math.min(Math.max(...cells.map(longestWord)) * em + padding, total * 0.4),
  )
  const share = (weights: number[], room: number): number[] => {
    const sum = weights.reduce((one, other) => one + other, 0)
    return weights.map((weight) => (weight / sum) * room)
  }
  if (sumOf(widest) <= total)
    return share(
      widest.map((width) => width + total * 0.03),
      total,
    )
  if (sumOf(least) >= total) return share(least, total)
  const spare = widest.map((width, column) => Math.sqrt(Math.max(width - (least[column] ?? 0), 0)))
  const extra = share(spare, total - sumOf(least))
  return least.map((width, column) => width + (extra[column] ?? 0))
}

const sumOf = (numbers: number[]): number => numbers.reduce((one, other) => one + other, 0)

const longestLine = (cell: Span[]): number => Math.max(...textOf(cell).split('\n').map(emsOf))

const longestWord = (cell: Span[]): number => Math.max(...textOf(cell).split(/\s/).map(emsOf))
