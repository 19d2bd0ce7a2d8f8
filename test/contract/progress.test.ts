import fc from 'fast-check'
import { armsOf, type Definition, parseDefinition } from '../../shared/contract/definition.ts'
import { percentOf, weightOf } from '../../shared/contract/progress.ts'
import type { AnyStep } from '../../shared/contract/step.ts'
import { Ledger } from '../../workflows/ledger.ts'
import { RunState } from '../../workflows/run-state.ts'

const at = '2026-11-25T09:30:00.000Z'
const INSTANCE = '0196f0a0-0000-7000-8000-000000000001'

type Draft = Record<string, unknown> & { type: string }

const leaf = fc.constantFrom<Draft>(
  { type: 'message', text: 'x' },
  { type: 'ask', question: 'x', answer: { type: 'text' } },
  { type: 'set', variables: {} },
  { type: 'end' },
)

/** Lists of steps as builders nest them; ids are given afterwards, since each is used once. */
function stepsWithin(depth: number): fc.Arbitrary<Draft[]> {
  const list: fc.Arbitrary<Draft[]> = depth === 0 ? fc.constant([]) : stepsWithin(depth - 1)
  const arm = list.map((steps) => ({ steps }))
  const branch = fc.record({ cases: fc.array(list, { minLength: 1, maxLength: 3 }), otherwise: list })
  const approval = fc.record(
    { onReject: arm, onChanges: fc.record({ steps: list, again: fc.boolean() }) },
    { requiredKeys: [] },
  )
  const review = fc.record({ onFail: arm }, { requiredKeys: [] })
  const loop = fc.record({ steps: list, max: fc.integer({ min: 1, max: 4 }) })
  const shape = fc.oneof(
    leaf,
    loop.map(({ steps, max }): Draft => ({ type: 'repeat', until: '${true}', max, steps })),
    list.map((steps): Draft => ({ type: 'each', in: '${input.items}', steps })),
    fc
      .array(arm, { minLength: 1, maxLength: 3 })
      .map((arms): Draft => ({ type: 'parallel', arms: arms.map((one) => ({ name: 'x', ...one })) })),
    branch.map(
      ({ cases, otherwise }): Draft => ({
        type: 'branch',
        cases: cases.map((steps) => ({ when: '${true}', steps })),
        otherwise,
      }),
    ),
    approval.map((arms): Draft => ({ type: 'approval', title: 'x', artifact: { text: 'x' }, ...arms })),
    review.map((arms): Draft => ({ type: 'review', of: 'x', criteria: ['compliance'], ...arms })),
  )
  const common = fc.record(
    {
      weight: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: 20 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
      ),
      when: fc.constant('${input.x == 1}'),
      onError: fc.oneof(fc.constantFrom('fail', 'continue'), arm),
    },
    { requiredKeys: [] },
  )
  return fc.array(
    fc.tuple(common, depth === 0 ? leaf : shape).map(([more, own]) => ({ ...more, ...own })),
    { maxLength: 3 },
  )
}

const anyDefinition: fc.Arbitrary<Definition> = stepsWithin(3).map((drafts) => {
  let count = 0
  const named = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(named)
    if (typeof value !== 'object' || value === null) return value
    const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, named(one)]))
    const isStep = 'type' in value && !('minLength' in value) && value.type !== 'text'
    return isStep ? { id: `s${count++}`, ...inner } : inner
  }
  const parsed = parseDefinition({ name: 'W', type: 'output_focused', steps: named(drafts) })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.definition
})

class Failed extends Error {}

/** Walks a definition as `interpreter.ts` and the runners do, on the real run state; what people do is drawn. */
class Walk {
  readonly state: RunState
  readonly shown: number[] = []
  private readonly draw: () => number
  private readonly ledger = new Ledger()
  private steps = 0

  constructor(definition: Definition, choices: number[]) {
    const ref = { instanceUuid: INSTANCE, workflowName: 'W' } as unknown as RunState['ref']
    this.state = new RunState(ref, definition, { roots: { input: {} }, variables: {} }, () => at)
    let next = 0
    this.draw = () => choices[next++ % choices.length] ?? 0
  }

