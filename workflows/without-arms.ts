import { isObject, type Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { stepKindOf } from '../shared/contract/steps/index.ts'

/**
 * A step as its activity is given it: the steps inside it are walked by the workflow, and all that an intent leads to would
 * go into history with every turn.
 */
export function withoutArms(step: AnyStep): AnyStep {
  const arms = stepKindOf(step.type)?.arms?.(step) ?? []
  const lists = new Set<unknown>(arms.flatMap(({ steps }) => (steps.length > 0 ? [steps] : [])))
  if (lists.size === 0) return step
  const copy = (value: Json): Json => {
    if (lists.has(value)) return []
    if (Array.isArray(value)) return value.map(copy)
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner as Json)]))
  }
  return copy(step as unknown as Json) as unknown as AnyStep
}
