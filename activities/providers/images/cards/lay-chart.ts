import type { Palette } from '../../documents/look/colour.ts'
import type { ChartPlan } from '../../documents/look/plan-chart.ts'
import { drawChart } from '../../documents/vector/draw-chart.ts'
import { type Drawing, type Mark, round, slicePath } from '../../documents/vector/marks.ts'
import { type Element, row, words } from './element.ts'
import { css } from './sheet.ts'

/** Of a chart's height, in widths: columns as high as towers are hard to compare. */
const highest = 1.35

/** Where the baseline of the cards' font lies in a line as high as its letters, from the top. */
const baseline = 0.81

/** A chart in its room: with letters as large as it allows, from a comfortable size down to the least legible. */
export function layChart(
  plan: ChartPlan,
  palette: Palette,
  room: { width: number; height: number },
  unit: number,
): Element {
  const height = Math.min(room.height, room.width * highest)
  const { most, least } = { most: unit * 0.34, least: unit * 0.08 }
  const draw = (size: number, width = room.width) =>
    drawChart(plan, palette, { width, height, size, stretch: 1.06 })
  let size = most
  let drawing = draw(size)
  while (drawing.height > height + 0.5 && size > least) {
    size *= 0.94
    drawing = draw(size)
  }
  // Dozens of rows are more than any letters allow: then the whole picture is made smaller.
  const scale = Math.min(1, room.height / drawing.height)
  return row({ width: room.width, justifyContent: 'center' }, asElement(drawing, scale))
}

function asElement({ width, height, marks }: Drawing, scale: number): Element {
  const shapes = marks.map(asShape).join('')
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width * scale)}" height="${round(height * scale)}">${shapes}</svg>`
  return row(
    { position: 'relative', width: width * scale, height: height * scale, flexShrink: 0 },
    {
      type: 'img',
      props: {
        style: { position: 'absolute', left: 0, top: 0 },
        src: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
        width: width * scale,
        height: height * scale,
      },
    },
    // Letters are set by the layout, whose fonts are the card's own.
    ...marks.flatMap((mark) => (mark.kind === 'words' ? [asWords(mark, width, scale)] : [])),
  )
}

const asShape = (mark: Mark): string => {
  if (mark.kind === 'box')
    return `<rect x="${round(mark.x)}" y="${round(mark.y)}" width="${round(mark.width)}" height="${round(mark.height)}" fill="${css(mark.fill)}"/>`
  if (mark.kind === 'dot')
    return `<circle cx="${round(mark.x)}" cy="${round(mark.y)}" r="${round(mark.radius)}" fill="${css(mark.fill)}"/>`
  if (mark.kind === 'slice') return `<path d="${slicePath(mark)}" fill="${css(mark.fill)}"/>`
  if (mark.kind === 'stroke') {
    const points = mark.points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')
    return `<polyline points="${points}" fill="none" stroke="${css(mark.colour)}" stroke-width="${round(mark.width)}" stroke-linejoin="round"/>`
  }
  return ''
}

/** The text hangs on its anchor in a box as wide as the whole drawing. */
const asWords = (mark: Extract<Mark, { kind: 'words' }>, width: number, scale: number): Element => {
  const start = { start: mark.x, middle: mark.x - width / 2, end: mark.x - width }[mark.anchor]
  return row(
    {
      position: 'absolute',
      left: start * scale,
      top: (mark.y - mark.size * baseline) * scale,
      width: width * scale,
      justifyContent: { start: 'flex-start', middle: 'center', end: 'flex-end' }[mark.anchor],
    },
    words(mark.text, {
      fontSize: mark.size * scale,
      fontWeight: mark.bold ? 700 : 400,
      lineHeight: 1,
      color: css(mark.fill),
      whiteSpace: 'nowrap',
    }),
  )
}
