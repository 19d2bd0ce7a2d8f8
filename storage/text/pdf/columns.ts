import type { Segment } from './lines.ts'

/** The fewest lines that make a column of prose; shorter ones read as rows. */
const MIN_LINES = 4
/** In letter sizes: a column of prose is at least about 18 letters wide. */
const MIN_WIDTH = 9
/** Lines of prose end near the column's edge; cells of a table end anywhere. */
const MIN_FILL = 0.75

/**
 * The page's segments in reading order, as regions of one column each. A gutter is a place where several lines begin and prose stands on both
 * sides; lines across it (titles, tables over the full width) part the page into bands, and each band is read column by column.
 */
export const regionsOf = (segments: readonly Segment[], depth = 0): Segment[][] => {
  const gutter = depth < 4 ? findGutter(segments) : undefined
  if (gutter === undefined) return segments.length > 0 ? [[...segments]] : []
  const regions: Segment[][] = []
  let plain: Segment[] = []
  for (const band of bandsAt(segments, gutter)) {
    if (!isTwoColumns(band)) {
      plain.push(...band.across, ...band.left, ...band.right)
      continue
    }
    if (plain.length > 0) regions.push(plain)
    plain = []
    regions.push(...regionsOf(band.left, depth + 1), ...regionsOf(band.right, depth + 1))
  }
  if (plain.length > 0) regions.push(plain)
  return regions
}

type Band = { across: Segment[]; left: Segment[]; right: Segment[] }

const findGutter = (segments: readonly Segment[]): number | undefined => {
  const margin = Math.min(...segments.map(({ x }) => x))
  const starts = new Map<number, number>()
  for (const { x } of segments) starts.set(Math.round(x), (starts.get(Math.round(x)) ?? 0) + 1)
  let best: { gutter: number; lines: number } | undefined
  for (const [x, count] of starts) {
    if (count < MIN_LINES || x < margin + 20) continue
    const bands = bandsAt(segments, x - 1.5).filter(isTwoColumns)
    const lines = bands.reduce((sum, { left, right }) => sum + left.length + right.length, 0)
    if (lines > (best?.lines ?? 0)) best = { gutter: x - 1.5, lines }
  }
  return best?.gutter
}

const bandsAt = (segments: readonly Segment[], gutter: number): Band[] => {
  const bands: Band[] = [{ across: [], left: [], right: [] }]
  for (const segment of [...segments].sort((a, b) => a.y - b.y)) {
    const band = bands.at(-1)!
    if (segment.x >= gutter) band.right.push(segment)
    else if (segment.right <= gutter) band.left.push(segment)
    else bands.push({ across: [segment], left: [], right: [] }, { across: [], left: [], right: [] })
  }
  return bands
}

const isTwoColumns = ({ left, right }: Band): boolean => isProse(left) && isProse(right)

const isProse = (side: readonly Segment[]): boolean => {
  const lines = side.filter(({ table }) => !table)
  if (lines.length < MIN_LINES) return false
  const width = Math.max(...lines.map(({ right }) => right)) - Math.min(...lines.map(({ x }) => x))
  const widths = lines.map(({ x, right }) => right - x).sort((a, b) => a - b)
  const median = widths[Math.floor(widths.length / 2)]!
  return median >= MIN_FILL * width && median >= MIN_WIDTH * lines[0]!.size
}
