import type { Chart } from '../../../../shared/contract/slides.ts'
import { planChart } from '../look/plan-chart.ts'
import { drawChart } from '../vector/draw-chart.ts'
import { type Mark, slicePath } from '../vector/marks.ts'
import type { Row } from './flow.ts'
import { type ParagraphLook, paragraph, type Scene } from './paragraphs.ts'
import { setLines } from './set-lines.ts'

/** A chart as vectors under its title, with its numbers as alternative text. */
export const chartRows = (chart: Chart, scene: Scene): Row[] => {
  const { pen, palette } = scene
  const plan = planChart(chart, palette)
  const drawing = drawChart(plan, palette, { width: scene.width, size: 8.5, stretch: 1.06 })
  const figure = pen.tag('Figure', scene.parent, { alt: plan.description })
  const look: ParagraphLook = {
    size: 11,
    before: 14,
    leading: 1.3,
    bold: true,
    colour: palette.primaryText,
    keepNext: true,
    keepTogether: true,
  }
  const title = plan.title
    ? paragraph([{ text: plan.title }], scene, look, pen.tag('Caption', scene.parent))
    : []
  return [
    ...title,
    {
      height: drawing.height + 8,
      before: title.length > 0 ? 6 : 14,
      keep: false,
      draw: ({ y }) =>
        pen.within(figure, () => {
          for (const mark of drawing.marks) drawMark(mark, scene, y)
        }),
    },
  ]
}

const drawMark = (mark: Mark, { pen, faces, x }: Scene, y: number): void => {
  const { pdf } = pen
  if (mark.kind === 'box') pdf.rect(x + mark.x, y + mark.y, mark.width, mark.height).fill(`#${mark.fill}`)
  if (mark.kind === 'dot') pdf.circle(x + mark.x, y + mark.y, mark.radius).fill(`#${mark.fill}`)
  if (mark.kind === 'slice')
    pdf.path(slicePath({ ...mark, x: x + mark.x, y: y + mark.y })).fill(`#${mark.fill}`)
  if (mark.kind === 'stroke') {
    mark.points.forEach(([left, down], index) => {
      if (index === 0) pdf.moveTo(x + left, y + down)
      else pdf.lineTo(x + left, y + down)
    })
    pdf.lineWidth(mark.width).lineJoin('round').stroke(`#${mark.colour}`)
  }
  if (mark.kind === 'words') {
    const setting = {
      size: mark.size,
      width: 1_000,
      colour: mark.fill,
      linkColour: mark.fill,
      bold: mark.bold ?? false,
    }
    const [line] = setLines([{ text: mark.text }], setting, faces)
    const share = { start: 0, middle: 0.5, end: 1 }[mark.anchor]
    let left = x + mark.x - (line?.width ?? 0) * share
    for (const piece of line?.pieces ?? []) {
      pen.words(piece, left, y + mark.y)
      left += piece.width
    }
  }
}
