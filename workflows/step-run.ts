import { condition, uuid4 } from '@temporalio/workflow'
import { count, sharing } from '../shared/contract/budget.ts'
import { keyOf, templatesOf } from '../shared/contract/check-definition.ts'
import { armsOf } from '../shared/contract/definition.ts'
import { absent, type Scope } from '../shared/contract/expression.ts'
import type { FileValue } from '../shared/contract/file.ts'
import type { Json } from '../shared/contract/json.ts'
import type { OpenRequest } from '../shared/contract/request.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import type { StepCall, StepOutcome } from '../shared/contract/step-call.ts'
import type { End } from '../shared/contract/steps/end.ts'
import { stepKindOf } from '../shared/contract/steps/index.ts'
import { renderAll, rootsIn, stringify } from '../shared/contract/template.ts'
import { fail } from '../shared/temporal/failure.ts'
import { bytesOf, largestPayload, mustFit } from '../shared/temporal/payload-size.ts'
import { breathLeft, costOfBytes, isOutOfBreath, nextTask, stopWhenCancelled } from './breath.ts'
import { untilRaised } from './budget-question.ts'
import type { Desk, Reply } from './desk.ts'
import { fitResponse } from './fit-response.ts'
import { flush } from './flush.ts'
import { HandOver, type Relay } from './hand-over.ts'
import { Ledger } from './ledger.ts'
import { type Kept, type Noted, type RunState, titleOf } from './run-state.ts'
import { countStep } from './step-metrics.ts'
import { outputOf } from './steps/end.ts'
import { type Closing, type Tail, tailInside } from './tail.ts'
import { together } from './together.ts'

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
}

/** Lines of one run side by side. Whatever happens wakes all that wait, so their cost grows with their square. */
const mostLines = 300

/** Bytes of a pass's end that go along with an activity; a larger one is told by itself. */
const mostClosing = 64_000

/** What a round of a loop takes beside its steps, in the units of expressions. */
const costOfRound = 400

// biome-ignore lint/suspicious/noExplicitAny: one shape for activities of many steps
type StepActivity = (call: StepCall<any, any>) => Promise<StepOutcome<any>>

