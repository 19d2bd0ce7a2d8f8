/** A table cell with the place of its text; an empty one has no place (`x` is infinite). */
export type PlacedCell = { text: string; x: number; right: number }

/**
 * Rows with one cell per column. Tags do not say how many rows or columns a merged cell covers, so in a row with fewer cells than columns
 * each is put where its text stands: below or above the columns of the complete rows.
 */
export const toColumns = (rows: readonly PlacedCell[][]): string[][] => {
  const width = Math.max(0, ...rows.map((row) => row.length))
  const columns = Array.from({ length: width }, (_, index) =>
    extent(
      rows.filter((row) => row.length === width),
      index,
    ),
  )
  return rows.map((row) => {
    if (row.length === width) return row.map(({ text }) => text)
    const cells = Array.from({ length: width }, () => '')
    row.forEach((cell, index) => {
      const place = placeOf(cell, columns, index)
      cells[place] = `${cells[place]} ${cell.text}`.trim()
    })
    return cells
  })
}

type Extent = { x: number; right: number }

const extent = (rows: readonly PlacedCell[][], column: number): Extent => ({
  x: Math.min(...rows.map((row) => row[column]!.x)),
  right: Math.max(...rows.map((row) => row[column]!.right)),
})

/** The column it overlaps most, or else the nearest; without a place, the one it has in order. */
const placeOf = (cell: PlacedCell, columns: readonly Extent[], index: number): number => {
  if (!Number.isFinite(cell.x)) return index
  const overlaps = columns.map(({ x, right }) => Math.min(right, cell.right) - Math.max(x, cell.x))
  return overlaps.indexOf(Math.max(...overlaps.filter((overlap) => !Number.isNaN(overlap))))
}
