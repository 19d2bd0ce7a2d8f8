import { Paragraph } from 'docx'
import { ChartRun, type ChartRunOptions } from 'docx/charts'
import type { Chart } from '../../../../shared/contract/slides.ts'
import type { Palette } from '../look/colour.ts'
import { planChart } from '../look/plan-chart.ts'

/** A native chart, editable in Word, as wide as the text. @param width in pixels of 1/96 inch */
export const chartOf = (chart: Chart, width: number, palette: Palette): Paragraph => {
  const plan = planChart(chart, palette)
  const quiet = { color: palette.quiet, size: 9 }
  const base = {
    ...(plan.title
      ? { title: { text: plan.title, font: { size: 12, bold: true, color: palette.primaryText } } }
      : {}),
    legend: plan.showLegend
      ? ({ position: plan.shape === 'pie' ? 'right' : 'bottom', font: quiet } as const)
      : (false as const),
    chartArea: { fill: 'none', border: 'none' } as const,
    transformation: { width, height: heightOf(plan.shape, plan.labels.length) },
    altText: { name: plan.title ?? 'Chart', description: plan.description },
    categories: plan.labels,
  }
  const values = { value: plan.showValues, numberFormat: plan.numberFormat, font: quiet }
  const axes = {
    // Numbers on the marks say it all: an axis and its lines would only cross them.
    valueAxis: {
      numberFormat: plan.numberFormat,
      font: quiet,
      visible: !plan.showValues,
      gridlines: !plan.showValues,
    },
    categoryAxis: {
      font: { color: palette.body, size: 9 },
      ...(plan.shape === 'bar' ? { reverseOrder: true } : {}),
    },
  }
  const coloured = plan.series.map((one, index) => ({ ...one, color: plan.colours[index] }))
  const options: Record<typeof plan.shape, () => ChartRunOptions> = {
    column: () => ({
      ...base,
      ...axes,
      type: 'column',
      gapWidth: plan.gap,
      overlap: 0,
      series: coloured,
      dataLabels: values,
    }),
    bar: () => ({
      ...base,
      ...axes,
      type: 'bar',
      gapWidth: plan.gap,
      overlap: 0,
      series: coloured,
      dataLabels: values,
    }),
    line: () => ({
      ...base,
      ...axes,
      type: 'line',
      markers: true,
      series: coloured,
      dataLabels: { ...values, position: 'above' },
    }),
    pie: () => ({
      ...base,
      type: 'pie',
      series: plan.series.map((one) => ({ ...one, colors: plan.colours })),
      dataLabels: { percentage: plan.showValues, numberFormat: '0%', position: 'outsideEnd', font: quiet },
    }),
  }
  return new Paragraph({
    spacing: { before: 120, after: 160 },
    children: [new ChartRun(options[plan.shape]())],
  })
}

/** Bars lie in rows: each needs its line. Bounded by what a page holds. */
const heightOf = (shape: string, labels: number): number =>
  shape === 'bar' ? Math.min(Math.max(240, 90 + labels * 26), 800) : 290
