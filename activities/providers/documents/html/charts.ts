import type { Chart } from '../../../../shared/contract/slides.ts'
import type { Palette } from '../look/colour.ts'
import { planChart } from '../look/plan-chart.ts'
import { drawChart } from '../vector/draw-chart.ts'
import { type Drawing, type Mark, round, slicePath } from '../vector/marks.ts'
import { escapeHtml } from './escape.ts'

/** In pixels: the text column of a large screen, and that of a telephone. A picture that only shrank would have letters of 6 pixels. */
const sizes = [
  { name: 'large', width: 704, size: 13, stretch: 1.22 },
  { name: 'small', width: 342, size: 12.5, stretch: 1.22 },
]

export const writeChart = (chart: Chart, palette: Palette): string => {
  const plan = planChart(chart, palette)
  const title = plan.title ? `<figcaption>${escapeHtml(plan.title)}</figcaption>` : ''
  const drawings = sizes.map(({ name, ...room }) => writeDrawing(drawChart(plan, palette, room), name))
  return `<figure>${title}<div role="img" aria-label="${escapeHtml(plan.description)}">\n${drawings.join('\n')}\n</div></figure>`
}

const writeDrawing = ({ width, height, marks }: Drawing, name: string): string =>
  `<svg class="${name}" viewBox="0 0 ${round(width)} ${round(height)}" aria-hidden="true">${marks.map(writeMark).join('')}</svg>`

const writeMark = (mark: Mark): string => {
  if (mark.kind === 'box')
    return `<rect x="${round(mark.x)}" y="${round(mark.y)}" width="${round(mark.width)}" height="${round(mark.height)}" fill="#${mark.fill}"/>`
  if (mark.kind === 'dot')
    return `<circle cx="${round(mark.x)}" cy="${round(mark.y)}" r="${round(mark.radius)}" fill="#${mark.fill}"/>`
  if (mark.kind === 'slice') return `<path d="${slicePath(mark)}" fill="#${mark.fill}"/>`
  if (mark.kind === 'stroke') {
    const points = mark.points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')
    return `<polyline points="${points}" fill="none" stroke="#${mark.colour}" stroke-width="${round(mark.width)}" stroke-linejoin="round"/>`
  }
  const weight = mark.bold ? ' font-weight="600"' : ''
  return `<text x="${round(mark.x)}" y="${round(mark.y)}" text-anchor="${mark.anchor}" font-size="${mark.size}" fill="#${mark.fill}"${weight}>${escapeHtml(mark.text)}</text>`
}
