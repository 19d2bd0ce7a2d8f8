import { count } from '../shared/contract/budget.ts'
import { keyOf } from '../shared/contract/check-definition.ts'
import { absent } from '../shared/contract/expression.ts'
import type { JournalEntry } from '../shared/contract/journal.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import {
  type NextOutcome,
  type StepCall,
  type StepOutcome,
  withOutput,
} from '../shared/contract/step-call.ts'
import type { End } from '../shared/contract/steps/end.ts'
import { rootsIn } from '../shared/contract/template.ts'
import { fail } from '../shared/temporal/failure.ts'
import { bytesOf, largestPayload, mustFit } from '../shared/temporal/payload-size.ts'
import { type Arrived, aheadOf, type Foreseen, mayBeForeseen, type WayOn } from './ahead.ts'
import { costOfBytes, isOutOfBreath, nextTask, stopWhenCancelled } from './breath.ts'
import { untilRaised } from './budget-question.ts'
import { fitResponse } from './fit-response.ts'
import { flush } from './flush.ts'
import { Ledger } from './ledger.ts'
import type { Noted } from './noted.ts'
import type { RunContext } from './step-context.ts'
import { titleOf } from './step-face.ts'
import { countStep } from './step-metrics.ts'
import { StepRequests } from './step-requests.ts'
import type { StepRun } from './step-run.ts'
import { outputOf } from './steps/end.ts'
import type { Closing } from './tail.ts'
import { withoutArms } from './without-arms.ts'

/** Bytes of a pass's end that go along with an activity; a larger one is told by itself. */
const mostClosing = 64_000

// biome-ignore lint/suspicious/noExplicitAny: one shape for activities of many steps
type StepActivity = (call: StepCall<any, any>) => Promise<StepOutcome<any>>

interface Performance {
  /** Whether the activity is the last thing the step does, so that it carries the journal to the step's end. */
  last?: boolean
  also?: Noted[]
  extra?: Json
  /** Number of the activity within the step, where it must be the same in a later execution. */
  ordinal?: number
  /** What comes next, by what the activity may give. */
  foreseen?: ReadonlyMap<string, Foreseen>
}

/** A step that has activities, and may foresee that of the step behind it. */
export abstract class StepActivities extends StepRequests {
  private activities = 0

  /** The same step in another copy of its run. */
  protected abstract alike(context: RunContext): Pick<StepRun, 'remember' | 'into'>

  /**
   * Runs the step's activity. By default it is the last thing the step does, so it carries the journal to the step's
   * end; with `last: false` the runner goes on afterwards. Where a budget is used up, it is entered again once somebody
   * has raised it, and goes over what is there.
   */
  async perform<T extends Json | undefined>(
    activity: (call: StepCall<never, never>) => Promise<StepOutcome<T>>,
    { ordinal = this.activities++, ...more }: Performance = {},
  ): Promise<StepOutcome<T>> {
    for (;;) {
      const outcome = await this.enter(activity, { ...more, ordinal })
      if (!outcome.spent) return outcome
      await untilRaised(this, outcome.spent)
    }
  }

  private async enter<T extends Json | undefined>(
    activity: (call: StepCall<never, never>) => Promise<StepOutcome<T>>,
    { last = true, also = [], extra, ordinal, foreseen }: Performance & { ordinal: number },
  ): Promise<StepOutcome<T>> {
    const { state, ledger, describe, foresee } = this.context
    describe()
    const arrived = state.arrivals.take({ path: this.path, ordinal })
    if (arrived) return this.takeArrived(arrived) as StepOutcome<T>
    const scope = this.namedValues()
    const step = withoutArms(this.step)
    const own = [step, scope]
    mustFit(own, 'What it names has', 'name less, or shorter values')
    const bytes = bytesOf(own)
    const { ofSession } = state
    const isTooMuch = bytes + ledger.bytes + ofSession.bytes > largestPayload
    if (isTooMuch) await flush(state, ledger)
    return state.seats.with(async () => {
      // In one go with what follows, so that lines side by side see what each other costs.
      while (isOutOfBreath()) await nextTask()
      stopWhenCancelled()
      count(costOfBytes(bytes + ledger.bytes + ofSession.bytes))
      const before = ledger.take()
      const closing = last ? this.closingOfPass() : undefined
      const after = last ? [...state.stamped(also), ...state.finishing(this.step, this.path)] : []
      if (closing) after.push(...closing.entries)
      const label = this.labelOfSources
      const call: StepCall<AnyStep, Json> = {
        run: state.ref,
        step,
        path: this.path,
        title: titleOf(this.step),
        ordinal,
        scope,
        before,
        after,
        ...(label ? { label } : {}),
        extra: extra ?? null,
      }
      if (foresee) return foresee({ call, closing })
      const ahead = foreseen && aheadOf(foreseen)
      let outcome: StepOutcome<T>
      try {
        const enter = (first: JournalEntry[]) =>
          (activity as StepActivity)({
            ...call,
            ...(first.length > 0 ? { ofSession: first } : {}),
            ...(ahead ? { ahead } : {}),
          })
        outcome = isTooMuch ? await enter([]) : await ofSession.with(enter)
      } catch (error) {
        ledger.giveBack(before)
        throw error
      }
      this.take(outcome, last ? { after, closing } : undefined)
      const { next } = outcome
      const known = next && foreseen?.get(next.of)
      if (known) this.goOn(known, next, outcome.value as Json)
      return outcome
    })
  }

