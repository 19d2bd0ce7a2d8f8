import { bottom, top } from './sheet.ts'

/** Where a row stands. */
export interface Place {
  y: number
  /** Free space above it, which belongs to it: none at the head of a page. */
  gap: number
  /** Drawn already on an earlier page. */
  again: boolean
}

/** What is never cut by the end of a page: a line, a strip of a table, a chart. */
export interface Row {
  height: number
  /** Space above, but not at the head of a page. */
  before: number
  /** Stays on one page with the next row. */
  keep: boolean
  draw(place: Place): void
  /** Rows that stand above this one again when it begins a page, as a table's header does. */
  repeat?: Row[]
}

/** A quarter of the page. */
const nearFoot = (bottom - top) / 4

/** Puts rows on pages. @param turn begins the next page */
export const flow = (rows: Row[], start: number, turn: () => void): number => {
  let y = start
  let isHead = false
  const next = (row: Row | undefined) => {
    turn()
    y = top
    isHead = true
    for (const again of row?.repeat ?? []) put(again, true)
  }
  const put = (row: Row, again = false) => {
    const gap = isHead ? 0 : row.before
    row.draw({ y: y + gap, gap, again })
    y += gap + row.height
    isHead = false
  }
  for (const group of groupsOf(rows)) {
    const height = heightOf(group)
    const fitsPage = height <= bottom - top
    // What needs more than a page begins where it stands, unless that is near the foot.
    if (y + height > bottom && (fitsPage || bottom - y < nearFoot) && y > top) next(group[0])
    for (const row of group) {
      // Only a group higher than a page comes here with too little room.
      if (y + row.before + row.height > bottom && y > top && !isHead) next(row)
      put(row)
    }
  }
  return y
}

const groupsOf = (rows: Row[]): Row[][] => {
  const groups: Row[][] = []
  let open = false
  for (const row of rows) {
    if (open) groups.at(-1)?.push(row)
    else groups.push([row])
    open = row.keep
  }
  return groups
}

const heightOf = (rows: Row[]): number => rows.reduce((sum, row) => sum + row.before + row.height, 0)

/** The same rows with something drawn under each, without a gap between them: a quote's bar, the shade of code. */
export const underlaid = (rows: Row[], paint: (y: number, height: number) => void): Row[] =>
  rows.map((row, index) => ({
    ...row,
    draw(place) {
      const above = index === 0 ? 0 : place.gap
      // A hair more, or the page shines through where two meet.
      paint(place.y - above, row.height + above + (index < rows.length - 1 ? 0.3 : 0))
      row.draw(place)
    },
  }))