  run(): 'completed' | 'failed' {
    let status: 'completed' | 'failed' = 'completed'
    try {
      this.walk(this.state.definition.steps, '')
    } catch (error) {
      if (!(error instanceof Failed)) throw error
      status = 'failed'
    }
    return status
  }

  finish(status: 'completed' | 'failed' | 'cancelled'): number {
    this.state.note({ event: 'instanceFinished', key: 'finished', status }, this.ledger)
    return this.state.view.percent
  }

  private walk(steps: AnyStep[], at: string): void {
    for (const step of steps) {
      const { state } = this
      if (state.ended) return
      const path = at ? `${at}.${step.id}` : step.id
      if (state.isDone(path)) continue
      try {
        if (step.when !== undefined && this.draw() % 2) state.finished({ ...step, weight: 0 }, path)
        else this.take(step, path)
      } catch (error) {
        if (!(error instanceof Failed) || step.onError === undefined || step.onError === 'fail') throw error
        if (typeof step.onError === 'object') this.into(path, 'error', step.onError.steps)
        state.finished(step, path)
      }
      this.look()
    }
  }

  private take(step: AnyStep, path: string): void {
    const { state } = this
    state.note(
      {
        event: 'stepStarted',
        status: 'running',
        key: `${path}:started`,
        path,
        stepId: step.id,
        title: 'x',
        type: step.type,
      },
      this.ledger,
    )
    this.look()
    if (this.draw() % 7 === 0) throw new Failed()
    this.inside(step, path)
    for (const { at: _, ...entry } of state.finishing(step, path)) state.note(entry, this.ledger)
    state.finished(step, path)
  }

  private inside(step: AnyStep, path: string): void {
    if (step.type === 'end') this.state.ended = true
    const arms = armsOf(step).filter(({ name }) => name !== 'error')
    if (step.type === 'branch') {
      const arm = arms[this.draw() % arms.length]
      if (arm) this.into(path, arm.name, arm.steps)
    }
    if (step.type === 'review' && arms[0] && this.draw() % 2) this.into(path, 'fail', arms[0].steps)
    if (step.type === 'approval') this.decide(step, path)
    if (step.type === 'repeat') this.loop(step, path, (step as AnyStep & { max: number }).max)
    if (step.type === 'each') this.loop(step, path, this.draw() % 5)
    if (step.type === 'parallel') for (const arm of arms) this.walk(arm.steps, path)
  }

  private loop(step: AnyStep, path: string, of: number): void {
    const { loops } = this.state.track
    const [arm] = armsOf(step)
    loops[path] = { begun: 0, of, open: [] }
    for (let round = 0; round < of && !this.state.ended; round++) {
      loops[path] = { begun: round + 1, of, open: [round] }
      this.look()
      this.walk(arm?.steps ?? [], `${path}[${round}]`)
      this.state.closeRound(path, round)
      loops[path] = { begun: round + 1, of, open: [] }
      this.look()
      if (step.type === 'repeat' && this.draw() % 3 === 0) return
    }
  }

  private decide(
    step: AnyStep & { onReject?: { steps: AnyStep[] }; onChanges?: { steps: AnyStep[]; again?: boolean } },
    path: string,
  ): void {
    for (let round = 0; ; round++) {
      const decision = ['approve', 'reject', 'changes'][round > 5 ? 0 : this.draw() % 3]
      if (decision === 'approve') return
      if (decision === 'reject') {
        if (!step.onReject) throw new Failed()
        this.into(path, 'reject', step.onReject.steps)
        return
      }
      if (step.onChanges) this.into(path, 'changes', step.onChanges.steps, round)
      if (!step.onChanges || step.onChanges.again === false || this.state.ended) return
    }
  }

  private into(path: string, arm: string, steps: AnyStep[], round?: number): void {
    const suffix = round === undefined ? '' : `[${round}]`
    this.state.track.arms[path] = `${arm}${suffix}`
    this.look()
    this.walk(steps, `${path}${suffix}`)
    if (round !== undefined) this.state.closeRound(path, round)
    delete this.state.track.arms[path]
  }

