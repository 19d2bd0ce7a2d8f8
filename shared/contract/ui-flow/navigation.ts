import type { InputProblem } from '../errors.ts'
import type { Json } from '../json.ts'
import type { QueryParameter, UiFlowPage } from '../ui-flow.ts'

/** A page that a step can lead to. */
export type Destination = Pick<UiFlowPage, 'pageId' | 'title' | 'queryParameters'>

/** Whether a parameter came out as nothing. */
const isEmpty = (value: Json | undefined): boolean => {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** What keeps parameters from a page as far as they are written: others than it has, and required ones left out. */
export function parameterProblems(
  { title, queryParameters }: Destination,
  given: Record<string, Json>,
): InputProblem[] {
  const names = queryParameters.map(({ name }) => name)
  const unknown = Object.keys(given).filter((name) => !names.includes(name))
  return [
    ...unknown.map((name) => ({
      path: `parameters.${name}`,
      message: `the page “${title}” has no parameter "${name}"; there are ${names.join(', ') || 'none'}`,
    })),
    ...queryParameters
      .filter((one) => isMissing(one, given))
      .map(({ name }) => ({
        path: 'parameters',
        message: `"${name}" has to be given: the page “${title}” requires it`,
      })),
  ]
}

const isMissing = (one: QueryParameter, given: Record<string, Json>) =>
  one.required && isEmpty(one.default) && isEmpty(givenFor(given, one.name))

const givenFor = (given: Record<string, Json>, name: string) =>
  Object.hasOwn(given, name) ? given[name] : undefined

export interface Filled {
  parameters: Record<string, string | number | boolean>
  /** Required ones that came out empty. */
  missing: string[]
  /** Given ones that the page does not have. */
  unknown: string[]
}

/** The parameters as the page gets them: a default fills an empty one, lists and objects are written as JSON. */
export function fillParameters({ queryParameters }: Destination, given: Record<string, Json>): Filled {
  const values = queryParameters.flatMap((one) => {
    const came = givenFor(given, one.name)
    const value = isEmpty(came) ? one.default : came
    if (value === undefined || value === null || isEmpty(value)) return []
    return [[one.name, typeof value === 'object' ? JSON.stringify(value) : value] as const]
  })
  const names = queryParameters.map(({ name }) => name)
  return {
    parameters: Object.fromEntries(values),
    missing: queryParameters.filter((one) => isMissing(one, given)).map(({ name }) => name),
    unknown: Object.keys(given).filter((name) => !names.includes(name)),
  }
}
