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
import { Superseded } from '../storage/sql/record-step.ts'
import type { Deps } from './deps.ts'
import { type OneGo, oneGo } from './one-go.ts'

// biome-ignore lint/suspicious/noExplicitAny: one shape for activities of many steps
type StepActivity = (call: StepCall<any, Json>, go?: OneGo) => Promise<StepOutcome<any>>

/**
 * An activity that goes on with the step behind its own, where the workflow has foreseen that one: one way to Temporal and
 * back less. Each of the two stores what it gives as ever, so another attempt finds what was done and does the rest.
 * `isOf` says which of the steps foreseen comes next.
 */
export const goOn =
  <S extends AnyStep, T extends Json>(
    deps: Pick<Deps, 'db'>,
    first: (call: StepCall<S, Json>, go?: OneGo) => Promise<StepOutcome<T>>,
    isOf: (value: T) => string,
    byType: Record<string, StepActivity>,
  ) =>
  async ({ ahead, ...call }: StepCall<S, Json>): Promise<StepOutcome<T>> => {
    const nextOf = (outcome: StepOutcome<T>) => {
      if (outcome.spent || outcome.refused !== undefined || outcome.pending) return undefined
      const of = isOf(outcome.value)
      const found = ahead && Object.hasOwn(ahead, of) ? ahead[of] : undefined
      const act = found && byType[found.step.type]
      return act && { of, found, act }
    }
    const inOneGo = async (): Promise<StepOutcome<T>> => {
      const go = oneGo(deps, call.run)
      const isPassedOn = (outcome: StepOutcome) => nextOf(outcome as unknown as StepOutcome<T>) !== undefined
      const outcome = await first(call, { ...go, isPassedOn })
      const coming = nextOf(outcome)
      if (!coming) return outcome
      const { of, found, act } = coming
      const after = withOutput(found.after, call.path, outcome.value)
      const next = await act({ ...found, run: call.run, after }, go).then(
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
    try {
      return await inOneGo()
    } catch (error) {
      if (!(error instanceof Superseded)) throw error
      // Now the outcome of the other attempt is found.
      return inOneGo()
    }
  }
