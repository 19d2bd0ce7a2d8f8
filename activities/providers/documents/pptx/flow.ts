import { textOf } from '../content/blocks.ts'
import { heightOf, tableGap } from './heights.ts'
import { type Piece, splitLine } from './lines.ts'
import { measureTable, rowHeights } from './measure-table.ts'

/** A slide's share of the words, and the text size in points that fits them. */
export interface Sheet {
  pieces: Piece[]
  size: number
}

/** Large letters only for words that would look lost otherwise: the size, and how much of the height it may fill. */
const sizes: [size: number, share: number][] = [
  [28, 0.45],
  [24, 0.8],
  [22, 0.9],
  [20, 1],
  [18, 1],
  [16, 1],
  [14, 1],
]

/** What cannot fit at the smallest goes over several slides, at a size that reads well. */
const continued = 18

/**
 * Shrinks within limits, then continues on further sheets.
 * @param widths of the text in inches: of the first sheet, which may stand beside a chart, and of the others
 * @param height in inches
 */
export const flow = (pieces: Piece[], widths: { first: number; others: number }, height: number): Sheet[] => {
  const total = (size: number) =>
    pieces.reduce((sum, piece, index) => sum + heightOf(piece, widths.first, size, index === 0), 0)
  const fitting = sizes.find(([size, share]) => total(size) <= height * share)
  if (fitting) return [{ pieces, size: fitting[0] }]
  return paginate(pieces, widths, height)
}

const paginate = (pieces: Piece[], widths: { first: number; others: number }, height: number): Sheet[] => {
  const sheets: Sheet[] = []
  const waiting = pieces.flatMap(inParts).reverse() // the next piece is the last: taking it must not move the others
  while (waiting.length) {
    const width = sheets.length ? widths.others : widths.first
    sheets.push({ pieces: fill(waiting, width, height), size: continued })
  }
  return sheets
}

/** More characters than a slide can hold: a whole book in one paragraph must not be measured again for each slide. */
const longest = 3000

const inParts = (piece: Piece): Piece[] => {
  const parts: Piece[] = []
  let rest = piece
  while (rest.kind === 'line' && textOf(rest.spans).length > longest) {
    const [part, after] = splitLine(rest, longest)
    parts.push(part)
    rest = after
  }
  return [...parts, rest]
}

/** Takes from `waiting` what fits; always at least one piece, or part of one. */
const fill = (waiting: Piece[], width: number, height: number): Piece[] => {
  const taken: Piece[] = []
  let room = height
  for (;;) {
    const piece = waiting.pop()
    if (!piece) return taken
    const need = heightOf(piece, width, continued, taken.length === 0)
    if (need <= room) {
      taken.push(piece)
      room -= need
      continue
    }
    const parts = split(piece, width, room, height, taken.length === 0)
    if (parts) {
      taken.push(parts[0])
      waiting.push(parts[1])
    } else if (taken.length) waiting.push(piece)
    else taken.push(piece) // one row or word taller than a slide: nothing better can be done
    return withoutOrphan(taken, waiting)
  }
}

/** A heading, or words that announce what follows, go along to the next slide. */
const withoutOrphan = (taken: Piece[], waiting: Piece[]): Piece[] => {
  const last = taken.at(-1)
  if (taken.length < 2 || last?.kind !== 'line') return taken
  if (last.role !== 'heading' && !/[:：]\s*$/.test(textOf(last.spans))) return taken
  waiting.push(last)
  return taken.slice(0, -1)
}

/** The part of a piece that fits and the rest; nothing when a split would not look right. */
const split = (
  piece: Piece,
  width: number,
  room: number,
  height: number,
  isFirst: boolean,
): [Piece, Piece] | undefined => {
  if (piece.kind === 'rows') {
    let used = tableGap * (isFirst ? 1 : 2)
    const heights = rowHeights(piece, measureTable(piece.table, width, continued))
    const tooTall = heights.findIndex((height) => {
      used += height
      return used > room
    })
    const rows = tooTall - 1 // the first height is the header's
    if (rows < (isFirst ? 1 : 2)) return undefined
    return [
      { ...piece, to: piece.from + rows },
      { ...piece, from: piece.from + rows },
    ]
  }
  // Only a paragraph too long for a slide of its own is cut; others move as a whole.
  const whole = heightOf(piece, width, continued, true)
  if (!isFirst && (whole <= height || room < height / 4)) return undefined
  const length = textOf(piece.spans).length
  return length > 1 ? splitLine(piece, Math.max(1, Math.floor(length * (room / whole) * 0.92))) : undefined
}
