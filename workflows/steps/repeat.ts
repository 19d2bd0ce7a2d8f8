import type { Repeat } from '../../shared/contract/steps/repeat.ts'
import type { Runner } from './runner.ts'

export const runRepeat: Runner<Repeat> = async (step, run) => {
  for (let round = run.kept<number>('round') ?? 0; round < step.max; round++) {
    run.keep('round', round)
    const isBegun = run.kept<number>('begun') === round
    if (!isBegun && step.while !== undefined && run.render(step.while) !== true) break
    run.keep('begun', round)
    await run.round(step.steps, round, { of: step.max, bindings: { index: round } })
    if (run.state.ended) break
    if (step.until !== undefined && run.render(step.until) === true) break
  }
  return undefined
}
