import { child, descendants, elements, textOf, type XmlElement } from './parse-xml.ts'

/** The numbers behind a chart of an office file, as a table: one row per category, one column per series. */
export const readChart = (chart: XmlElement | undefined): { title: string; rows: string[][] } => {
  const series = descendants(chart, 'c:ser')
  const title = textOf(child(chart, 'c:chart', 'c:title', 'c:tx')).trim()
  const columns = series.map((one) => points(child(one, 'c:val') ?? child(one, 'c:yVal')))
  const categories = points(child(series[0], 'c:cat') ?? child(series[0], 'c:xVal'))
  const names = series.map((one) => points(child(one, 'c:tx'))[0] ?? textOf(child(one, 'c:tx', 'c:v')))
  const length = Math.max(categories.length, ...columns.map((column) => column.length), 0)
  const body = Array.from({ length }, (_, row) => [
    categories[row] ?? '',
    ...columns.map((column) => column[row] ?? ''),
  ])
  return { title, rows: length === 0 ? [] : [['', ...names], ...body] }
}

/** The remembered values of a reference into the workbook; more than 1,000 are no chart that a person reads. */
const points = (reference: XmlElement | undefined): string[] => {
  const values: string[] = []
  for (const point of descendants(reference, 'c:pt')) {
    const index = Number(point.attributes.idx)
    if (index >= 0 && index < 1_000)
      values[index] = textOf(elements(point).find(({ name }) => name === 'c:v'))
  }
  return Array.from(values, (value) => value ?? '')
}
