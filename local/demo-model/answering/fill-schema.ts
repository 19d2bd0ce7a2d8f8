import { isObject, type Json } from '../../../shared/contract/json.ts'
import { subjects, written } from '../material/compare-words.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { fittingPlan } from '../writing/deal-points.ts'
import { type Chart, chartOfChange, chartOfTable } from '../writing/find-charts.ts'
import { type Choice, chooseOption, isFallback, isSaid } from './choose-option.ts'
import { fillList } from './fill-list.ts'
import { findNumber } from './find-number.ts'
import { findText } from './find-text.ts'
import {
  emptyValue,
  fits,
  resolve,
  type Schema,
  typesOf,
  withDefinitions,
  withinBounds,
} from './schema-walk.ts'
import { clip, type Scope, type Slot, scopeOf, spoken } from './scope.ts'
import { shapeChart } from './shape-chart.ts'

/** An answer of the wanted shape, each value from the material; where that has none, the plainest value the schema allows. */
export const fillSchema = (schema: Schema, prompt: Prompt): Json => {
  const root = resolve(schema, schema)
  const scope = scopeOf(prompt, root)
  const filled =
    typesOf(root).length === 0 && !root.enum && !root.anyOf && !root.oneOf
      ? looseObject(scope)
      : fill({ name: '', description: '', schema: root }, scope)
  if (filled !== undefined && fits(schema, filled)) return filled
  return emptyValue(root, root)
}

/** undefined: the material has nothing for this place. */
export const fill = (slot: Slot, scope: Scope): Json | undefined => {
  const schema = resolve(slot.schema, scope.root)
  const value = fillResolved(
    { ...slot, schema, description: slot.description || String(schema.description ?? schema.title ?? '') },
    scope,
  )
  if (value === undefined || value === null) return value
  // A value that its own schema refuses (a pattern, a format) is none.
  return fits(scope.root === schema ? schema : withDefinitions(schema, scope.root), value) ? value : undefined
}

const fillResolved = (slot: Slot, scope: Scope): Json | undefined => {
  const { schema } = slot
  if (schema.const !== undefined) return schema.const as Json
  if (Array.isArray(schema.enum)) return fillEnum(slot, schema.enum as Json[], scope)
  const choices = (schema.anyOf ?? schema.oneOf) as unknown[] | undefined
  if (Array.isArray(choices)) return fillChoice(slot, choices, scope)
  for (const type of typesOf(schema)) {
    const value = byType[type]?.(slot, scope)
    if (value !== undefined && value !== null) return value
  }
  if (typesOf(schema).includes('null')) return null
  return typesOf(schema).length === 0 ? findText(slot, scope) : undefined
}

const byType: Record<string, (slot: Slot, scope: Scope) => Json | undefined> = {
  object: (slot, scope) => fillObject(slot, scope),
  array: (slot, scope) => fillList(slot, scope, fill),
  string: (slot, scope) => {
    const found = findText(slot, scope)
    return found === undefined ? undefined : clip(found, Number(slot.schema.maxLength ?? Infinity))
  },
  number: (slot, scope) => bounded(findNumber(slot, scope), slot.schema),
  integer: (slot, scope) => bounded(findNumber(slot, scope), slot.schema),
  boolean: ({ name, description }, scope) =>
    isSaid(
      description || spoken(name),
      scope.facts.map((fact) => fact.text),
    ),
}

const bounded = (value: number | undefined, schema: Schema) =>
  value === undefined ? undefined : withinBounds(value, schema)

const fillObject = (slot: Slot, scope: Scope): Json | undefined => {
  const properties = isObject(slot.schema.properties) ? slot.schema.properties : {}
  const required = new Set((slot.schema.required as string[]) ?? [])
  if (properties.labels && properties.series) return fillChart(slot.schema, scope)
  const made: Record<string, Json> = {}
  const inner = { ...scope }
  let found = 0
  // What is chosen comes first, so that a "why" can speak of it.
  const order = Object.entries(properties).sort(
    ([, a], [, b]) => Number(hasEnum(b, scope.root)) - Number(hasEnum(a, scope.root)),
  )
  for (const [name, schema] of order) {
    const value = fill({ name, description: '', schema: schema as Schema }, inner)
    if (value !== undefined && value !== null) found++
    if (value !== undefined) made[name] = value
    else if (required.has(name)) made[name] = emptyValue(schema, scope.root)
  }
  for (const name of required)
    made[name] ??= made[name] === null ? null : emptyValue(properties[name], scope.root)
  const inOrder = Object.fromEntries(
    [...Object.keys(properties), ...required]
      .filter((name) => name in made)
      .map((name) => [name, made[name]!]),
  )
  return found === 0 && slot.name !== '' && Object.keys(properties).length > 0 ? undefined : inOrder
}

