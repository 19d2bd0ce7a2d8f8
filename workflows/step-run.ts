import { condition, uuid4 } from '@temporalio/workflow'
import { templatesOf } from '../shared/contract/check-definition.ts'
import { absent, type Scope } from '../shared/contract/expression.ts'
import type { FileValue } from '../shared/contract/file.ts'
import type { Json } from '../shared/contract/json.ts'
import type { OpenRequest } from '../shared/contract/request.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import type { StepCall, StepOutcome } from '../shared/contract/step-call.ts'
import { renderAll, rootsIn, stringify } from '../shared/contract/template.ts'
import { bytesOf, largestPayload, mustFit } from '../shared/temporal/payload-size.ts'
import type { Desk, Reply } from './desk.ts'
import { flush } from './flush.ts'
import { type Noted, type RunState, titleOf } from './run-state.ts'

/** What a run offers its steps. */
export interface RunContext {
  state: RunState
  desk: Desk
  /** The workspace's time zone, in which dates are understood. */
  timeZone: string
  /** Walks nested steps below a path. */
  walk: (steps: AnyStep[], at: string, run: RunContext, bindings: Record<string, Json>) => Promise<void>
  /** Tells operators what the run does or waits for. */
  describe: () => void
}

// biome-ignore lint/suspicious/noExplicitAny: one shape for activities of many steps
type StepActivity = (call: StepCall<any, any>) => Promise<StepOutcome<any>>

type Question = Omit<OpenRequest, 'requestId' | 'instanceUuid' | 'stepId' | 'path' | 'openedAt' | 'label'>

/** One step under way: what its runner may do. */
export class StepRun {
  readonly path: string
  /** Set once an activity carried the end of the step: there is nothing left to journal. */
  carried: { value: Json | undefined } | undefined
  private readonly step: AnyStep
  private readonly context: RunContext
  private readonly bindings: Record<string, Json>
  private readonly ownRoots: Set<string>
  private madeBy: string | undefined
  private activities = 0
  private said = 0

  constructor(context: RunContext, step: AnyStep, path: string, bindings: Record<string, Json>) {
    this.context = context
    this.step = step
    this.path = path
    this.bindings = bindings
    this.ownRoots = rootsIn(templatesOf(step).map(([, value]) => value))
  }

  /** Where the words of this step's result come from: its own activity, or what it was made from. */
  get label(): string | undefined {
    return this.madeBy ?? this.context.state.labelFrom(this.ownRoots)
  }

  /** Renders the templates in a value. */
  render<T extends Json = Json>(value: Json): T {
    return renderAll(value, this.scope()) as T
  }

  renderText(template: string): string {
    return stringify(this.render(template))
  }

  private scope(): Scope {
    return this.context.state.scope(this.bindings)
  }

  /** Says something in the conversation. */
  say(
    role: 'user' | 'assistant' | 'system',
    text: string,
    more: { attachments?: FileValue[]; suggestions?: string[] } = {},
  ): void {
    const { state } = this.context
    const label = role === 'assistant' ? state.labelFrom(this.ownRoots) : undefined
    state.note({
      event: 'message',
      key: `${this.path}:said:${this.said++}`,
      messageId: uuid4(),
      role,
      text,
      attachments: more.attachments ?? [],
      stepId: this.step.id,
      ...(more.suggestions ? { suggestions: more.suggestions } : {}),
      ...(label ? { label } : {}),
    })
    if (more.suggestions?.length)
      state.note({
        event: 'suggestions',
        key: `${this.path}:suggested:${this.said}`,
        items: more.suggestions,
      })
  }

  /** Opens a request. It stays open until `closeRequest`. */
  openRequest(question: Question): OpenRequest {
    const { state, desk } = this.context
    const label = state.labelFrom(this.ownRoots)
    const request: OpenRequest = {
      ...question,
      requestId: uuid4(),
      instanceUuid: state.ref.instanceUuid,
      stepId: this.step.id,
      path: this.path,
      openedAt: new Date().toISOString(),
      ...(label ? { label } : {}),
    }
    desk.open.set(request.requestId, request)
    state.note(opened(request, 0))
    return request
  }

  /** Opens the same request again, with the reason why the last reply did not do. */
  askAgain(request: OpenRequest, reason: string, miss: number): OpenRequest {
    const { state, desk } = this.context
    const again = { ...request, reason }
    desk.replies.delete(request.requestId)
    desk.open.set(request.requestId, again)
    state.note(opened(again, miss))
    return again
  }

