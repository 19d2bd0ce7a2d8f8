import type { ChartPlan } from '../look/plan-chart.ts'
import { widthOf, wrapLabel } from './labels.ts'
import type { Drawing, Frame, Mark } from './marks.ts'

/** The whole, and beside it (below it, where there is little room) what each part is called and how much it is. */
export const drawPie = (plan: ChartPlan, frame: Frame): Drawing => {
  const { width, size, body } = frame
  const values = plan.series[0]?.values ?? []
  const whole = values.reduce((one, other) => one + other, 0)
  const isNarrow = width < size * 34
  const radius = Math.min(width * (isNarrow ? 0.32 : 0.2), size * 9)
  const row = size * 1.9
  const listHeight = row * plan.labels.length
  const height = isNarrow ? radius * 2 + size * 1.5 + listHeight : Math.max(radius * 2, listHeight)
  const centre = isNarrow ? { x: width / 2, y: radius } : { x: radius + size * 2, y: height / 2 }
  const list = isNarrow
    ? { x: 0, y: radius * 2 + size * 1.5 }
    : { x: radius * 2 + size * 6, y: (height - listHeight) / 2 }

  let angle = 0
  const slices = values.flatMap((value, index): Mark[] => {
    const from = angle
    angle += (value / whole) * Math.PI * 2
    if (value === 0) return []
    return [
      { kind: 'slice', ...centre, radius, from, to: angle, fill: plan.colours[index] ?? body },
      // The gap between two slices is drawn, so that even two of one colour can be told apart.
      ...(value < whole ? [spoke(centre, radius, from)] : []),
    ]
  })
  // The first gap would lie under the last slice.
  if (slices.length > 2) slices.push(spoke(centre, radius, 0))

  const shares = values.map((value) => percent(value / whole))
  const room = Math.max(...shares.map((share) => widthOf(share, frame))) * 1.1
  const swatch = size * 0.75
  const legend = plan.labels.flatMap((label, index): Mark[] => {
    const y = list.y + row * (index + 0.5)
    const start = list.x + swatch * 1.7 + room
    const [text = ''] = wrapLabel(label, width - start - size * 0.7, frame, 1)
    return [
      {
        kind: 'box',
        x: list.x,
        y: y - swatch / 2,
        width: swatch,
        height: swatch,
        fill: plan.colours[index] ?? body,
      },
      {
        kind: 'words',
        text: shares[index] ?? '',
        x: start,
        y: y + size * 0.35,
        anchor: 'end',
        size,
        fill: body,
        bold: true,
      },
      { kind: 'words', text, x: start + size * 0.7, y: y + size * 0.35, anchor: 'start', size, fill: body },
    ]
  })
  return { width, height, marks: [...slices, ...legend] }
}

const spoke = ({ x, y }: { x: number; y: number }, radius: number, angle: number): Mark => ({
  kind: 'stroke',
  points: [
    [x, y],
    [x + radius * Math.sin(angle), y - radius * Math.cos(angle)],
  ],
  colour: 'FFFFFF',
  width: 1.2,
})

/** A part that is there is never "0%". */
const percent = (share: number): string =>
  share > 0 && share < 0.005 ? '<1%' : `${Math.round(share * 100)}%`
