import { findNumbers } from '../material/find-values.ts'
import type { Fact, Table } from '../material/read-material.ts'
import { lowered } from '../material/split-sentences.ts'

export interface Chart {
  type: string
  title: string
  labels: string[]
  series: { name: string; values: number[] }[]
}

/** A table with a number in every row of some column, all of one unit. */
export const chartOfTable = (table: Table): Chart | undefined => {
  const columns = table.head.map((name, column) => ({ name, column })).slice(1)
  const numeric = columns.filter(({ column }) =>
    table.rows.every(
      (row) =>
        findNumbers(row[column] ?? '').length === 1 &&
        unitIn(row[column]!) === unitIn(table.rows[0]![column]!),
    ),
  )
  if (numeric.length === 0 || table.rows.length < 2) return undefined
  const units = unitIn(table.rows[0]![numeric[0]!.column]!)
  const series = numeric.slice(0, 3).map(({ name, column }) => ({
    name: named(name, table.rows[0]![column]!),
    values: table.rows.map((row) => findNumbers(row[column]!)[0]!.value),
  }))
  return {
    type: 'bar',
    title: units && series.length === 1 ? `${table.head[numeric[0]!.column]}, ${units}` : series[0]!.name,
    labels: table.rows.map((row) => row[0]!),
    series,
  }
}

const unitIn = (cell: string) => cell.replace(/[-−\d.,  ]+/g, ' ').trim()
const named = (name: string, cell: string) =>
  unitIn(cell) && !name.includes(unitIn(cell)) ? `${name} (${unitIn(cell)})` : name

/** "fell from 61 to 44 euro", "grew from 1,940 to 2,310, Finland from 760 to 905", "1.9 % to 0.6 %": before and after. */
export const chartOfChange = (fact: Fact): Chart | undefined => {
  const number = '([\\d][\\d.,]*\\d|\\d)'
  const changes = [
    ...fact.text.matchAll(
      new RegExp(`(?:from )?${number}( %)? to ${number}( %)?(?: (euros?|[A-Z]{3}))?(?= |[.,;]|$)`, 'gu'),
    ),
  ].filter((found) => found[0].startsWith('from') || (found[2] && found[4]))
  if (changes.length === 0) return undefined
  const unit = changes[0]![4]?.trim() ?? changes[0]![5] ?? ''
  const values = changes.map((found) => [findNumbers(found[1]!)[0]?.value, findNumbers(found[3]!)[0]?.value])
  if (values.some(([before, after]) => before === undefined || after === undefined)) return undefined
  const labels = changes.map((found) => subjectBefore(fact.text.slice(0, found.index)))
  if (labels.some((label) => label === '')) return undefined
  if (changes.length === 1)
    return {
      type: 'bar',
      title: `${labels[0]}${unit ? ` (${unit})` : ''}`,
      labels: ['Before', 'After'],
      series: [{ name: unit || 'Value', values: values[0] as number[] }],
    }
  return {
    type: 'bar',
    title: fact.heading || labels.join(', '),
    labels,
    series: [
      { name: 'Before', values: values.map(([before]) => before!) },
      { name: 'After', values: values.map(([, after]) => after!) },
    ],
  }
}

/** What it was that changed: the last words before the figures that are no verb. */
const subjectBefore = (text: string): string => {
  const clause = text
    .split(/[;:]|, (?=\p{Lu})|\. /u)
    .at(-1)!
    .trim()
  const bare = clause
    .replace(
      /\s*\b(?:grew|fell|rose|dropped|sank|went|cut|climbed|increased|decreased|moved|reduced|came down|went up)\b\s*/i,
      ' | ',
    )
    .trim()
  const [before = '', after = ''] = bare.split('|').map((part) => part.trim())
  const words = after || before.replace(/^(?:first|second|third|then|also),? /i, '').replace(/^the /i, '')
  return words.split(' ').length <= 9 ? words.charAt(0).toUpperCase() + lowered(words).slice(1) : ''
}