  closeRequest(request: OpenRequest, outcome: string, reply?: Reply): void {
    this.context.desk.close(request.requestId)
    this.context.state.note(this.closing(request, outcome, reply))
  }

  /** Closes what the step left open: it failed, and nobody can answer any more. */
  abandon(outcome: string): void {
    const isInside = ({ path }: OpenRequest) =>
      path === this.path || path.startsWith(`${this.path}.`) || path.startsWith(`${this.path}[`)
    for (const request of [...this.context.desk.open.values()].filter(isInside))
      this.closeRequest(request, outcome)
  }

  /** The entry that closes a request, for an activity to carry. */
  closing(request: OpenRequest, outcome: string, reply?: Reply): Noted {
    const comment = reply?.kind === 'decision' ? reply.comment : undefined
    return {
      event: 'requestClosed',
      key: `request:${request.requestId}:closed`,
      requestId: request.requestId,
      kind: request.kind,
      outcome,
      ...(reply ? { by: reply.by } : {}),
      ...(comment ? { comment } : {}),
    }
  }

  /**
   * Waits, for weeks if need be, until `ready` gives something. What is owed to readers is written first, and again
   * whenever something is noted in the meantime (a refused signal).
   */
  async until<T>(ready: () => T | undefined): Promise<T> {
    const { state, desk, describe } = this.context
    for (;;) {
      state.noteRefusals(desk.takeRefusals())
      const given = ready()
      if (given !== undefined) return given
      await flush(state)
      describe()
      await condition(() => desk.hasRefusals || ready() !== undefined)
    }
  }

  /**
   * Runs the step's activity. By default it is the last thing the step does, so it carries the journal to the step's
   * end; with `last: false` the runner goes on afterwards.
   */
  async perform<T extends Json | undefined>(
    activity: (call: StepCall<never, never>) => Promise<StepOutcome<T>>,
    { last = true, also = [], extra }: { last?: boolean; also?: Noted[]; extra?: Json } = {},
  ): Promise<StepOutcome<T>> {
    const { state, describe } = this.context
    describe()
    const scope = this.namedValues()
    const own = [this.step, scope]
    mustFit(own, 'What it names has', 'name less, or shorter values')
    if (bytesOf(own) + state.owedBytes > largestPayload) await flush(state)
    const before = state.takeOwed()
    const after = last ? [...state.stamped(also), ...state.finishing(this.step, this.path)] : []
    const label = state.labelFrom(this.ownRoots)
    let outcome: StepOutcome<T>
    try {
      outcome = await (activity as StepActivity)({
        run: state.ref,
        step: this.step,
        path: this.path,
        title: titleOf(this.step),
        ordinal: this.activities++,
        scope,
        before,
        after,
        ...(label ? { label } : {}),
        extra: extra ?? null,
      })
    } catch (error) {
      state.giveBack(before)
      throw error
    }
    if (outcome.label) this.madeBy = outcome.label
    if (last && outcome.refused === undefined) {
      state.finished(this.step, this.path, outcome.value as Json | undefined, after, this.label)
      this.carried = { value: outcome.value as Json | undefined }
    }
    return outcome
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

  /** Makes a result visible to the steps inside this one, before it is done. */
  remember(result: Json): void {
    this.context.state.remember(this.step, result, this.label)
  }

  /** Walks into one of the step's arms. `round` numbers an arm that may run again. */
  async into(
    arm: string,
    steps: AnyStep[],
    { round, bindings }: { round?: number; bindings?: Record<string, Json> } = {},
  ): Promise<void> {
    const { state, walk } = this.context
    const suffix = round === undefined ? '' : `[${round}]`
    state.track.arms[this.path] = `${arm}${suffix}`
    await walk(steps, `${this.path}${suffix}`, this.context, { ...this.bindings, ...bindings })
    delete state.track.arms[this.path]
  }

  get state(): RunState {
    return this.context.state
  }

  get desk(): Desk {
    return this.context.desk
  }

  get timeZone(): string {
    return this.context.timeZone
  }
}

const opened = ({ instanceUuid: _, ...request }: OpenRequest, round: number) =>
  ({ event: 'requestOpened', key: `request:${request.requestId}:opened:${round}`, ...request }) as const
