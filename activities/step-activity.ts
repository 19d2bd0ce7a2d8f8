import { ApplicationFailure, Context, heartbeat } from '@temporalio/activity'
import type { JournalEvent } from '../shared/contract/journal.ts'
import type { Json } from '../shared/contract/json.ts'
import type { SpentBudget } from '../shared/contract/spending.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import type { PendingCall, StepCall, StepOutcome } from '../shared/contract/step-call.ts'
import { asFailure, kindOf } from '../shared/temporal/failure.ts'
import { mustFit } from '../shared/temporal/payload-size.ts'
import type { LiveSignal } from '../storage/live/live.ts'
import type { Transaction } from '../storage/sql/database.ts'
import {
  beginStep,
  finishStep,
  isPlainResult,
  noteStepError,
  outcomeRow,
  Superseded,
} from '../storage/sql/record-step.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { type OneGo, oneGo } from './one-go.ts'
import { unavailable } from './unavailable.ts'

/** How often a provider may be busy, or a fault of ours may show, before the step fails, where the step does not say. */
const providerAttempts = 5
/** A cancelled run is heard of in the answer to a heartbeat, so they come often. */
const heartbeatEvery = 400
/** What a step's activity made, before it is stored. */
export interface Made<T extends Json | undefined> {
  value: T
  label?: string | undefined
  /** Why the step is not done after all: nothing that would follow is written. */
  refused?: string
  /** Calls that others have to see to first: nothing that would follow is written. */
  pending?: PendingCall[]
  /** Entries the activity itself adds: an asset, a message with what it found. */
  entries?: (JournalEvent & { key: string })[]
  /** What the run log shows as the step's input. */
  input?: Json
  logs?: string[]
  /** Rows that belong to the result: written in its transaction. */
  store?: (tx: Transaction) => Promise<void>
  /** What readers hear before they hear of the entries: the rest of a text that was shown while it was written. */
  told?: LiveSignal[]
}

export interface StepJob<S extends AnyStep> extends OneGo {
  call: StepCall<S, Json>
  attempt: number
  /** Whether nothing was ever begun of the step: there is no call and no effect of it to be found. */
  isNew: boolean
  signal: AbortSignal
  /** Shown to operators with the next heartbeat. Words of ours only. */
  at: (what: string) => void
  /** The key of an outside effect: equal over attempts, restarts and continue-as-new. */
  effectKey: (ordinal: number | string) => string
}

/** What is known of a job while its beginning is still being written. */
export type ComingJob<S extends AnyStep> = OneGo & Pick<StepJob<S>, 'call'>

/**
 * Wraps the work of a step: entries owed are written first; what was stored before is given back and nothing is done
 * twice; the result, the entries that follow and the rows that belong to it are one transaction; a cancelled activity
 * stores nothing. What `prepare` reads is read beside the writing of the step's beginning; a step that is done in one go with
 * the one before shares its `go`, and is begun in the statement that keeps the outcome of that.
 */
export const stepActivity =
  <S extends AnyStep, T extends Json | undefined, Prepared = undefined>(
    deps: Deps,
    work: (job: StepJob<S>, prepared: Prepared) => Promise<Made<T>>,
    prepare?: (job: ComingJob<S>) => Promise<Prepared>,
  ) =>
  async (call: StepCall<S, Json>, go = oneGo(deps, call.run)): Promise<StepOutcome<T>> => {
    const { cancellationSignal, info } = Context.current()
    let place = 'begin'
    const beat = setInterval(() => heartbeat({ at: place }), heartbeatEvery)
    try {
      const prepared = prepare?.({ call, ...go })
      // Where an outcome is stored already, nobody asks for it.
      prepared?.catch(() => {})
      const { outcome: stored, isNew } = await beginStep(deps.db, call, info.attempt, go.owed)
      if (stored) return stored as unknown as StepOutcome<T>
      const job: StepJob<S> = {
        call,
        ...go,
        isNew,
        attempt: info.attempt,
        signal: cancellationSignal,
        at: (what) => {
          place = what
        },
        effectKey: (ordinal) => `${call.run.instanceUuid}:${call.path}:${call.ordinal}:${ordinal}`,
      }
      const made = await work(job, (await prepared) as Prepared)
      cancellationSignal.throwIfAborted()
      const outcome: StepOutcome<T> = {
        value: made.value,
        ...(made.label ? { label: made.label } : {}),
        ...(made.refused === undefined ? {} : { refused: made.refused }),
        ...(made.pending ? { pending: made.pending } : {}),
      }
      mustFit(outcome, 'The result has', 'ask for less at once')
      if (isPlainResult(call, made) && go.isPassedOn?.(outcome as StepOutcome)) {
        go.owed.add(outcomeRow(call, outcome as StepOutcome, made))
        return outcome
      }
      return (await finishStep(
        deps.db,
        call,
        outcome as StepOutcome,
        made,
        go.owed,
      )) as unknown as StepOutcome<T>
    } catch (error) {
      // What was paid for is known to the next attempt, and to the log of a turn that was cancelled.
      await go.owed.write(deps.db).catch(() => {})
      if (error instanceof Superseded) throw error
      if (cancellationSignal.aborted) throw await Context.current().cancelled.catch((cancelled) => cancelled)
      const spent = spentBudget(error)
      // Nothing is stored: the activity is entered again, and goes over what is there.
      if (spent) return { value: null as T, spent }
      const failure = unavailable(error) ?? (kindOf(error) ? asFailure(error) : faultOfOurs(error))
      const fault = kindOf(failure) ?? { code: 'Internal', message: 'A fault of ours.' }
      const times = await noteStepError(deps.db, call, info.attempt, fault).catch(() => 0)
      if (!isFinal(fault.code, times, call.step)) throw failure
      throw ApplicationFailure.nonRetryable(
        times > 1 ? `${fault.message} Tried ${times} times.` : fault.message,
        fault.code,
      )
    } finally {
      clearInterval(beat)
    }
  }

/** The budget that has no room for what the step has to do next. */
function spentBudget(error: unknown): SpentBudget | undefined {
  const kind = kindOf(error)
  return kind?.code === 'BudgetSpent' ? (kind.details?.[0] as SpentBudget) : undefined
}

/**
 * Whether the same failure came often enough. Counted in SQL, not by Temporal's attempts: those also count workers that
 * were killed, which says nothing about the provider. A database that is away, or a full disk, is waited for.
 */
const isFinal = (code: string, times: number, step: AnyStep): boolean =>
  code !== 'Unavailable' && code !== 'Full' && times >= (step.retry?.attempts ?? providerAttempts)
