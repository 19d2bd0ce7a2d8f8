import type { Chart } from '../../../../shared/contract/slides.ts'
import type { Hex, Palette } from './colour.ts'

/** How a chart is drawn, decided once for all formats. */
export interface ChartPlan {
  shape: 'column' | 'bar' | 'line' | 'pie'
  title?: string
  labels: string[]
  series: { name: string; values: number[] }[]
  /** One per series; for a pie, one per slice. */
  colours: Hex[]
  showLegend: boolean
  /** Space between bars, in per cent of a bar: one or two bars would else fill the slide. */
  gap: number
  /** Numbers on the marks themselves: only while they are few enough to read. */
  showValues: boolean
  /** Excel's notation. */
  numberFormat: string
  /** For readers who cannot see it. */
  description: string
}

export const planChart = (chart: Chart, palette: Palette): ChartPlan => {
  const shape = shapeOf(chart)
  // An empty label shifts the sheet behind the chart by a row.
  const labels = chart.labels.map((label) => label.trim() || '\u00a0')
  const series = chart.series.map((one, index) => ({
    ...one,
    name: one.name.trim() || `Series ${index + 1}`,
  }))
  const marks = shape === 'pie' ? labels.length : series.length
  return {
    shape,
    ...(chart.title?.trim() ? { title: chart.title.trim() } : {}),
    labels,
    series,
    colours: Array.from({ length: marks }, (_, index) => palette.series[index % palette.series.length] ?? ''),
    showLegend: shape === 'pie' || series.length > 1,
    gap: labels.length * series.length <= 2 ? 220 : shape === 'bar' ? 60 : 70,
    showValues: shape === 'pie' ? labels.length <= 8 : series.length * labels.length <= 12,
    numberFormat: numberFormat(series.flatMap((one) => one.values)),
    description: describe(labels, series, chart.title),
  }
}

/** A pie shows the parts of one whole: several series or a negative part are drawn as bars, so that nothing is lost. */
const shapeOf = ({ type, labels, series }: Chart): ChartPlan['shape'] => {
  const values = series[0]?.values ?? []
  const isWhole =
    series.length === 1 && values.every((value) => value >= 0) && values.some((value) => value > 0)
  if (type === 'line' || (type === 'pie' && isWhole)) return type
  // Long names are read on lines of their own, not slanted under columns.
  const longest = Math.max(...labels.map((label) => label.length))
  return longest > 16 || labels.length * longest > 110 ? 'bar' : 'column'
}

const numberFormat = (values: number[]): string => {
  const decimals = Math.max(...values.map((value) => /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0))
  return decimals ? `#,##0.${'0'.repeat(Math.min(decimals, 2))}` : '#,##0'
}

const describe = (labels: string[], series: ChartPlan['series'], title?: string): string => {
  const lines = series.map((one) => {
    const points = labels.slice(0, 20).map((label, index) => `${label} ${one.values[index]}`)
    return `${one.name}: ${points.join(', ')}${labels.length > 20 ? ', …' : ''}`
  })
  return [title, ...lines].filter(Boolean).join('. ')
}
