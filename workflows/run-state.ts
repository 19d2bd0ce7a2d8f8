import { keyOf } from '../shared/contract/check-definition.ts'
import { type Definition, walkSteps } from '../shared/contract/definition.ts'
import { absent, type Scope } from '../shared/contract/expression.ts'
import {
  apply,
  emptyView,
  type JournalEntry,
  type JournalEvent,
  type RunView,
} from '../shared/contract/journal.ts'
import type { Json } from '../shared/contract/json.ts'
import { percentOf, type Track, weightOf } from '../shared/contract/progress.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { stepKindOf } from '../shared/contract/steps/index.ts'
import { bytesOf, mustFit } from '../shared/temporal/payload-size.ts'
import type { Refused } from './desk.ts'

/** An event as the workflow notes it: with its cause, unique in the run. */
export type Noted = JournalEvent & { key: string }

/** What the steps of a run share: results by key, variables, which paths are done, and the journal entries still owed. */
export class RunState {
  readonly ref: RunRef
  readonly definition: Definition
  readonly input: Json
  view: RunView
  variables: Record<string, Json>
  readonly track: { finished: Record<string, number>; arms: Record<string, string>; shown: number } = {
    finished: {},
    arms: {},
    shown: 0,
  }
  ended = false
  output: Json = null
  private readonly results: Record<string, Json> = {}
  private readonly labels: Record<string, string> = {}
  private readonly keys: string[]
  private owed: JournalEntry[] = []
  private refused = 0
  private readonly now: () => string

  constructor(
    ref: RunRef,
    definition: Definition,
    start: { input: Json; variables: Record<string, Json> },
    now: () => string,
  ) {
    this.ref = ref
    this.definition = definition
    this.input = start.input
    this.variables = { ...definition.variables, ...start.variables }
    this.view = emptyView
    this.now = now
    this.keys = [...walkSteps(definition.steps)].map(({ step }) => keyOf(step))
  }

  /**
   * Notes what happened: the view changes now, readers are told with the next activity or flush.
   * @throws TooLarge when it could not be told in one payload
   */
  note(event: Noted): void {
    const entry: JournalEntry = { ...event, at: this.now() }
    mustFit(entry, 'What it says or gives has', 'make it shorter')
    this.view = apply(this.view, entry, this.ref.instanceUuid)
    this.owed.push(entry)
  }

  /** Notes signals that were refused while nobody looked. */
  noteRefusals(refused: Refused[]): void {
    for (const one of refused) this.note({ event: 'refused', key: `refused:${this.refused++}`, ...one })
  }

  /** Entries with the time of now, not noted yet. */
  stamped(events: Noted[]): JournalEntry[] {
    const at = this.now()
    return events.map((event) => ({ ...event, at }))
  }

  get owes(): boolean {
    return this.owed.length > 0
  }

  /** The entries owed, for an activity to carry; with `most`, only the first ones, that have so many bytes together. */
  takeOwed(most = Number.POSITIVE_INFINITY): JournalEntry[] {
    let bytes = 0
    const tooMany = this.owed.findIndex((entry, index) => {
      bytes += bytesOf(entry)
      return bytes > most && index > 0
    })
    return this.owed.splice(0, tooMany < 0 ? this.owed.length : tooMany)
  }

  /** Bytes of the entries owed. */
  get owedBytes(): number {
    return bytesOf(this.owed)
  }

  /** An activity did not come as far as telling: what it carried is owed again. Their keys make that harmless. */
  giveBack(entries: JournalEntry[]): void {
    this.owed = [...entries, ...this.owed]
  }

  /** What readers will be told once a step is done, without doing it yet. */
  finishing(step: AnyStep, path: string, output?: Json): JournalEntry[] {
    const track: Track = { ...this.track, finished: { ...this.track.finished, [path]: weightOf(step) } }
    const at = this.now()
    return [
      {
        event: 'stepFinished',
        key: `${path}:finished`,
        at,
        ...faceOf(step, path),
        status: 'completed',
        ...(output === undefined ? {} : { output }),
      },
      {
        event: 'progress',
        key: `${path}:progress`,
        at,
        percent: percentOf(this.definition.steps, track),
        label: titleOf(step),
      },
    ]
  }

  /** Makes a step done: its result can be referenced, its weight counts, and it will not run again. */
  finished(
    step: AnyStep,
    path: string,
    result: Json | undefined,
    entries: JournalEntry[],
    label: string | undefined,
  ): void {
    if (result !== undefined) this.remember(step, result, label)
    this.track.finished[path] = weightOf(step)
    delete this.track.arms[path]
    for (const entry of entries) this.view = apply(this.view, entry, this.ref.instanceUuid)
    this.track.shown = Math.max(this.track.shown, this.view.percent)
  }

  /** Keeps a result under the step's key. Also called before a step is done, for what stands inside it. */
  remember(step: AnyStep, result: Json, label?: string): void {
    const key = keyOf(step)
    this.results[key] = result
    if (label) this.labels[key] = label
    else delete this.labels[key]
  }

  /** Nothing runs after this. */
  end(output: Json): void {
    mustFit(output, 'The output has', 'give less, or a file')
    this.output = output
    this.ended = true
  }

  setVariables(values: Record<string, Json>, label: string | undefined): void {
    this.variables = { ...this.variables, ...values }
    if (label) this.labels.variables = label
  }

  isDone(path: string): boolean {
    return Object.hasOwn(this.track.finished, path)
  }

  /** What expressions may name. Results that do not exist are absent, and only `?`-access may touch them. */
  scope(more: Record<string, Json> = {}): Scope {
    const scope: Scope = { input: this.input, variables: this.variables, ...more }
    for (const key of this.keys) scope[key] = Object.hasOwn(this.results, key) ? this.results[key] : absent
    return scope
  }

  /** The label that words made from these roots carry. */
  labelFrom(roots: Iterable<string>): string | undefined {
    for (const root of roots) if (this.labels[root]) return this.labels[root]
    return undefined
  }
}

/** A title made of placeholders would show people's words where none may be: the kind's own stands in. */
export const titleOf = (step: AnyStep): string =>
  step.title !== undefined && !step.title.includes('${')
    ? step.title
    : (stepKindOf(step.type)?.title ?? step.type)

/** How a step is named in journal entries. */
export const faceOf = (step: AnyStep, path: string) => ({
  path,
  stepId: step.id,
  title: titleOf(step),
  type: step.type,
})
