import type { Parallel } from '../../shared/contract/steps/parallel.ts'
import type { Runner } from './runner.ts'

/** Runs all of its arms side by side. The first that fails stops the others. */
export const runParallel: Runner<Parallel> = async (step, run) => {
  await run.sideBySide(
    step.arms.map((arm) => async (ledger) => {
      await run.line(arm.steps, ledger)
    }),
  )
  return undefined
}
