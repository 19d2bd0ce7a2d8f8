import type { Json } from '../shared/contract/json.ts'
import { schemaProblems } from '../shared/contract/json-schema.ts'
import { fail } from '../shared/temporal/failure.ts'
import type { RunState } from './run-state.ts'

/** An agent is given nothing but what its action promises. @throws InvalidOutput */
export function fitResponse({ ref, definition }: RunState, output: Json): void {
  if (ref.kind !== 'action' || definition.type !== 'output_focused') return
  const schema = definition.action?.responseSchema
  const problems = schema ? schemaProblems(schema, output) : []
  if (problems.length > 0)
    throw fail(
      'InvalidOutput',
      `The output does not fit the action's response schema: ${problems.map(({ path, message }) => `${path ? `${path} ` : ''}${message}`).join('; ')}.`,
    )
}
