import type { Json } from '../../shared/contract/json.ts'
import { schemaProblems } from '../../shared/contract/json-schema.ts'
import type { End } from '../../shared/contract/steps/end.ts'
import { fail } from '../../shared/temporal/failure.ts'
import type { StepRun } from '../step-run.ts'
import type { Runner } from './runner.ts'

/** Ends the run. */
export const runEnd: Runner<End> = async (step, run) => {
  run.state.end(outputOf(step, run))
  return undefined
}

/** What the run gives: it fits the schema that callers were promised. @throws InvalidOutput */
export function outputOf(step: End, run: Pick<StepRun, 'render' | 'state'>): Json {
  if (step.output === undefined) return null
  const output = run.render(step.output)
  const { definition } = run.state
  const schema = definition.type === 'output_focused' ? definition.output : undefined
  const [problem] = schema ? schemaProblems(schema, output) : []
  if (problem)
    throw fail(
      'InvalidOutput',
      `The output does not fit the workflow's output schema: ${problem.path ? `${problem.path} ` : ''}${problem.message}.`,
    )
  return output
}
