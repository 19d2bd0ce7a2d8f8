import type { Row, Segment } from './lines.ts'
import type { Rule } from './page-rules.ts'

/** A stretch of rows that reads as a table, or rows that read as lines. */
export type Stretch = { rows: Row[]; table?: string[][] }

type Column = { x: number; right: number }

/** Rows further apart than this (in letter sizes) are not of one table. */
const MAX_GAP = 3.5
/** A line this close below another can be the second line of a cell. */
const CELL_GAP = 1.7

/** Finds tables without drawn cells: rows whose segments stand below each other in at least two columns. */
export const stretchesOf = (rows: readonly Row[], rules: readonly Rule[]): Stretch[] => {
  const stretches: Stretch[] = []
  let plain: Row[] = []
  for (let index = 0; index < rows.length; ) {
    const run = tableRun(rows, index)
    if (run.rows.length === 0) {
      plain.push(rows[index]!)
      index++
      continue
    }
    if (plain.length > 0) stretches.push({ rows: plain })
    plain = []
    stretches.push({ rows: run.rows, table: toTable(run.rows, run.columns, rules) })
    index += run.rows.length
  }
  if (plain.length > 0) stretches.push({ rows: plain })
  return stretches
}

const tableRun = (rows: readonly Row[], start: number): { rows: Row[]; columns: Column[] } => {
  let columns: Column[] = []
  let sure = 0
  const run: Row[] = []
  for (const row of rows.slice(start)) {
    const before = run.at(-1)
    if (before && row.y - before.y > MAX_GAP * Math.max(row.size, before.size)) break
    if (row.segments.some(({ table }) => table)) break
    if (row.segments.length > 1) {
      const wider = addTo(columns, row.segments)
      if (wider.length < 2 || (columns.length > 0 && wider.length < columns.length)) break
      columns = wider
    } else if (!before || !continues(row.segments[0]!, row.y - before.y, columns)) break
    run.push(row)
    if (row.segments.length > 1) sure = run.length
  }
  // Single lines at the end belong to the table only as the rest of its last cells, not of its first column.
  while (run.length > sure && run.at(-1)!.segments[0]!.x < (columns[1]?.x ?? 0)) run.pop()
  const wide = run.filter(({ segments }) => segments.length > 1)
  return wide.length >= 2 ? { rows: run, columns } : { rows: [], columns: [] }
}

/** Segments that overlap stand in one column. */
const addTo = (columns: readonly Column[], segments: readonly Segment[]): Column[] => {
  const merged: Column[] = []
  for (const { x, right } of [...columns, ...segments].sort((a, b) => a.x - b.x)) {
    const last = merged.at(-1)
    if (last && x < last.right) last.right = Math.max(last.right, right)
    else merged.push({ x, right })
  }
  return merged
}

const continues = (segment: Segment, gap: number, columns: readonly Column[]) =>
  gap <= CELL_GAP * segment.size &&
  columns.filter(({ x, right }) => segment.x < right && segment.right > x).length === 1

const toTable = (rows: readonly Row[], columns: readonly Column[], rules: readonly Rule[]): string[][] => {
  const table: { cells: string[]; row: Row }[] = []
  const isNewRow = rowTest(rows, rules)
  for (const [index, row] of rows.entries()) {
    const cells = columns.map(({ x, right }) =>
      row.segments
        .filter((segment) => segment.x < right && segment.right > x)
        .map(({ text }) => text)
        .join(' '),
    )
    const last = table.at(-1)
    if (last && !isNewRow(rows[index - 1]!, row, cells))
      last.cells = last.cells.map((cell, column) => `${cell} ${cells[column]}`.trim())
    else table.push({ cells, row })
  }
  return table.map(({ cells }) => cells)
}

/**
 * Where rows part: at drawn lines if there are any between the rows; else at gaps clearly wider than those within cells; and where
 * all gaps are alike, at every line that has something in the first column and another.
 */
const rowTest = (rows: readonly Row[], rules: readonly Rule[]) => {
  const between = (from: Row, to: Row) =>
    rules.some(({ at }) => at > from.y - from.size * 0.3 && at < to.y - to.size * 0.3)
  const ruled = rows.filter((row, index) => index > 0 && between(rows[index - 1]!, row)).length
  // One or two lines are the head's or the frame; more part the rows.
  if (ruled >= 3) return (from: Row, to: Row) => between(from, to)
  const gaps = rows.slice(1).map((row, index) => (row.y - rows[index]!.y) / row.size)
  const [narrowest, widest] = [Math.min(...gaps), Math.max(...gaps)]
  if (narrowest < 1.35 && widest > narrowest * 1.35) {
    const limit = (narrowest + Math.min(widest, narrowest * 2.2)) / 2
    return (from: Row, to: Row, cells: readonly string[]) =>
      (to.y - from.y) / to.size > limit || isFull(cells)
  }
  return (_from: Row, _to: Row, cells: readonly string[]) => Boolean(cells[0])
}

const isFull = (cells: readonly string[]) => cells.every((cell) => cell !== '')
