import type { ChartPlan } from '../look/plan-chart.ts'
import { fits, legendOf, widthOf, wrapLabel } from './labels.ts'
import type { Drawing, Frame, Mark } from './marks.ts'
import { type Scale, scaleOf, shareOf, showNumber, showTick } from './scale.ts'

const labelLines = 3

/** Columns and lines: categories from left to right, values upwards. */
export const drawUpright = (plan: ChartPlan, frame: Frame): Drawing => {
  const { width, size } = frame
  const legend = plan.showLegend
    ? legendOf(
        plan.series.map((one) => one.name),
        plan.colours,
        frame,
      )
    : { marks: [], height: 0 }
  const scale = scaleOf(
    plan.series.flatMap((one) => one.values),
    { fromZero: plan.shape === 'column', hasAxis: !plan.showValues },
  )
  const ticks = scale.ticks.map((tick) => showTick(tick, plan.numberFormat))
  // Numbers on the marks say it all: an axis and its lines would only cross them.
  const left = plan.showValues ? 0 : Math.max(...ticks.map((tick) => widthOf(tick, frame))) + size * 0.8
  const top = legend.height + size * (plan.showValues ? 1.8 : 0.8)
  // Numbers below the lowest column need a line of their own.
  const below = plan.showValues && scale.low < 0 ? size * 1.6 : 0
  const across = { left, top, width: width - left, scale }
  const height =
    frame.height === undefined
      ? Math.min(Math.max(width * 0.34, size * 15), size * 24)
      : Math.max(
          frame.height - top - below - labelMarks(plan, { ...across, height: 0 }, frame).height,
          size * 4,
        )
  const plot: Plot = { ...across, height }
  const labels = labelMarks(plan, { ...plot, height: height + below }, frame)
  const marks: Mark[] = [
    ...legend.marks,
    ...(plan.showValues ? [] : gridOf(ticks, plot, frame)),
    ...(plan.shape === 'column' ? columns(plan, plot, frame) : lines(plan, plot, frame)),
    stroke(plot, Math.min(Math.max(0, scale.low), scale.high), frame.quiet, 0.8),
    ...labels.marks,
  ]
  return { width, height: top + height + below + labels.height, marks }
}

/** Whether every name can be read below its column. */
export const labelsFit = (plan: ChartPlan, frame: Frame): boolean =>
  plan.labels.every((label) =>
    fits(label, frame.width / plan.labels.length - frame.size * 0.8, frame, labelLines),
  )

interface Plot {
  left: number
  top: number
  width: number
  height: number
  scale: Scale
}

const yOf = ({ top, height, scale }: Plot, value: number): number =>
  top + height * (1 - shareOf(scale, value))

const stroke = (plot: Plot, value: number, colour: string, width: number): Mark => ({
  kind: 'stroke',
  points: [
    [plot.left, yOf(plot, value)],
    [plot.left + plot.width, yOf(plot, value)],
  ],
  colour,
  width,
})

const gridOf = (ticks: string[], plot: Plot, { size, quiet, rule }: Frame): Mark[] =>
  plot.scale.ticks.flatMap((tick, index): Mark[] => [
    stroke(plot, tick, rule, 0.6),
    {
      kind: 'words',
      text: ticks[index] ?? '',
      x: plot.left - size * 0.6,
      y: yOf(plot, tick) + size * 0.33,
      anchor: 'end',
      size,
      fill: quiet,
    },
  ])

const columns = (plan: ChartPlan, plot: Plot, frame: Frame): Mark[] => {
  const slot = plot.width / plan.labels.length
  const bar = Math.min(slot / (plan.series.length + plan.gap / 100), frame.size * 7)
  const zero = yOf(plot, 0)
  return plan.series.flatMap((one, which) =>
    one.values.flatMap((value, index): Mark[] => {
      const middle = plot.left + slot * (index + 0.5)
      const x = middle + bar * (which - plan.series.length / 2)
      const y = yOf(plot, value)
      return [
        {
          kind: 'box',
          x: x + bar * 0.03,
          y: Math.min(y, zero),
          width: bar * 0.94,
          height: Math.abs(zero - y),
          fill: plan.colours[which] ?? frame.body,
        },
        ...(plan.showValues ? [valueAt(plan, value, x + bar / 2, y, frame)] : []),
      ]
    }),
  )
}

const lines = (plan: ChartPlan, plot: Plot, frame: Frame): Mark[] => {
  const slot = plot.width / plan.labels.length
  return plan.series.flatMap((one, which): Mark[] => {
    const fill = plan.colours[which] ?? frame.body
    const points = one.values.map((value, index): [number, number] => [
      plot.left + slot * (index + 0.5),
      yOf(plot, value),
    ])
    const dots = points.map(
      ([x, y]): Mark => ({ kind: 'dot', x, y, radius: frame.size * (points.length > 30 ? 0.15 : 0.3), fill }),
    )
    const values = plan.showValues
      ? points.map(([x, y], index) =>
          valueAt(plan, Math.abs(one.values[index] ?? 0), x, y, frame, one.values[index]),
        )
      : []
    return [{ kind: 'stroke', points, colour: fill, width: frame.size * 0.2 }, ...dots, ...values]
  })
}

/** Above what is drawn upwards, below what is drawn downwards. */
const valueAt = (
  plan: ChartPlan,
  direction: number,
  x: number,
  y: number,
  { size, body }: Frame,
  value = direction,
): Mark => ({
  kind: 'words',
  text: showNumber(value, plan.numberFormat),
  x,
  y: direction < 0 ? y + size * 1.15 : y - size * 0.6,
  anchor: 'middle',
  size,
  fill: body,
  bold: true,
})

/** Names below the plot; when they cannot all be read, every second or third one. */
const labelMarks = (plan: ChartPlan, plot: Plot, frame: Frame) => {
  const { size, body } = frame
  const slot = plot.width / plan.labels.length
  const widest = Math.max(...plan.labels.map((label) => widthOf(label, frame)))
  const wrapped = plan.labels.map((label) => wrapLabel(label, slot - size * 0.8, frame, labelLines))
  const readable = plan.labels.every((label) => fits(label, slot - size * 0.8, frame, labelLines))
  const every = readable ? 1 : Math.ceil((Math.min(widest, plot.width / 3) + size) / slot)
  const shown = plan.labels.map((label, index) => {
    if (readable) return wrapped[index] ?? []
    return index % every === 0 ? wrapLabel(label, slot * every - size * 0.8, frame, 2) : []
  })
  const marks = shown.flatMap((parts, index) =>
    parts.map(
      (text, line): Mark => ({
        kind: 'words',
        text,
        x: plot.left + slot * (index + 0.5),
        y: plot.top + plot.height + size * (1.5 + line * 1.25),
        anchor: 'middle',
        size,
        fill: body,
      }),
    ),
  )
  return { marks, height: size * (1 + Math.max(...shown.map((parts) => parts.length)) * 1.25) }
}
