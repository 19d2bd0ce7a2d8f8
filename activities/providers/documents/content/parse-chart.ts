import { Chart } from '../../../../shared/contract/slides.ts'
import { DocumentProblem } from '../problem.ts'
import { legalText } from './legal-text.ts'

const expected =
  'Expected JSON like { "type": "bar", "title": "Missed slots", "labels": ["Q2", "Q3"], "series": [{ "name": "%", "values": [1.7, 2.1] }] }, where type is bar, line or pie.'

/** Reads the JSON of a fenced `chart` block. `place` names it for the builder: `Chart 2`, `Chart 1 of slide 3`. */
export const parseChart = (json: string, place: string): Chart => {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new DocumentProblem(`${place} is not valid JSON (${(error as Error).message}). ${expected}`)
  }
  const parsed = Chart.safeParse(value)
  if (parsed.success) return legalText(parsed.data)
  const problems = parsed.error.issues
    .slice(0, 3)
    .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
  throw new DocumentProblem(`${place}${titleOf(value)} is not a chart: ${problems.join('; ')}. ${expected}`)
}

const titleOf = (value: unknown): string => {
  const title = (value as { title?: unknown } | null)?.title
  return typeof title === 'string' && title ? ` "${title.slice(0, 80)}"` : ''
}
