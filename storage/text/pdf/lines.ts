import type { Piece } from './page-pieces.ts'

/** Pieces side by side without a wide gap: a whole line of prose, or one cell's part of a table row. */
export type Segment = { text: string; x: number; right: number; y: number; size: number; table?: string[][] }

/** Segments on one baseline, from left to right. */
export type Row = { y: number; size: number; segments: Segment[] }

/** Two pieces are on one line when their baselines differ by less than 0.4 of the letter size: more is a line, less a raised figure. */
const SAME_LINE = 0.4
/** In units of the letter size. A gap from 0.9 on may part columns when text starts at the same place elsewhere too (in one other line at least); from 1.8 on it always does. */
const NARROW_GAP = 0.9
const WIDE_GAP = 1.8
/** A gap that reads as a space: thinner than any space in use, wider than kerning. */
const SPACE = 0.15

export const segmentsOf = (pieces: readonly Piece[]): Segment[] => {
  const lines = linesOf(pieces)
  const starts = columnStarts(lines)
  return lines.flatMap((line) => split(line, starts))
}

export const rowsOf = (segments: readonly Segment[]): Row[] => {
  const rows: Row[] = []
  for (const segment of [...segments].sort((a, b) => a.y - b.y)) {
    const row = rows.at(-1)
    if (
      row &&
      !segment.table &&
      !row.segments[0]?.table &&
      segment.y - row.y < SAME_LINE * Math.max(segment.size, row.size)
    )
      row.segments.push(segment)
    else rows.push({ y: segment.y, size: segment.size, segments: [segment] })
  }
  for (const row of rows) row.segments.sort((a, b) => a.x - b.x)
  return rows
}

/** Pieces of one line as text; spaces stand where the PDF wrote or left them. */
export const joinPieces = (pieces: readonly Piece[]): string => {
  const sum = (some: readonly Piece[]) => some.reduce((letters, { text }) => letters + text.length, 0)
  const against = sum(pieces.filter((piece) => piece.against)) > sum(pieces) / 2
  // Right-to-left text is drawn in either order, so what precedes a piece in the PDF need not precede it on the line.
  const inOrder = !pieces.some(({ rightToLeft }) => rightToLeft)
  let text = ''
  let before: Piece | undefined
  for (const piece of against ? pieces.toReversed() : pieces) {
    const gap = before ? Math.max(piece.x - before.right, before.x - piece.right) : 0
    const space = (piece.spaced && inOrder) || gap > SPACE * piece.size
    text += before && space && !/\s$/.test(text) ? ` ${piece.text}` : piece.text
    before = piece
  }
  return text.trim()
}

export const linesOf = (pieces: readonly Piece[]): Piece[][] => {
  const lines: { y: number; size: number; pieces: Piece[] }[] = []
  for (const piece of [...pieces].sort((a, b) => a.y - b.y || a.x - b.x)) {
    const line = lines.at(-1)
    if (line && piece.y - line.y < SAME_LINE * Math.max(piece.size, line.size)) line.pieces.push(piece)
    else lines.push({ y: piece.y, size: piece.size, pieces: [piece] })
  }
  return lines.map((line) => withoutDoubles(line.pieces.sort((a, b) => a.x - b.x)))
}

/** Some programs print bold by printing twice, a hair apart. */
const withoutDoubles = (line: Piece[]): Piece[] =>
  line.filter((piece, index) => {
    const before = line[index - 1]
    return !before || before.text !== piece.text || Math.abs(before.x - piece.x) > 0.15 * piece.size
  })

const PLACE = 3
const LABEL = /^(?:[•◦▪‣●○■□–—*·►➢✓✔\uf0b7\uf0a7\uf0d8-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])$/u

/** How many lines have text starting anew (at the margin or after a gap) at a place, in steps of 3 points. */
const columnStarts = (lines: readonly Piece[][]): Map<number, number> => {
  const starts = new Map<number, number>()
  for (const line of lines)
    for (const [index, piece] of line.entries())
      if (index === 0 || piece.x - line[index - 1]!.right > NARROW_GAP * piece.size) {
        const place = Math.round(piece.x / PLACE)
        starts.set(place, (starts.get(place) ?? 0) + 1)
      }
  return starts
}

const split = (line: readonly Piece[], starts: ReadonlyMap<number, number>): Segment[] => {
  const groups: Piece[][] = []
  for (const piece of line) {
    const group = groups.at(-1)
    if (group && !parted(group, piece, starts)) group.push(piece)
    else groups.push([piece])
  }
  return groups.map((group) => ({
    text: joinPieces(group),
    x: group[0]!.x,
    right: Math.max(...group.map(({ right }) => right)),
    y: group[0]!.y,
    size: Math.max(...group.map(({ size }) => size)),
  }))
}

const parted = (group: readonly Piece[], piece: Piece, starts: ReadonlyMap<number, number>): boolean => {
  const gap = (piece.x - Math.max(...group.map(({ right }) => right))) / piece.size
  // "1." or a bullet belongs to its item, though it stands apart from it.
  if (group.length === 1 && LABEL.test(group[0]!.text)) return gap > 4
  if (gap > WIDE_GAP) return true
  const place = Math.round(piece.x / PLACE)
  const alike = [place - 1, place, place + 1].reduce((sum, at) => sum + (starts.get(at) ?? 0), 0)
  return gap > NARROW_GAP && alike >= 2
}
