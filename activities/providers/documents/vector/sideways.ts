import type { ChartPlan } from '../look/plan-chart.ts'
import { legendOf, widthOf, wrapLabel } from './labels.ts'
import type { Drawing, Frame, Mark } from './marks.ts'
import { scaleOf, shareOf, showNumber, showTick } from './scale.ts'

/** Bars in rows, the first on top: names of any length are read on lines of their own. */
export const drawSideways = (plan: ChartPlan, frame: Frame): Drawing => {
  const { width, size } = frame
  const values = plan.series.flatMap((one) => one.values)
  const scale = scaleOf(values, { fromZero: true, hasAxis: !plan.showValues })
  const legend = plan.showLegend
    ? legendOf(
        plan.series.map((one) => one.name),
        plan.colours,
        frame,
      )
    : { marks: [], height: 0 }
  const names = Math.min(
    Math.max(...plan.labels.map((label) => widthOf(label, frame))),
    width * (width < 450 ? 0.34 : 0.38),
  )
  const numbers = plan.showValues
    ? Math.max(...values.map((value) => widthOf(showNumber(value, plan.numberFormat), frame))) * 1.1 + size
    : size * 1.5
  const left = names + size + (values.some((value) => value < 0) && plan.showValues ? numbers : 0)
  const length = width - left - numbers
  const lines = Math.max(...plan.labels.map((label) => wrapLabel(label, names + 0.1, frame, 3).length))
  const { bar, row } = thickness(plan, size, lines)
  const top = legend.height + size * 0.4
  const bottom = top + row * plan.labels.length
  const xOf = (value: number) => left + length * shareOf(scale, value)

  const bars = plan.labels.flatMap((label, index): Mark[] => {
    const middle = top + row * (index + 0.5)
    return [
      ...nameOf(label, index, middle),
      ...plan.series.flatMap((one, which) => barOf(one.values[index] ?? 0, which, middle)),
    ]
  })

  function nameOf(label: string, index: number, middle: number): Mark[] {
    // Rows lower than a line show every second or third name.
    if (index % Math.ceil((size * 1.1) / row) !== 0) return []
    const lines = wrapLabel(
      label,
      names + 0.1,
      frame,
      Math.max(1, Math.min(3, Math.floor(row / (size * 1.2)))),
    )
    return lines.map((text, line) => ({
      kind: 'words',
      text,
      x: names,
      y: middle + size * (0.35 + (line - (lines.length - 1) / 2) * 1.2),
      anchor: 'end',
      size,
      fill: frame.body,
    }))
  }

  function barOf(value: number, which: number, middle: number): Mark[] {
    const y = middle + bar * (which - plan.series.length / 2)
    const [from, to] = [xOf(0), xOf(value)]
    const box: Mark = {
      kind: 'box',
      x: Math.min(from, to),
      y: y + bar * 0.03,
      width: Math.abs(to - from),
      height: bar * 0.94,
      fill: plan.colours[which] ?? frame.body,
    }
    if (!plan.showValues) return [box]
    const text = showNumber(value, plan.numberFormat)
    const side = value < 0 ? -1 : 1
    return [
      box,
      {
        kind: 'words',
        text,
        x: to + side * size * 0.5,
        y: y + bar / 2 + size * 0.35,
        anchor: value < 0 ? 'end' : 'start',
        size,
        fill: frame.body,
        bold: true,
      },
    ]
  }

  const upright = (value: number, colour: string, strokeWidth: number): Mark => ({
    kind: 'stroke',
    points: [
      [xOf(value), top],
      [xOf(value), bottom],
    ],
    colour,
    width: strokeWidth,
  })
  const shown = scale.ticks.map((tick) => showTick(tick, plan.numberFormat))
  const every = Math.ceil(
    (Math.max(...shown.map((tick) => widthOf(tick, frame))) + size) / (length / (shown.length - 1)),
  )
  const grid = scale.ticks.flatMap((tick, index): Mark[] => [
    upright(tick, frame.rule, 0.6),
    ...(index % every === 0
      ? [
          {
            kind: 'words' as const,
            text: shown[index] ?? '',
            x: xOf(tick),
            y: bottom + size * 1.4,
            anchor: 'middle' as const,
            size,
            fill: frame.quiet,
          },
        ]
      : []),
  ])
  return {
    width,
    height: bottom + size * (plan.showValues ? 0.4 : 1.8),
    marks: [...legend.marks, ...(plan.showValues ? [] : grid), ...bars, upright(0, frame.quiet, 0.8)],
  }
}

/** No chart is higher than sixty lines of its letters, or it would not fit a page. */
const thickness = ({ labels, series, gap }: ChartPlan, size: number, lines: number) => {
  const bar = size * (series.length > 3 ? 1.1 : 1.5)
  const row = Math.max(bar * (series.length + gap / 100), size * Math.max(2.6, lines * 1.2 + 0.9))
  const shrink = Math.min(1, (size * 60) / (row * labels.length))
  return { bar: bar * shrink, row: row * shrink }
}
