import { type Definition, walkSteps } from './definition.ts'
import type { AnyStep } from './step.ts'

/** A definition with one step replaced, wherever it is nested; undefined when it has no step of this id. */
export function replaceStep(definition: Definition, stepId: string, step: AnyStep): Definition | undefined {
  const place = [...walkSteps(definition.steps)].find((placed) => placed.step.id === stepId)
  if (!place) return undefined
  const copy = structuredClone(definition)
  const keys = place.at.match(/[^.[\]]+/g) as string[]
  const last = keys.pop() as string
  const list = keys.reduce<Record<string, unknown>>(
    (at, key) => at[key] as Record<string, unknown>,
    copy as unknown as Record<string, unknown>,
  )
  list[last] = step
  return copy
}
