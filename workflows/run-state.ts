import { count } from '../shared/contract/budget.ts'
import { keyOf } from '../shared/contract/check-definition.ts'
import { type Definition, walkSteps } from '../shared/contract/definition.ts'
import { absent, type Scope } from '../shared/contract/expression.ts'
import { type Given, type GivenStep, nothingGiven } from '../shared/contract/given.ts'
import { apply, type JournalEntry, type RunView } from '../shared/contract/journal.ts'
import type { Json } from '../shared/contract/json.ts'
import { percentOf, weightOf } from '../shared/contract/progress.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { mustFit } from '../shared/temporal/payload-size.ts'
import { Arrivals } from './ahead.ts'
import { Holdings } from './holdings.ts'
import type { Ledger } from './ledger.ts'
import { lend, mostCalls } from './lend-calls.ts'
import type { Noted } from './noted.ts'
import { placesIn } from './places.ts'
import type { Refused } from './reply.ts'
import { Seats } from './seats.ts'
import { SessionLedger } from './session-ledger.ts'
import { beginning, copyOf, type Kept, type StateSnapshot } from './state-snapshot.ts'
import { beginningOf, completionOf, titleOf } from './step-face.ts'

/** What the steps of a run share: results, variables, which paths are done, and what people see. */
export class RunState {
  readonly ref: RunRef
  readonly definition: Definition
  ended = false
  /** Whether an activity has told readers of the end: whatever comes now comes too late. */
  isClosed = false
  output: Json = null
  /** Grows with every result and variable: who waits for a value need not look before. */
  changes = 0
  /** How many lines are under way side by side. */
  lines = 0
  readonly seats = new Seats()
  /** Of a turn: what its session owes readers beside its turns. It is told first, with what the turn tells. */
  readonly ofSession: SessionLedger
  /** Of steps that were done in one go with the step before. */
  readonly arrivals = new Arrivals()
  private readonly now: () => string
  private readonly roots: Record<string, Json>
  private readonly keys: string[]
  private readonly held: StateSnapshot
  /** Where a path leads in the definition, as a text that sorts so. */
  readonly placeOf: (path: string) => string
  private readonly holdings = new Holdings()

  constructor(
    ref: RunRef,
    definition: Definition,
    start: {
      /** What expressions may name beside variables and results: `input`, or `userMessage` and `uiFlowContext`. */
      roots: Record<string, Json>
      variables: Record<string, Json>
      /** How many calls of other workflows it may lead to, where a caller says. */
      calls?: number | undefined
      given?: Given | undefined
      from?: StateSnapshot | undefined
      ofSession?: SessionLedger
    },
    now: () => string,
  ) {
    this.ref = ref
    this.definition = definition
    this.roots = start.roots
    this.ofSession = start.ofSession ?? new SessionLedger()
    this.now = now
    const steps = [...walkSteps(definition.steps)].map(({ step }) => step)
    this.keys = steps.map(keyOf)
    this.placeOf = placesIn(steps)
    this.held =
      start.from ??
      beginning({ ...definition.variables, ...start.variables }, start.given ?? nothingGiven(), {
        left: start.calls ?? mostCalls,
      })
    for (const [frame, results] of Object.entries(this.held.frames)) this.hold(`frame ${frame}`, results)
    for (const [path, memo] of Object.entries(this.held.memos)) this.hold(path, memo)
  }

  /** What the next execution goes on from. */
  get snapshot(): StateSnapshot {
    return this.held
  }

  get view(): RunView {
    return this.held.view
  }

  /** Whether it takes little to make a copy. */
  get isSmall(): boolean {
    return this.holdings.areSmall
  }

  /** A copy to look ahead with: what is done to it is done to nobody. */
  copy(): RunState {
    const from = copyOf(this.held)
    return new RunState(this.ref, this.definition, { roots: this.roots, variables: {}, from }, this.now)
  }

  get variables(): Record<string, Json> {
    return this.held.variables
  }

  get track(): StateSnapshot['track'] {
    return this.held.track
  }

  get calls(): StateSnapshot['calls'] {
    return this.held.calls
  }

  /** Takes one call of another workflow, and what the called run may spend on calls of its own. @throws TooLarge */
  lendCalls(): number {
    return lend(this.calls, this.lines)
  }

  /** Counts what is kept for a path until it is done. @throws TooLarge when all that the run keeps is too much */
  hold(place: string, value: unknown): void {
    this.holdings.add(place, value)
  }

  /**
   * Notes what happened: the view changes now, readers are told with the line's next activity or flush.
   * @throws TooLarge when it could not be told in one payload
   */
  note(event: Noted, ledger: Ledger): void {
    if (this.isClosed && event.event !== 'refused') return
    const entry: JournalEntry = { ...event, at: this.now() }
    mustFit(entry, 'What it says or gives has', 'make it shorter')
    this.held.view = apply(this.view, entry, this.ref.instanceUuid)
    ledger.add(entry)
  }

  /** Notes signals that were refused while nobody looked. */
  noteRefusals(refused: Refused[], ledger: Ledger): void {
    for (const one of refused)
      this.note({ event: 'refused', key: this.keyed('refused', this.held.refused++), ...one }, ledger)
  }

  /** The key of an entry: its cause. What happens again after a retry is another cause. */
  keyed(path: string, what: string | number): string {
    const { retry } = this.ref
    return `${path}${retry ? `~${retry}` : ''}:${what}`
  }

