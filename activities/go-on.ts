import { ApplicationFailure, Context } from '@temporalio/activity'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import {
  type NextOutcome,
  type StepCall,
  type StepOutcome,
  withOutput,
} from '../shared/contract/step-call.ts'
import { kindOf } from '../shared/temporal/failure.ts'
import type { Deps } from './deps.ts'
import { type StepReads, stepReads } from './step-reads.ts'

// biome-ignore lint/suspicious/noExplicitAny: one shape for activities of many steps
type StepActivity = (call: StepCall<any, Json>, reads?: StepReads) => Promise<StepOutcome<any>>

/**
 * An activity that goes on with the step behind its own, where the workflow has foreseen that one: one way to Temporal and
 * back less. Each of the two stores what it gives as ever, so another attempt finds what was done and does the rest.
 * `isOf` says which of the steps foreseen comes next.
 */
export const goOn =
  <S extends AnyStep, T extends Json>(
    deps: Pick<Deps, 'db'>,
    first: (call: StepCall<S, Json>, reads?: StepReads) => Promise<StepOutcome<T>>,
    isOf: (value: T) => string,
    byType: Record<string, StepActivity>,
  ) =>
  async ({ ahead, ...call }: StepCall<S, Json>): Promise<StepOutcome<T>> => {
    const reads = stepReads(deps, call.run)
    const outcome = await first(call, reads)
    if (outcome.spent || outcome.refused !== undefined || outcome.pending) return outcome
    const of = isOf(outcome.value)
    const found = ahead && Object.hasOwn(ahead, of) ? ahead[of] : undefined
    const act = found && byType[found.step.type]
    if (!found || !act) return outcome
    const after = withOutput(found.after, call.path, outcome.value)
    const next = await act({ ...found, run: call.run, after }, reads).then(
      (one): NextOutcome | undefined => (one.spent ? undefined : { of, outcome: one }),
      (error: unknown): NextOutcome => {
        const kind = kindOf(error)
        const isFinal = error instanceof ApplicationFailure && error.nonRetryable === true
        // What may be tried again is, with all that is stored by now.
        if (Context.current().cancellationSignal.aborted || !kind || !isFinal) throw error
        return { of, fault: { code: kind.code, message: kind.message } }
      },
    )
    return { ...outcome, ...(next ? { next } : {}) }
  }
