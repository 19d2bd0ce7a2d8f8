import { isObject, type Json } from '../../../shared/contract/json.ts'
import type { Chart } from '../writing/find-charts.ts'
import { fits, resolve, type Schema, withDefinitions } from './schema-walk.ts'

/** A chart with just those properties that the schema knows, of a type that it allows. */
export const shapeChart = (chart: Chart, given: unknown, root: Schema): Json | undefined => {
  const schema = resolve(given, root)
  const choices = (schema.anyOf ?? schema.oneOf) as unknown[] | undefined
  if (choices)
    return choices.map((choice) => shapeChart(chart, choice, root)).find((shaped) => shaped !== undefined)
  const properties = isObject(schema.properties) ? schema.properties : {}
  if (!properties.labels || !properties.series) return undefined
  const types = resolve(properties.type, root).enum as string[] | undefined
  const shaped = { ...chart, type: types && !types.includes(chart.type) ? types[0]! : chart.type }
  const known = Object.fromEntries(Object.entries(shaped).filter(([name]) => name in properties)) as Json
  return fits(withDefinitions(schema, root), known) ? known : undefined
}