  /** Entries with the time of now, not noted yet. */
  stamped(events: Noted[]): JournalEntry[] {
    const at = this.now()
    return events.map((event) => ({ ...event, at }))
  }

  /** What readers will be told once a step is done, without doing it yet. */
  finishing(step: AnyStep, path: string, output?: Json): JournalEntry[] {
    const open = Object.values(this.track.loops).reduce((sum, loop) => sum + loop.open.length, 0)
    count(10 * (this.keys.length + open) + Object.keys(this.track.finished).length)
    const track = { ...this.track, finished: { ...this.track.finished, [path]: weightOf(step) } }
    return this.stamped([
      completionOf(step, path, this.keyed(path, 'finished'), output),
      {
        event: 'progress',
        key: this.keyed(path, 'progress'),
        percent: percentOf(this.definition.steps, track),
        label: titleOf(step),
      },
    ])
  }

  /** What readers are told of a step that only has to be told of. */
  telling(step: AnyStep, path: string, output: Json | undefined): Noted[] {
    return [
      ...(this.isBegun(path) ? [] : [beginningOf(step, path, this.keyed(path, 'started'))]),
      completionOf(step, path, this.keyed(path, 'finished'), output),
    ]
  }

  /** Readers were told by an activity. */
  see(entries: JournalEntry[]): void {
    for (const entry of entries) this.held.view = apply(this.view, entry, this.ref.instanceUuid)
  }

  /** Makes a step done: its weight counts, and it will not run again. */
  finished(step: AnyStep, path: string): void {
    this.track.finished[path] = weightOf(step)
    delete this.track.arms[path]
    delete this.track.loops[path]
    delete this.held.memos[path]
    this.holdings.letGo(path)
    delete this.held.given.steps[path]
    this.track.shown = Math.max(this.track.shown, this.view.percent)
  }

  isDone(path: string): boolean {
    return Object.hasOwn(this.track.finished, path)
  }

  /** A round is over: what its steps weighed counts in one figure, and nothing else of them is kept. */
  closeRound(path: string, round: number): void {
    const inside = `${path}[${round}].`
    const { finished } = this.track
    count(Object.keys(finished).length)
    let weight = finished[`${path}[]`] ?? 0
    for (const [done, its] of Object.entries(finished)) {
      if (!done.startsWith(inside)) continue
      weight += its
      delete finished[done]
    }
    finished[`${path}[]`] = weight
    delete this.held.frames[`${path}[${round}]`]
    this.holdings.letGo(`frame ${path}[${round}]`)
  }

  /** What a step under way has decided for good. */
  memo(path: string): Record<string, Json> {
    const { memos, given } = this.held
    memos[path] ??= { ...given.memos[path] }
    return memos[path]
  }

  /** How a step ended in an earlier pass. */
  givenOf(path: string): GivenStep | undefined {
    const { steps } = this.held.given
    return Object.hasOwn(steps, path) ? steps[path] : undefined
  }

  /** Rounds of an arm in which an earlier pass has done something. */
  givenRounds(path: string): number[] {
    const rounds = Object.keys(this.held.given.steps).flatMap((one) =>
      one.startsWith(`${path}[`) ? [Number.parseInt(one.slice(path.length + 1), 10)] : [],
    )
    return [...new Set(rounds)].sort((a, b) => a - b)
  }

  /** Whether a step was begun, in this execution or in one before it. */
  isBegun(path: string): boolean {
    return Object.hasOwn(this.held.memos, path)
  }

  /** Keeps a result in a frame. Also called before a step is done, for what stands inside it. */
  remember(frame: string, step: AnyStep, value: Json, label: string | undefined): void {
    const { frames } = this.held
    const before = frames[frame]?.[keyOf(step)]
    this.hold(`frame ${frame}`, value)
    if (before) this.holdings.take(`frame ${frame}`, before.value)
    this.changes++
    frames[frame] = { ...frames[frame], [keyOf(step)]: { value, ...(label ? { label } : {}) } }
  }

  /** A result as it is seen from a frame and from those around it, the innermost first. */
  resultOf(key: string, frames: readonly string[]): Kept | undefined {
    for (const frame of frames) {
      const results = this.held.frames[frame]
      if (results && Object.hasOwn(results, key)) return results[key]
    }
    return undefined
  }

  /** What expressions may name. Results that do not exist are absent, and only `?`-access may touch them. */
  scope(frames: readonly string[], bindings: Record<string, Json>): Scope {
    count(this.keys.length * frames.length)
    const scope: Scope = { ...this.roots, variables: this.variables, ...bindings }
    for (const key of this.keys) scope[key] = this.resultOf(key, frames)?.value ?? absent
    return scope
  }

  setVariables(values: Record<string, Json>, label: string | undefined): void {
    this.held.variables = { ...this.variables, ...values }
    this.changes++
    if (label) this.held.variablesLabel = label
  }

  /** The label that words made from these roots carry. */
  labelFrom(roots: Iterable<string>, frames: readonly string[]): string | undefined {
    for (const root of roots) {
      const label = root === 'variables' ? this.held.variablesLabel : this.resultOf(root, frames)?.label
      if (label) return label
    }
    return undefined
  }

  /** Nothing runs after this. */
  end(output: Json): void {
    mustFit(output, 'The output has', 'give less, or a file')
    this.output = output
    this.ended = true
  }

  /** The end was told, in the transaction of the last result: from here on nothing can go wrong any more. */
  close(output: Json): void {
    this.output = output
    this.ended = true
    this.isClosed = true
  }
}
