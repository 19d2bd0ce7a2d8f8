import type { Chart } from '../../../../shared/contract/slides.ts'
import type { Palette } from '../look/colour.ts'
import { planChart } from '../look/plan-chart.ts'
import { latinFont } from '../look/scripts.ts'
import type { Box } from './frame.ts'
import type { ChartOptions, Slide } from './library.ts'

/** Rows read from the top. The library knows the value, its type does not. */
const topFirst = 'maxMin' as 'minMax'

/** A native chart with its sheet behind it: editable in PowerPoint. */
export const addChart = (slide: Slide, chart: Chart, box: Box, palette: Palette): void => {
  const plan = planChart(chart, palette)
  const isPie = plan.shape === 'pie'
  const data = plan.series.map((one) => ({ name: one.name, labels: plan.labels, values: one.values }))
  const font = { fontFace: latinFont, color: palette.quiet, size: 13 }
  const shapes: Record<typeof plan.shape, ChartOptions> = {
    column: { barDir: 'col', barGapWidthPct: plan.gap },
    bar: { barDir: 'bar', barGapWidthPct: plan.gap, catAxisOrientation: topFirst },
    line: { lineSize: 2.5, lineDataSymbolSize: 7, dataLabelPosition: 't' },
    pie: { dataLabelPosition: 'outEnd', dataBorder: { pt: 1.5, color: 'FFFFFF' } },
  }
  slide.addChart(isPie ? 'pie' : plan.shape === 'line' ? 'line' : 'bar', data, {
    ...box,
    ...shapes[plan.shape],
    altText: plan.description,
    chartColors: plan.colours,
    showTitle: Boolean(plan.title),
    title: plan.title ?? '',
    titleFontFace: latinFont,
    titleFontSize: 18,
    titleBold: true,
    titleColor: palette.primaryText,
    showLegend: plan.showLegend,
    legendPos: isPie && box.w > 7 ? 'r' : 'b',
    legendFontFace: font.fontFace,
    legendFontSize: 14,
    legendColor: palette.body,
    showValue: !isPie && plan.showValues,
    showPercent: isPie && plan.showValues,
    showLeaderLines: false,
    dataLabelFormatCode: isPie ? '0%' : plan.numberFormat,
    dataLabelFontFace: font.fontFace,
    dataLabelFontSize: 14,
    dataLabelColor: palette.body,
    catAxisLabelFontFace: font.fontFace,
    catAxisLabelFontSize: 14,
    catAxisLabelColor: palette.body,
    catAxisLineColor: palette.rule,
    catAxisMajorTickMark: 'none',
    valAxisLabelFontFace: font.fontFace,
    valAxisLabelFontSize: font.size,
    valAxisLabelColor: font.color,
    valAxisLabelFormatCode: plan.numberFormat,
    valAxisLineShow: false,
    // Numbers on the marks say it all: an axis and its lines would only cross them.
    valAxisHidden: plan.showValues,
    valGridLine: plan.showValues ? { style: 'none' } : { color: 'E5E5E5', size: 0.75, style: 'solid' },
    chartArea: { roundedCorners: false },
  })
}
