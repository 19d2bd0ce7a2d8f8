import type { End } from '../../shared/contract/steps/end.ts'
import type { Runner } from './runner.ts'

export const runEnd: Runner<End> = async (step, run) => {
  if (step.output !== undefined) run.state.output = run.render(step.output)
  run.state.ended = true
  return undefined
}
