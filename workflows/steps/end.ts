import { schemaProblems } from '../../shared/contract/json-schema.ts'
import type { End } from '../../shared/contract/steps/end.ts'
import { fail } from '../../shared/temporal/failure.ts'
import type { Runner } from './runner.ts'

/** Ends the run. An output that is given fits the schema that callers were promised. */
export const runEnd: Runner<End> = async (step, run) => {
  if (step.output === undefined) {
    run.state.end(null)
    return undefined
  }
  const output = run.render(step.output)
  const { definition } = run.state
  const schema = definition.type === 'output_focused' ? definition.output : undefined
  const [problem] = schema ? schemaProblems(schema, output) : []
  if (problem)
    throw fail(
      'InvalidOutput',
      `The output does not fit the workflow's output schema: ${problem.path ? `${problem.path} ` : ''}${problem.message}.`,
    )
  run.state.end(output)
  return undefined
}
