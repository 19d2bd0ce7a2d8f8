import type { Chart } from '../../../../../shared/contract/slides.ts'
import { planChart } from '../../../documents/look/plan-chart.ts'
import { column, type Element } from '../element.ts'
import { fitWords, setWords } from '../fit-words.ts'
import { layChart } from '../lay-chart.ts'
import { css, foot, type Sheet } from '../sheet.ts'
import type { CardWords } from '../template.ts'

/** What the figures show, and the figures. */
export function layChartCard(sheet: Sheet, { title, text, chart }: CardWords & { chart: Chart }): Element {
  const { width, height, unit, padding, inner, palette, mirrored } = sheet
  const plan = planChart(chart, palette)
  // A chart without a card title lends its own.
  const head = title || plan.title || ''
  const gap = unit * 0.35
  const heading = head
    ? fitWords(head, {
        width: inner.width,
        height: inner.height * 0.22,
        most: unit * 0.7,
        least: unit * 0.4,
        bold: true,
        leading: 1.15,
      })
    : undefined
  const below = text
    ? fitWords(text, {
        width: inner.width,
        height: inner.height * 0.16,
        most: unit * 0.4,
        least: unit * 0.3,
        leading: 1.3,
      })
    : undefined
  const above = (heading ? heading.height : 0) + (below ? below.height + gap * 0.3 : 0)
  const room = { width: inner.width, height: inner.height - above - (above ? gap : 0) }
  return column(
    { width, height, padding, backgroundColor: '#ffffff' },
    heading && setWords(heading, css(palette.primaryText), { mirrored }),
    below && setWords(below, css(palette.quiet), { mirrored, marginTop: gap * 0.3 }),
    column(
      { width: inner.width, flexGrow: 1, justifyContent: 'center', marginTop: above ? gap : 0 },
      layChart(plan, palette, room, unit),
    ),
    foot(sheet, css(palette.quiet)),
  )
}