  /** Takes what the activity gave; and, where it was the last thing the step does, what it has told readers of. */
  private take(
    outcome: StepOutcome,
    told: { after: JournalEntry[]; closing: Closing | undefined } | undefined,
  ) {
    if (outcome.label) this.madeBy = outcome.label
    if (!told || outcome.refused !== undefined || outcome.pending || outcome.spent) return
    this.context.state.see(told.after)
    this.carried = { value: outcome.value }
    if (told.closing) this.closePass(told.closing)
  }

  /** The step behind this one was done in the same go. Where that was the end of the pass, nothing can come in between. */
  private goOn(foreseen: Foreseen, next: NextOutcome, value: Json): void {
    const { state } = this.context
    const { call, closing } = foreseen
    if (!closing || 'fault' in next || next.outcome.pending) {
      state.arrivals.put({ foreseen, next })
      return
    }
    state.see([...call.before, ...withOutput(call.after, this.path, value)])
    countStep(call.step, 'completed', undefined)
    this.closePass(closing)
  }

  /** The step's activity was done in one go with that of the step before. */
  private takeArrived({ foreseen: { call, closing }, next }: Arrived): StepOutcome {
    const { ledger } = this.context
    const told = new Set(call.before.map(({ key }) => key))
    ledger.giveBack(ledger.take().filter(({ key }) => !told.has(key)))
    if ('fault' in next) throw fail(next.fault.code, next.fault.message)
    this.take(next.outcome, { after: call.after, closing })
    return next.outcome
  }

  /** What the first step of each way on will ask its activity for, as far as that is known before this step is done. */
  async foresee(ways: Record<string, WayOn>): Promise<Map<string, Foreseen>> {
    const { state, isRestoring } = this.context
    const found = new Map<string, Foreseen>()
    // Lines side by side change what is to be told of each other.
    if (isRestoring || state.lines > 0 || !state.isSmall) return found
    for (const [name, way] of Object.entries(ways)) {
      const [first] = way.steps
      if (!mayBeForeseen(first, this.step)) continue
      const foreseen = await this.lookInto(way)
      if (foreseen?.call.path === `${this.path}.${first.id}`) found.set(name, foreseen)
    }
    return found
  }

  /** Walks into an arm of a copy of the run, up to the first activity. */
  private lookInto({ gives, arm, steps }: WayOn): Promise<Foreseen | undefined> {
    const { promise, resolve } = Promise.withResolvers<Foreseen>()
    const foresee = (foreseen: Foreseen): Promise<never> => {
      resolve(foreseen)
      return new Promise(() => {})
    }
    const ahead = this.alike({
      ...this.context,
      state: this.context.state.copy(),
      ledger: new Ledger(),
      describe: () => {},
      foresee,
    })
    ahead.remember(gives)
    const nothing = () => undefined
    return Promise.race([promise, ahead.into(arm, steps, { last: { gives } }).then(nothing, nothing)])
  }

  /** The `end` behind it is not walked any more: it took no time. */
  private closePass({ output }: Closing): void {
    const { state, tail } = this.context
    state.close(output)
    for (const { step } of tail?.toTell ?? [])
      if (step.type === 'end') countStep(step, 'completed', new Date().toISOString())
  }

  /** The end of the pass, where this step is the last to do anything and the output does not hang on its result. */
  private closingOfPass(): Closing | undefined {
    const { tail, state } = this.context
    if (!tail?.isLast) return undefined
    const end = tail.toTell.find(({ step }) => step.type === 'end')?.step as End | undefined
    const named = rootsIn([end?.output ?? null])
    if (named.has(keyOf(this.step)) || tail.toTell.some(({ step }) => named.has(keyOf(step))))
      return undefined
    try {
      const output = end ? outputOf(end, this) : null
      fitResponse(state, output)
      const told = tail.toTell.flatMap(({ step, path, gives }) => state.telling(step, path, gives))
      const entries = state.stamped([...told, ...tail.over(output)])
      return bytesOf(entries) > mostClosing ? undefined : { entries, output }
    } catch {
      // The walk comes to it, and fails where it has to.
      return undefined
    }
  }

  /** Just the values that the step's templates name. */
  private namedValues(): StepCall['scope'] {
    const scope = this.scope()
    const values: Record<string, Json> = {}
    const missing: string[] = []
    for (const root of this.ownRoots) {
      if (scope[root] === absent) missing.push(root)
      else if (root in scope) values[root] = scope[root] as Json
    }
    return { values, absent: missing }
  }
}
