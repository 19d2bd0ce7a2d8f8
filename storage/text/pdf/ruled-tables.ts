import { joinPieces, linesOf, type Segment } from './lines.ts'
import type { Piece } from './page-pieces.ts'
import type { Rule, Rules } from './page-rules.ts'

/** Two lines closer than this are one: a border drawn as a thin box has two edges, and neighbouring cells draw their border twice. */
const SAME = 3.5

type Box = { top: number; bottom: number; left: number; right: number; horizontal: Rule[]; vertical: Rule[] }

/** Tables whose cells are drawn with lines: taken out of the page's pieces and given as one segment each, at their place. */
export const takeRuledTables = (
  pieces: readonly Piece[],
  rules: Rules,
): { tables: Segment[]; rest: Piece[] } => {
  const tables: Segment[] = []
  let rest = [...pieces]
  for (const box of boxesOf(rules)) {
    const ys = distinct(box.horizontal, box.right - box.left)
    const xs = distinct(box.vertical, box.bottom - box.top)
    if (xs.length < 3 || ys.length < 3) continue
    const inside = rest.filter((piece) => isInside(piece, box))
    const rows = fillCells(inside, xs, ys)
    if (rows.length < 2 || !rows.some((row) => row.filter(Boolean).length > 1)) continue
    const taken = new Set(inside)
    rest = rest.filter((piece) => !taken.has(piece))
    const size = inside[0]?.size ?? 10
    tables.push({ text: '', x: box.left, right: box.right, y: box.top + size, size, table: rows })
  }
  return { tables, rest }
}

/** Lines that touch each other make one box. */
const boxesOf = ({ horizontal, vertical }: Rules): Box[] => {
  let boxes: Box[] = []
  const add = (box: Box) => {
    const touching = boxes.filter((other) => touches(box, other))
    boxes = [...boxes.filter((other) => !touching.includes(other)), touching.reduce(merge, box)]
  }
  for (const rule of vertical)
    add({ top: rule.from, bottom: rule.to, left: rule.at, right: rule.at, horizontal: [], vertical: [rule] })
  for (const rule of horizontal)
    add({ top: rule.at, bottom: rule.at, left: rule.from, right: rule.to, horizontal: [rule], vertical: [] })
  return boxes.filter((box) => box.horizontal.length > 2 && box.vertical.length > 2)
}

const touches = (a: Box, b: Box) =>
  a.left <= b.right + SAME && b.left <= a.right + SAME && a.top <= b.bottom + SAME && b.top <= a.bottom + SAME

const merge = (a: Box, b: Box): Box => ({
  top: Math.min(a.top, b.top),
  bottom: Math.max(a.bottom, b.bottom),
  left: Math.min(a.left, b.left),
  right: Math.max(a.right, b.right),
  horizontal: [...a.horizontal, ...b.horizontal],
  vertical: [...a.vertical, ...b.vertical],
})

/** The places of lines that run over at least 40 % of the table: merged cells interrupt them, underlines are shorter. */
const distinct = (rules: readonly Rule[], length: number): number[] => {
  const places: { at: number; spans: Rule[] }[] = []
  for (const rule of [...rules].sort((a, b) => a.at - b.at)) {
    const place = places.at(-1)
    if (place && rule.at - place.at < SAME) place.spans.push(rule)
    else places.push({ at: rule.at, spans: [rule] })
  }
  return places.filter(({ spans }) => covered(spans) >= 0.4 * length).map(({ at }) => at)
}

const covered = (spans: readonly Rule[]): number => {
  let sum = 0
  let end = Number.NEGATIVE_INFINITY
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    sum += Math.max(0, to - Math.max(from, end))
    end = Math.max(end, to)
  }
  return sum
}

const isInside = (piece: Piece, box: Box) => {
  const middle = piece.y - piece.size * 0.3
  return piece.x >= box.left - SAME && piece.x < box.right && middle > box.top && middle < box.bottom
}

const fillCells = (pieces: readonly Piece[], xs: readonly number[], ys: readonly number[]): string[][] => {
  const cells = Array.from({ length: ys.length }, () => Array.from({ length: xs.length }, (): Piece[] => []))
  for (const piece of pieces) {
    const row = cellIndex(ys, piece.y - piece.size * 0.3)
    // A piece may run over its cell's right border but never starts left of it.
    cells[row]?.[cellIndex(xs, Math.min(piece.x + piece.size, (piece.x + piece.right) / 2))]?.push(piece)
  }
  return cells
    .map((row) => row.map((cell) => linesOf(cell).map(joinPieces).join(' ')))
    .filter((row) => row.some(Boolean))
    .map((row) => row.slice(0, -1))
}

const cellIndex = (edges: readonly number[], at: number) =>
  Math.max(
    0,
    edges.findLastIndex((edge) => edge <= at),
  )
