import { fieldNames } from './answer/form.ts'
import { type Definition, walkSteps } from './definition.ts'
import type { Ask } from './steps/ask.ts'

/**
 * A definition whose forms say in which order they ask for their fields: the one they are written in, which no database
 * keeps. An order that is there already stays, with what it leaves out behind it.
 */
export function keepFieldOrder(definition: Definition): Definition {
  const copy = structuredClone(definition)
  for (const { step } of walkSteps(copy.steps)) {
    if (step.type !== 'ask') continue
    const { answer } = step as Ask
    if (answer.type === 'form') answer.order = fieldNames(answer)
  }
  return copy
}
