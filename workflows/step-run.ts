import { count } from '../shared/contract/budget.ts'
import { armsOf } from '../shared/contract/definition.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { fail } from '../shared/temporal/failure.ts'
import { isOutOfBreath, nextTask, stopWhenCancelled } from './breath.ts'
import { flush } from './flush.ts'
import { HandOver } from './hand-over.ts'
import { Ledger } from './ledger.ts'
import type { Kept } from './state-snapshot.ts'
import { StepActivities } from './step-activities.ts'
import type { RunContext } from './step-context.ts'
import { type Tail, tailInside } from './tail.ts'
import { together } from './together.ts'

/** Lines of one run side by side. Whatever happens wakes all that wait, so their cost grows with their square. */
const mostLines = 300

/** What a round of a loop takes beside its steps, in the units of expressions. */
const costOfRound = 400

/** One step under way: what its runner may do. It leads to the steps inside it: in arms, rounds and lines side by side. */
export class StepRun extends StepActivities {
  protected alike(context: RunContext): StepRun {
    return new StepRun(context, this.step, this.path, this.bindings)
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
    // All that begin at once tell what is owed so far: whichever is first, nothing comes before it.
    const owed = ledger.take()
    const ledgerOf = (index: number): Ledger => {
      const own = new Ledger()
      ledgers[index] = own
      if (index < width) own.giveBack(owed)
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

  protected inside(
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

  /** Goes over the arms of a step that an earlier pass has finished, for the results and variables they gave. */
  async restoreArms(): Promise<void> {
    const { state } = this.context
    for (const arm of armsOf(this.step)) {
      const rounds = arm.repeats ? state.givenRounds(this.path).map((round) => `[${round}]`) : ['']
      for (const suffix of rounds) await this.inside(arm.steps, suffix, { isRestoring: true })
    }
  }
}