const hasEnum = (schema: unknown, root: Schema) => Array.isArray(resolve(schema, root).enum)

const fillChoice = (slot: Slot, choices: unknown[], scope: Scope): Json | undefined => {
  const { anyOf: _any, oneOf: _one, ...beside } = slot.schema
  let nullable = false
  for (const choice of choices) {
    const schema = { ...beside, ...resolve(choice, scope.root) }
    if (schema.type === 'null') nullable = true
    else {
      const value = fill({ ...slot, schema }, scope)
      if (value !== undefined && fits(withDefinitions(slot.schema, scope.root), value)) return value
    }
  }
  return nullable ? null : undefined
}

const fillEnum = (slot: Slot, values: Json[], scope: Scope): Json | undefined => {
  const options = values.filter((value) => value !== null).map(String)
  const plan = scope.item ? undefined : planAmong(options, scope)
  if (plan) {
    scope.choice = plan
    return plan.value
  }
  const own = (text: string) =>
    options.some((option) => option.length > 3 && text.toLowerCase().includes(option.toLowerCase()))
  // The options' own files describe the options; the rest of the material is what they are held against.
  const material = scope.item
    ? scope.item.text
    : scope.prompt.sources
        .filter((source) => !own(`${source.name} ${source.text.slice(0, 120)}`))
        .map((source) => source.text)
        .join('\n')
  const asked =
    scope.prompt.task === 'classify' || material === ''
      ? scope.prompt.question.replace(/<file[\s\S]*?<\/file>/g, '')
      : `${slot.description} ${scope.prompt.instruction}`
  const choice = chooseOption(
    options,
    `${material}\n${scope.item ? '' : asked}`,
    scope.prompt,
    slot.description,
  )
  scope.choice = choice
  // Nothing speaks for any: an optional value is then better left out.
  if (choice.because.length === 0 && choice.confidence <= 0.2 && !isFallback(choice.value)) return undefined
  return values.find((value) => String(value) === choice.value)
}

/** Options that are the rows of the price list: the plan that meets most wishes. */
const planAmong = (options: string[], { deal, prompt }: Scope): Choice | undefined => {
  const rows = deal.prices?.rows ?? []
  if (options.length < 2 || !options.every((option) => rows.some((row) => row[0] === option)))
    return undefined
  const plan = fittingPlan(deal, prompt.instruction)
  if (!plan) return undefined
  const wishes = [...deal.of('wants'), ...deal.of('concerns')].map((fact) => fact.text).join(' ')
  const features = /everything|all of/i.test(plan.join(' ')) ? rows.flat().join(' ') : plan.join(' ')
  const because = written(
    new Set([...subjects(features)].filter((word) => subjects(wishes).has(word))),
    wishes,
  )
  return { value: plan[0]!, because: because.slice(0, 8), confidence: 0.8 }
}

/** `{ type, title, labels, series }` from a table of numbers or a sentence about a change. */
const fillChart = (schema: Schema, scope: Scope): Json | undefined => {
  const charts = [
    ...scope.deal.documents.flatMap((document) => document.tables).map(chartOfTable),
    ...scope.deal.facts.map(chartOfChange),
  ].filter((chart): chart is Chart => chart !== undefined)
  for (const chart of charts) {
    const fitted = shapeChart(chart, schema, scope.root)
    if (fitted !== undefined) return fitted
  }
  return undefined
}

/** `response_format: json_object` without a schema: who, when, and what under each heading. */
const looseObject = (scope: Scope): Json => {
  const made: Record<string, Json> = {}
  if (scope.deal.customer) made.customer = scope.deal.customer
  if (scope.deal.day) made.date = scope.deal.day
  for (const fact of scope.facts) {
    const key = fact.heading || 'facts'
    made[key] = [...((made[key] as Json[]) ?? []), fact.text]
  }
  return made
}
