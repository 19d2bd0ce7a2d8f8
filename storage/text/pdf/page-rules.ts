import { getResolvedPDFJS } from 'unpdf'
import { multiply, type PagePieces, type PdfPage } from './page-pieces.ts'

/** The lines drawn on a page, as they part table cells: `at` is y (or x), `from` to `to` the other way. Points from the top left. */
export type Rule = { at: number; from: number; to: number }
export type Rules = { horizontal: Rule[]; vertical: Rule[] }

/** Up to 3 points thick is a line; borders are drawn as thin boxes as often as strokes. */
const THICK = 3
/** Shorter than 8 points is ornament: bullets, ticks, underlined letters. */
const SHORT = 8
/** A page of a map or drawing has more paths than a table ever has; its lines are no rules. */
const MAX_RULES = 4_000

export const rulesOf = async (page: PdfPage, { mirrored, width }: PagePieces): Promise<Rules> => {
  const { OPS } = await getResolvedPDFJS()
  const { fnArray, argsArray } = await page.getOperatorList()
  const rules: Rules = { horizontal: [], vertical: [] }
  const saved: (readonly number[])[] = []
  let matrix: readonly number[] = page.getViewport({ scale: 1 }).transform
  for (const [index, operator] of fnArray.entries()) {
    const args = argsArray[index]
    if (operator === OPS.save) saved.push(matrix)
    else if (operator === OPS.restore || operator === OPS.paintFormXObjectEnd) matrix = saved.pop() ?? matrix
    else if (operator === OPS.transform) matrix = multiply(matrix, Array.from(args as number[]))
    else if (operator === OPS.paintFormXObjectBegin) {
      saved.push(matrix)
      if (args?.[0]) matrix = multiply(matrix, Array.from(args[0] as number[]))
    } else if (operator === OPS.constructPath && args?.[0] !== OPS.endPath && args?.[1]?.[0]) {
      for (const [from, to] of edges(Array.from(Object.values(args[1][0] as Record<string, number>))))
        addRule(rules, place(matrix, from), place(matrix, to))
      if (rules.horizontal.length + rules.vertical.length > MAX_RULES) return { horizontal: [], vertical: [] }
    }
  }
  if (mirrored) {
    for (const rule of rules.vertical) rule.at = width - rule.at
    for (const rule of rules.horizontal) [rule.from, rule.to] = [width - rule.to, width - rule.from]
  }
  return rules
}

type Point = readonly [number, number]

/** PDF.js writes a path as numbers: 0 move, 1 line, 2 and 3 curves, 4 close, each followed by its coordinates. */
const edges = (path: readonly number[]): [Point, Point][] => {
  const found: [Point, Point][] = []
  let start: Point = [0, 0]
  let at: Point = [0, 0]
  for (let index = 0; index < path.length; ) {
    const command = path[index]
    const length = [2, 2, 6, 4, 0][command!]
    if (length === undefined) return found
    const next: Point = [path[index + length - 1] ?? 0, path[index + length] ?? 0]
    if (command === 0) start = at = next
    else if (command === 1 || command === 4) {
      const to = command === 1 ? next : start
      found.push([at, to])
      at = to
    } else at = next
    index += length + 1
  }
  return found
}

const place = (matrix: readonly number[], [x, y]: Point): Point => {
  const [, , , , e, f] = multiply(matrix, [1, 0, 0, 1, x, y])
  return [e, f]
}

const addRule = (rules: Rules, [x1, y1]: Point, [x2, y2]: Point) => {
  const [wide, high] = [Math.abs(x2 - x1), Math.abs(y2 - y1)]
  if (wide >= SHORT && high <= THICK / 3)
    rules.horizontal.push({ at: y1, from: Math.min(x1, x2), to: Math.max(x1, x2) })
  else if (high >= SHORT && wide <= THICK / 3)
    rules.vertical.push({ at: x1, from: Math.min(y1, y2), to: Math.max(y1, y2) })
}
