import { actionTime, parametersOf } from './action.ts'
import { type Definition, walkSteps } from './definition.ts'
import { schemaProblems } from './json-schema.ts'
import type { Problem } from './step.ts'
import { stepKindOf } from './steps/index.ts'
import { rootsIn } from './template.ts'

/** What an action needs beside what every workflow does. */
export function checkAction(definition: Definition): { errors: Problem[]; warnings: Problem[] } {
  if (definition.type !== 'output_focused' || !definition.action) return { errors: [], warnings: [] }
  const { action, input, steps } = definition
  const errors: Problem[] = []
  const warnings: Problem[] = []
  const given = parametersOf(action)
  for (const name of namesIn(input?.required))
    if (!namesIn(given.required).includes(name))
      errors.push({
        path: 'action.variables',
        message: `the input needs "${name}", which is no required variable of the action: add it, or no agent can call it`,
      })
  const text = action.message && 'text' in action.message ? action.message.text : ''
  for (const root of rootsIn(text))
    if (root !== 'input')
      errors.push({
        path: 'action.message.text',
        message: `"${root}" is not known when the message is said: name the action's variables, as \${input.name}`,
      })
  const all = [...walkSteps(steps)].map(({ step }) => ({ step, kind: stepKindOf(step.type) }))
  const gives = all.some(({ step, kind }) => kind?.ends && 'output' in step && step.output !== undefined)
  if (!gives && action.responseSchema && schemaProblems(action.responseSchema, null).length > 0)
    errors.push({
      path: 'action.responseSchema',
      message: 'nothing gives a response: put it into the "output" of an "end" step',
    })
  if (!action.description.trim())
    warnings.push({
      path: 'action.description',
      message:
        'the model decides by the description when to call it: say what it does, and when it is of use',
    })
  for (const { step, kind } of all)
    if (kind?.waits)
      warnings.push({
        stepId: step.id,
        path: 'steps',
        message: `an action is stopped after ${actionTime}, and "${step.type}" may wait longer`,
      })
  return { errors, warnings }
}

const namesIn = (required: unknown): string[] =>
  Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
