import { uuid4 } from '@temporalio/workflow'
import { sharing } from '../shared/contract/budget.ts'
import { templatesOf } from '../shared/contract/check-definition.ts'
import type { Scope } from '../shared/contract/expression.ts'
import type { FileValue } from '../shared/contract/file.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { stepKindOf } from '../shared/contract/steps/index.ts'
import { renderAll, rootsIn, stringify } from '../shared/contract/template.ts'
import type { Foreseen } from './ahead.ts'
import { breathLeft } from './breath.ts'
import type { Desk } from './desk.ts'
import { flush } from './flush.ts'
import type { Relay } from './hand-over.ts'
import type { Ledger } from './ledger.ts'
import type { Noted } from './noted.ts'
import type { RunState } from './run-state.ts'
import type { Kept } from './state-snapshot.ts'
import type { Tail } from './tail.ts'

/** What a run offers its steps. */
export interface RunContext {
  state: RunState
  desk: Desk
  /** What this line of the run owes its readers. */
  ledger: Ledger
  /** Where results are kept and looked for, the innermost first: `each[3]`, then `''`. */
  frames: readonly string[]
  relay: Relay
  /** What comes after the step under way, where that can be known. */
  tail?: Tail | undefined
  /** Whether the walk is inside a step that an earlier pass has finished: what that pass did not do stays undone. */
  isRestoring?: boolean
  /** The workspace's time zone, in which dates are understood. */
  timeZone: string
  /** Walks nested steps below a path. */
  walk: (
    steps: AnyStep[],
    at: string,
    run: RunContext,
    bindings: Record<string, Json>,
  ) => Promise<Kept | undefined>
  /** Tells operators what the run does or waits for. */
  describe: () => void
  /** Set where the walk only looks ahead: gets what an activity would be asked for, and goes no further. */
  foresee?: (foreseen: Foreseen) => Promise<never>
}

/** What every step may do: fill in its words, keep what it decided, say and note what happens. */
export abstract class StepContext {
  readonly path: string
  /** Set once an activity carried the end of the step: there is nothing left to journal. */
  carried: { value: Json | undefined } | undefined
  protected readonly step: AnyStep
  protected readonly context: RunContext
  protected readonly bindings: Record<string, Json>
  protected readonly ownRoots: Set<string>
  protected madeBy: string | undefined

  constructor(context: RunContext, step: AnyStep, path: string, bindings: Record<string, Json>) {
    this.context = context
    this.step = step
    this.path = path
    this.bindings = bindings
    const named = rootsIn(templatesOf(step).map(([, value]) => value))
    const beside = stepKindOf(step.type)?.names?.(step) ?? []
    this.ownRoots = new Set([...named, ...(beside === 'everything' ? Object.keys(this.scope()) : beside)])
  }

  get state(): RunState {
    return this.context.state
  }

  /** Whether the run has to go on in a new execution. */
  get isDue(): boolean {
    return this.context.relay.due
  }

  get timeZone(): string {
    return this.context.timeZone
  }

  get ledger(): Ledger {
    return this.context.ledger
  }

  /** Where the words of this step's result come from: its own activity, or what it was made from. */
  get label(): string | undefined {
    return this.madeBy ?? this.kept<string>('label') ?? this.labelOfSources
  }

  /** The label of what the step's templates name. */
  protected get labelOfSources(): string | undefined {
    return this.context.state.labelFrom(this.ownRoots, this.context.frames)
  }

  /** Renders the templates in a value. */
  render<T extends Json = Json>(value: Json): T {
    return sharing(breathLeft(), () => renderAll(value, this.scope())) as T
  }

  renderText(template: string): string {
    return stringify(this.render(template))
  }

  protected scope(): Scope {
    return this.context.state.scope(this.context.frames, this.bindings)
  }

  /** Notes what happened. */
  note(event: Noted): void {
    this.context.state.note(event, this.context.ledger)
  }

  /**
   * Makes something once, also when the run goes on in a new execution while the step is under way: what was decided
   * stays decided, though what it was decided from may have changed.
   */
  async once<T extends Json>(name: string, make: () => T | Promise<T>): Promise<T> {
    const memo = this.context.state.memo(this.path)
    if (!Object.hasOwn(memo, name)) {
      const made = await make()
      this.hold(made)
      memo[name] = made
    }
    return memo[name] as T
  }

  /** Counts what the step keeps until it is done. @throws TooLarge when the run keeps too much */
  hold(value: Json): void {
    this.context.state.hold(this.path, value)
  }

  /** Keeps a note of the step's own for as long as it is under way. */
  keep(name: string, value: Json): void {
    this.context.state.memo(this.path)[name] = value
  }

  kept<T extends Json>(name: string): T | undefined {
    const memo = this.context.state.memo(this.path)
    return Object.hasOwn(memo, name) ? (memo[name] as T) : undefined
  }

  /** A moment so many milliseconds after the step first asked for it: the same in every execution. */
  deadline(name: string, after: number): Promise<string> {
    return this.once(name, () => new Date(Date.now() + after).toISOString())
  }

  /** Sets variables; those of a conversation are seen outside, and stay for its next turns. */
  setVariables(values: Record<string, Json>): void {
    const { state } = this.context
    state.setVariables(values, this.label)
    if (state.ref.chatSessionId)
      this.note({ event: 'variablesSet', key: state.keyed(this.path, 'set'), values })
  }

  /** Numbers what the step says: on from there when it goes on in a new execution, or its words would be taken for told. */
  protected nextSaid(): number {
    const said = this.kept<number>('said') ?? 0
    this.keep('said', said + 1)
    return said
  }

  /** Says something in the conversation. */
  say(
    role: 'user' | 'assistant' | 'system',
    text: string,
    more: { attachments?: FileValue[]; suggestions?: string[]; messageId?: string; cause?: string } = {},
  ): void {
    const label = role === 'assistant' ? this.labelOfSources : undefined
    const cause = more.cause ?? this.nextSaid()
    this.note({
      event: 'message',
      key: this.context.state.keyed(this.path, `said:${cause}`),
      messageId: more.messageId ?? uuid4(),
      role,
      text,
      attachments: more.attachments ?? [],
      stepId: this.step.id,
      ...(more.suggestions ? { suggestions: more.suggestions } : {}),
      ...(label ? { label } : {}),
    })
    if (more.suggestions?.length)
      this.note({
        event: 'suggestions',
        key: this.context.state.keyed(this.path, `suggested:${cause}`),
        items: more.suggestions,
      })
  }

  /** Writes what is owed to readers, before something that may take long. */
  async tell(): Promise<void> {
    const { state, ledger, describe } = this.context
    await flush(state, ledger)
    describe()
  }

  /** Makes a result visible to the steps inside this one, before it is done. */
  remember(result: Json, label = this.label): void {
    const { state, frames } = this.context
    state.remember(frames[0] ?? '', this.step, result, label)
  }
}