  /** What a reader sees now: in the view, and when the number is worked out anew. */
  private look(): void {
    if (++this.steps > 5_000) throw new Error('the walk does not end')
    const { track, definition, view } = this.state
    this.shown.push(view.percent, Math.max(view.percent, percentOf(definition.steps, track)))
  }
}

const choices = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 })

test('F013 progress is a whole number, never falls, and stays below 100 while the run goes on', () => {
  fc.assert(
    fc.property(anyDefinition, choices, (definition, drawn) => {
      const walk = new Walk(definition, drawn)
      walk.run()
      const seen = walk.shown.filter((_, index) => index % 2 === 0)
      for (const percent of walk.shown) {
        expect(Number.isInteger(percent)).toBe(true)
        expect(percent).toBeGreaterThanOrEqual(0)
        expect(percent).toBeLessThanOrEqual(99)
      }
      for (const [index, percent] of seen.entries())
        expect(percent).toBeGreaterThanOrEqual(seen[index - 1] ?? 0)
    }),
    { numRuns: 1_000 },
  )
})

test('F013 progress is 100 exactly when the run completed, and stays where it was when it failed or was cancelled', () => {
  fc.assert(
    fc.property(anyDefinition, choices, fc.boolean(), (definition, drawn, cancelled) => {
      const walk = new Walk(definition, drawn)
      const status = walk.run()
      const before = walk.state.view.percent
      const end = cancelled ? 'cancelled' : status
      expect(walk.finish(end)).toBe(end === 'completed' ? 100 : before)
      expect(before).toBeLessThanOrEqual(99)
    }),
    { numRuns: 1_000 },
  )
})

test('the drawn definitions are not all trivial', () => {
  const depths = fc
    .sample(anyDefinition, { numRuns: 500, seed: 1 })
    .map(({ steps }) => JSON.stringify(steps).match(/"id"/g)?.length ?? 0)
  expect(depths.filter((count) => count > 5).length).toBeGreaterThan(100)
})

describe('weights', () => {
  const say = (id: string, more: object = {}): AnyStep =>
    ({ id, type: 'message', text: 'x', ...more }) as AnyStep
  const track = (finished: Record<string, number>, arms: Record<string, string> = {}, shown = 0) => ({
    finished,
    arms,
    loops: {},
    shown,
  })

  test.each<[string, AnyStep[], ReturnType<typeof track>, number]>([
    ['nothing', [], track({}), 0],
    ['nothing done', [say('a'), say('b')], track({}), 0],
    ['one of two', [say('a'), say('b')], track({ a: 1 }), 50],
    ['by weight', [say('a', { weight: 3 }), say('b')], track({ a: 3 }), 75],
    ['weightless steps', [say('a', { weight: 0 }), say('b', { weight: 0 })], track({ a: 0 }), 0],
    ['all done, not ended', [say('a')], track({ a: 1 }), 99],
    ['never less than shown', [say('a'), say('b')], track({ a: 1 }, {}, 70), 70],
    [
      'the longest way ahead',
      [
        say('a'),
        {
          id: 'b',
          type: 'branch',
          cases: [{ when: '${true}', steps: [say('c')] }],
          otherwise: [say('d'), say('e'), say('f')],
        } as AnyStep,
      ],
      track({ a: 1 }),
      25,
    ],
    [
      'the way that was taken',
      [
        say('a'),
        {
          id: 'b',
          type: 'branch',
          cases: [{ when: '${true}', steps: [say('c')] }],
          otherwise: [say('d'), say('e'), say('f')],
        } as AnyStep,
      ],
      track({ a: 1 }, { b: 'case0' }),
      50,
    ],
    ['ids that every object has', [say('constructor'), say('toString')], track({}), 0],
  ])('F013 %s', (_, steps, standing, percent) => {
    expect(percentOf(steps, standing)).toBe(percent)
  })

  test('a step’s own weight goes before its kind’s', () => {
    expect([
      weightOf(say('a')),
      weightOf(say('a', { weight: 0 })),
      weightOf({ id: 'a', type: 'nobody knows' }),
    ]).toEqual([1, 0, 1])
  })
})
