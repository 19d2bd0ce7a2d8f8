import type { ErrorCode } from './errors.ts'
import type { JournalEntry } from './journal.ts'
import type { Json, JsonObject } from './json.ts'
import type { RunRef } from './run-ref.ts'
import type { SpentBudget } from './spending.ts'
import type { AnyStep } from './step.ts'

/**
 * What every step's activity gets. Templates are rendered in the activity, from the step as it is written and just the
 * values that it names, so that history holds neither prompts nor file texts.
 */
export interface StepCall<S extends AnyStep = AnyStep, Extra = undefined> {
  run: RunRef
  step: S
  path: string
  title: string
  /** Number of the activity within the step, from 0: part of the key of what it does outside. */
  ordinal: number
  scope: { values: Record<string, Json>; absent: string[] }
  /** Entries owed so far: written first, so that readers see the step begin. */
  before: JournalEntry[]
  /** Of a turn: what readers are owed of its session that belongs to no turn. It comes first, and in order. */
  ofSession?: JournalEntry[]
  /** Entries that follow if it succeeds: written in the transaction that stores its result. */
  after: JournalEntry[]
  /** Where the words it works with came from, when a person must know. */
  label?: string | undefined
  extra: Extra
  /**
   * What comes next, by what this step may give: the activity of the step behind it, foreseen by the workflow. It is done
   * in the same go, which saves the way back and forth.
   */
  ahead?: Record<string, AheadCall>
}

/** The call of a step that comes next, of the same run. */
export type AheadCall = Omit<StepCall<AnyStep, Json>, 'run' | 'ofSession' | 'ahead'>

/** What a step's activity gives back. */
export interface StepOutcome<T extends Json | undefined = Json | undefined> {
  value: T
  /** Set where a model's words must be told apart: `Demo model`. */
  label?: string
  /** Why the step is not done: `after` was not written, and the question stays open. */
  refused?: string
  /** Calls that others have to see to before the step goes on: it is not done, and `after` was not written. */
  pending?: PendingCall[]
  /** A budget that must be raised before the next model call: the step is not done, and goes on from where it was. */
  spent?: SpentBudget
  next?: NextOutcome
}

/** What became of the step that came next, `of` which was foreseen: what its activity gave, or why it failed for good. */
export type NextOutcome = { of: string } & (
  | { outcome: StepOutcome }
  | { fault: { code: ErrorCode; message: string } }
)

/** Entries in which a step is told to be finished, with what it gave. */
export const withOutput = (entries: JournalEntry[], path: string, output: Json): JournalEntry[] =>
  entries.map((entry) =>
    entry.event === 'stepFinished' && entry.path === path ? { ...entry, output } : entry,
  )

/** A call that an agent wants made, as it is shown to who decides. It holds no secrets: no agent has any. */
export interface PendingCall {
  /** Of this very call with these arguments, the same at every attempt. */
  id: string
  tool: string
  arguments: JsonObject
  /** Whether a person has to allow it. */
  approval: boolean
  /** Set where it is an action, which runs as a workflow of its own. */
  action?: {
    workflowId: string
    /** What is said while it runs. */
    message: string | null
    /** How long it may take: a duration. */
    time: string
  }
}

/** What came of an action that an agent called. */
export interface ActionOutcome extends Pick<PendingCall, 'id' | 'tool' | 'arguments'> {
  instanceUuid: string
  startedAt: string
  output?: Json
  /** Whether the output is the beginning of a longer one, as text. */
  truncated?: true
  error?: { code: ErrorCode; message: string }
}