interface Performance {
  /** Whether the activity is the last thing the step does, so that it carries the journal to the step's end. */
  last?: boolean
  also?: Noted[]
  extra?: Json
  /** Number of the activity within the step, where it must be the same in a later execution. */
  ordinal?: number
}

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
    const named = rootsIn(templatesOf(step).map(([, value]) => value))
    const beside = stepKindOf(step.type)?.names?.(step) ?? []
    this.ownRoots = new Set([...named, ...(beside === 'everything' ? Object.keys(this.scope()) : beside)])
  }

  /** Where the words of this step's result come from: its own activity, or what it was made from. */
  get label(): string | undefined {
    return this.madeBy ?? this.kept<string>('label') ?? this.labelOfSources
  }

  /** The label of what the step's templates name. */
  private get labelOfSources(): string | undefined {
    return this.context.state.labelFrom(this.ownRoots, this.context.frames)
  }

  /** Renders the templates in a value. */
  render<T extends Json = Json>(value: Json): T {
    return sharing(breathLeft(), () => renderAll(value, this.scope())) as T
  }

  renderText(template: string): string {
    return stringify(this.render(template))
  }

  private scope(): Scope {
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

  /** Says something in the conversation. */
  say(
    role: 'user' | 'assistant' | 'system',
    text: string,
    more: { attachments?: FileValue[]; suggestions?: string[]; messageId?: string; cause?: string } = {},
  ): void {
    const label = role === 'assistant' ? this.labelOfSources : undefined
    this.note({
      event: 'message',
      key: this.context.state.keyed(this.path, `said:${more.cause ?? this.said++}`),
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
        key: this.context.state.keyed(this.path, `suggested:${this.said}`),
        items: more.suggestions,
      })
  }

  /** Opens a request, or finds it open. It stays open until `closeRequest`. */
  openRequest(question: Question): OpenRequest {
    const { state, desk } = this.context
    const before = desk.open.get(this.kept<string>('request') ?? '')
    if (before) return before
    const label = this.madeBy ?? this.labelOfSources
    const request: OpenRequest = {
      ...question,
      requestId: uuid4(),
      instanceUuid: state.ref.instanceUuid,
      stepId: this.step.id,
      path: this.path,
      openedAt: new Date().toISOString(),
      ...(label ? { label } : {}),
    }
    this.keep('request', request.requestId)
    this.note(opened(request, 0))
    desk.lay(request)
    return request
  }

  /** Opens the same request again, with the reason why the last reply did not do. */
  askAgain(request: OpenRequest, reason: string, miss: number): OpenRequest {
    const { desk } = this.context
    const again = { ...request, reason }
    desk.replies.delete(request.requestId)
    desk.open.set(request.requestId, again)
    this.note(opened(again, miss))
    return again
  }

  /** Writes what is owed to readers, before something that may take long. */
  async tell(): Promise<void> {
    const { state, ledger, describe } = this.context
    await flush(state, ledger)
    describe()
  }

  /** Reminds whom a request waits for: in their inbox, and in the conversation where it is a question. */
  remind(request: OpenRequest, text = `“${request.question}” is still waiting.`): void {
    if (request.kind === 'answer') this.say('assistant', text)
    const { requestId, kind } = request
    this.note({ event: 'requestReminded', key: `request:${requestId}:reminded`, requestId, kind, text })
  }

  closeRequest(request: OpenRequest, outcome: string, reply?: Reply): void {
    this.context.desk.close(request.requestId)
    this.note(this.closing(request, outcome, reply))
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
      ...(reply?.kind === 'decision' && reply.edited !== undefined ? { edited: reply.edited } : {}),
    }
  }

  /**
   * Waits, for weeks if need be, until `ready` gives something, or until the moment `by` has passed: then it gives
   * undefined. What is owed to readers is written first, and again whenever something is noted in the meantime (a
   * refused signal).
   */
  async until<T>(ready: () => T | undefined): Promise<T>
  async until<T>(ready: () => T | undefined, by: string | undefined): Promise<T | undefined>
  async until<T>(ready: () => T | undefined, by?: string): Promise<T | undefined> {
    const { state, desk, ledger, relay, describe } = this.context
    const left = () => (by === undefined ? Number.POSITIVE_INFINITY : Date.parse(by) - Date.now())
    for (;;) {
      state.noteRefusals(desk.takeRefusals(), ledger)
      const given = ready()
      if (given !== undefined || left() <= 0) return given
      await flush(state, ledger)
      describe()
      if (relay.due) throw new HandOver()
      const wakes = () => desk.hasRefusals || relay.due || ready() !== undefined
      if (by === undefined) await condition(wakes)
      else if (left() > 0) await condition(wakes, left())
    }
  }

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
    { last = true, also = [], extra, ordinal }: Performance & { ordinal: number },
  ): Promise<StepOutcome<T>> {
    const { state, ledger, describe } = this.context
    describe()
    const scope = this.namedValues()
    const own = [this.step, scope]
    mustFit(own, 'What it names has', 'name less, or shorter values')
    const bytes = bytesOf(own)
    if (bytes + ledger.bytes > largestPayload) await flush(state, ledger)
    return state.seats.with(async () => {
      // In one go with what follows, so that lines side by side see what each other costs.
      while (isOutOfBreath()) await nextTask()
      stopWhenCancelled()
      count(costOfBytes(bytes + ledger.bytes))
      const before = ledger.take()
      const closing = last ? this.closingOfPass() : undefined
      const after = last ? [...state.stamped(also), ...state.finishing(this.step, this.path)] : []
      if (closing) after.push(...closing.entries)
      const label = this.labelOfSources
      let outcome: StepOutcome<T>
      try {
        outcome = await (activity as StepActivity)({
          run: state.ref,
          step: this.step,
          path: this.path,
          title: titleOf(this.step),
          ordinal,
          scope,
          before,
          after,
          ...(label ? { label } : {}),
          extra: extra ?? null,
        })
      } catch (error) {
        ledger.giveBack(before)
        throw error
      }
      if (outcome.label) this.madeBy = outcome.label
      if (last && outcome.refused === undefined && !outcome.pending && !outcome.spent) {
        state.see(after)
        this.carried = { value: outcome.value as Json | undefined }
        if (closing) this.closePass(closing)
      }
      return outcome
    })
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

  /** Makes a result visible to the steps inside this one, before it is done. */
  remember(result: Json, label = this.label): void {
    const { state, frames } = this.context
    state.remember(frames[0] ?? '', this.step, result, label)
  }

  /**
   * Walks into one of the step's arms. `round` numbers an arm that may run again; `last` says that the step does nothing
   * more afterwards, and what it will give.
   */
  async into(
    arm: string,
    steps: AnyStep[],
    { round, last }: { round?: number; last?: { gives?: Json } } = {},
  ): Promise<void> {
    const { state, tail } = this.context
    const suffix = round === undefined ? '' : `[${round}]`
    state.track.arms[this.path] = `${arm}${suffix}`
    await this.inside(steps, suffix, {
      ...(last ? { tail: tailInside({ step: this.step, path: this.path, ...last }, tail) } : {}),
    })
    if (round !== undefined) state.closeRound(this.path, round)
    delete state.track.arms[this.path]
  }

  /** Walks into what `onError` says, with the fault. */
  async intoRecovery(steps: AnyStep[], error: Json): Promise<void> {
    this.context.state.track.arms[this.path] = 'error'
    await this.inside(steps, '', { bindings: { error } })
  }

  /** Walks one round of a loop, in a frame of its own when it is `isolated`. Gives the last result in it. */
  async round(
    steps: AnyStep[],
    round: number,
    { of, ...more }: { of: number; bindings: Record<string, Json>; isolated?: boolean; ledger?: Ledger },
  ): Promise<Kept | undefined> {
    const { state, relay } = this.context
    while (isOutOfBreath()) {
      await nextTask()
      stopWhenCancelled()
      if (relay.due) throw new HandOver()
    }
    count(costOfRound)
    const { loops } = state.track
    loops[this.path] ??= { begun: 0, of, open: [] }
    const loop = loops[this.path] as (typeof loops)[string]
    if (!loop.open.includes(round)) {
      loop.open.push(round)
      loop.begun = Math.max(loop.begun, round + 1)
    }
    const last = await this.inside(steps, `[${round}]`, more)
    state.closeRound(this.path, round)
    loop.open = loop.open.filter((one) => one !== round)
    return last
  }

  /**
   * Lines of work side by side, each with a ledger of its own. What is owed so far goes with the first. With `most`, so
   * many at a time, or fewer where the run has too many already; without it, all of them.
   */
  async sideBySide(lines: ((ledger: Ledger) => Promise<void>)[], most?: number): Promise<void> {
    const { state, ledger } = this.context
    const free = Math.max(1, mostLines - state.lines)
    if (most === undefined && lines.length > free)
      throw fail(
        'TooLarge',
        `A run may have ${mostLines} lines side by side, and this step would be over it: take a smaller "parallel" in the loop around it.`,
      )
    const width = Math.min(most ?? lines.length, lines.length, free)
    count(lines.length)
    // Only of the lines that were begun: there may be thousands.
    const ledgers: Ledger[] = []
    const ledgerOf = (index: number): Ledger => {
      const own = new Ledger()
      ledgers[index] = own
      if (index === 0) own.giveBack(ledger.take())
      return own
    }
    let ahead = lines.length
    const take = async (line: (ledger: Ledger) => Promise<void>, own: Ledger): Promise<void> => {
      await line(own)
      // Whoever reads must not wait for the other lines; what the last one owes goes with what follows.
      if (--ahead > 0 && !state.ended) await flush(state, own)
    }
    state.lines += width
    try {
      await together(
        lines.map((line, index) => () => take(line, ledgerOf(index))),
        { most: width, isOver: () => state.ended },
      )
    } finally {
      state.lines -= width
      ledger.giveBack([...ledger.take(), ...ledgers.flatMap((one) => one.take())])
    }
  }

  /** Walks the steps of an arm in a line of its own. */
  line(steps: AnyStep[], ledger: Ledger): Promise<Kept | undefined> {
    return this.inside(steps, '', { ledger })
  }

  private inside(
    steps: AnyStep[],
    suffix: string,
    {
      bindings,
      isolated = false,
      ledger = this.context.ledger,
      isRestoring = this.context.isRestoring ?? false,
      tail,
    }: {
      bindings?: Record<string, Json>
      isolated?: boolean
      ledger?: Ledger
      isRestoring?: boolean
      tail?: Tail | undefined
    } = {},
  ): Promise<Kept | undefined> {
    const at = `${this.path}${suffix}`
    const frames = isolated ? [at, ...this.context.frames] : this.context.frames
    return this.context.walk(
      steps,
      at,
      { ...this.context, ledger, frames, isRestoring, tail },
      { ...this.bindings, ...bindings },
    )
  }

  get state(): RunState {
    return this.context.state
  }

  get desk(): Desk {
    return this.context.desk
  }

  /** Goes over the arms of a step that an earlier pass has finished, for the results and variables they gave. */
  async restoreArms(): Promise<void> {
    const { state } = this.context
    for (const arm of armsOf(this.step)) {
      const rounds = arm.repeats ? state.givenRounds(this.path).map((round) => `[${round}]`) : ['']
      for (const suffix of rounds) await this.inside(arm.steps, suffix, { isRestoring: true })
    }
  }

  /** Whether the run has to go on in a new execution. */
  get isDue(): boolean {
    return this.context.relay.due
  }

  get ledger(): Ledger {
    return this.context.ledger
  }

  get timeZone(): string {
    return this.context.timeZone
  }
}

const opened = ({ instanceUuid: _, ...request }: OpenRequest, round: number) =>
  ({ event: 'requestOpened', key: `request:${request.requestId}:opened:${round}`, ...request }) as const
