import type { End } from '../../shared/contract/steps/end.ts'
import type { Runner } from './runner.ts'

export const runEnd: Runner<End> = async (step, run) => {
  run.state.end(step.output === undefined ? null : run.render(step.output))
  return undefined
}
