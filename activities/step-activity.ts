import { ApplicationFailure, Context, heartbeat } from '@temporalio/activity'
import type { JournalEvent } from '../shared/contract/journal.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import type { StepCall, StepOutcome } from '../shared/contract/step-call.ts'
import { asFailure, kindOf } from '../shared/temporal/failure.ts'
import type { Transaction } from '../storage/sql/database.ts'
import { beginStep, findOutcome, finishStep, noteStepError } from '../storage/sql/record-step.ts'
import type { Deps } from './deps.ts'
import { unavailable } from './unavailable.ts'

/** How often a provider may be busy before the step fails, where the step does not say. */
const providerAttempts = 5
/** A cancelled run is heard of in the answer to a heartbeat, so they come often. */
const heartbeatEvery = 400

/** What a step's activity made, before it is stored. */
export interface Made<T extends Json | undefined> {
  value: T
  label?: string | undefined
  /** Why the step is not done after all: nothing that would follow is written. */
  refused?: string
  /** Entries the activity itself adds: an asset, a message with what it found. */
  entries?: (JournalEvent & { key: string })[]
  /** What the run log shows as the step's input. */
  input?: Json
  logs?: string[]
  /** Rows that belong to the result: written in its transaction. */
  store?: (tx: Transaction) => Promise<void>
}

export interface StepJob<S extends AnyStep> {
  call: StepCall<S, Json>
  attempt: number
  signal: AbortSignal
  /** Shown to operators with the next heartbeat. Words of ours only. */
  at: (what: string) => void
  /** The key of an outside effect: equal over attempts, restarts and continue-as-new. */
  effectKey: (ordinal: number | string) => string
}

/**
 * Wraps the work of a step: what was stored before is given back and nothing is done twice; entries owed are written
 * first; the result, the entries that follow and the rows that belong to it are one transaction; a cancelled activity
 * stores nothing.
 */
export const stepActivity =
  <S extends AnyStep, T extends Json | undefined>(deps: Deps, work: (job: StepJob<S>) => Promise<Made<T>>) =>
  async (call: StepCall<S, Json>): Promise<StepOutcome<T>> => {
    const { cancellationSignal, info } = Context.current()
    let place = 'begin'
    const beat = setInterval(() => heartbeat({ at: place }), heartbeatEvery)
    try {
      const stored = await findOutcome(deps.db, call)
      if (stored) return stored as unknown as StepOutcome<T>
      await beginStep(deps.db, call, info.attempt)
      const made = await work({
        call,
        attempt: info.attempt,
        signal: cancellationSignal,
        at: (what) => {
          place = what
          heartbeat({ at: what })
        },
        effectKey: (ordinal) => `${call.run.instanceUuid}:${call.path}:${call.ordinal}:${ordinal}`,
      })
      cancellationSignal.throwIfAborted()
      const outcome: StepOutcome<T> = {
        value: made.value,
        ...(made.label ? { label: made.label } : {}),
        ...(made.refused === undefined ? {} : { refused: made.refused }),
      }
      return (await finishStep(deps.db, call, outcome as StepOutcome, made)) as unknown as StepOutcome<T>
    } catch (error) {
      if (cancellationSignal.aborted) throw await Context.current().cancelled.catch((cancelled) => cancelled)
      const failure = finalFailure(error, info.attempt, call.step)
      await noteStepError(deps.db, call, info.attempt, kindOf(failure) ?? { code: 'Internal', message: 'a fault of ours' }).catch(() => {})
      throw failure
    } finally {
      clearInterval(beat)
    }
  }

/** A busy provider is tried as often as the step allows; a database that is away is waited for much longer. */
function finalFailure(error: unknown, attempt: number, step: AnyStep): unknown {
  const failure = unavailable(error) ?? asFailure(error)
  const known = kindOf(failure)
  if (known?.code !== 'ProviderBusy' || attempt < (step.retry?.attempts ?? providerAttempts)) return failure
  return ApplicationFailure.nonRetryable(`${known.message} Tried ${attempt} times.`, 'ProviderBusy')
}

