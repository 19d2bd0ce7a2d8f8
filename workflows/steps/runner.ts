import type { Json } from '../../shared/contract/json.ts'
import type { AnyStep } from '../../shared/contract/step.ts'
import type { StepRun } from '../step-run.ts'

/** What a step type does: gets the step and the run, returns the step's result. */
export type Runner<S extends AnyStep> = (step: S, run: StepRun) => Promise<Json | undefined>
