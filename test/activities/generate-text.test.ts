import { MockActivityEnvironment } from '@temporalio/testing'
import { eq } from 'drizzle-orm'
import { createActivities } from '../../activities/index.ts'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { StepCall } from '../../shared/contract/step-call.ts'
import type { Draft } from '../../shared/contract/steps/draft.ts'
import { refOf } from '../../storage/sql/find-instance.ts'
import { instances, outcomes } from '../../storage/sql/schema.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const at = new Date().toISOString()
const face = { path: 'd', stepId: 'd', title: 'Draft', type: 'draft' }

/** A run that waits, as the place for an activity's rows, and the call of a step in it. */
async function place(): Promise<{ run: string; call: StepCall<Draft, null> }> {
  const run = await world.begin({
    steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } }],
  })
  await world.request(run)
  const [row] = await world.db.select().from(instances).where(eq(instances.instanceUuid, run))
  const ref: RunRef = { ...refOf(row!), startedBy: ana }
  const before: JournalEntry[] = [{ event: 'stepStarted', status: 'running', key: 'd:started', at, ...face }]
  const after: JournalEntry[] = [
    { event: 'stepFinished', key: 'd:finished', at, ...face, status: 'completed' },
  ]
  const step: Draft = { id: 'd', type: 'draft', format: 'text', prompt: 'Write.' }
  return {
    run,
    call: {
      run: ref,
      step,
      path: 'd',
      title: 'Draft',
      ordinal: 0,
      scope: { values: {}, absent: [] },
      before,
      after,
      extra: null,
    },
  }
}

const attempt = (call: StepCall<Draft, null>, number = 1) =>
  new MockActivityEnvironment({ attempt: number }).run(createActivities(world.deps).generateText, call)

it('two attempts side by side give one outcome and one set of entries', async () => {
  const { run, call } = await place()
  let arrived = 0
  let open = () => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  const meet = (text: string) => async () => {
    if (++arrived === 2) open()
    await gate
    return text
  }
  world.models.will(meet('One.'), meet('Two.'))
  const [one, two] = await Promise.all([attempt(call, 1), attempt(call, 2)])
  expect(one).toEqual(two)
  const stored = await world.db.select().from(outcomes).where(eq(outcomes.instanceUuid, run))
  expect(stored.map(({ outcome }) => outcome)).toEqual([one])
  for (const event of ['stepStarted', 'stepFinished'])
    expect((await world.events(run, event)).filter(({ path }) => path === 'd')).toHaveLength(1)
  await world.runs.cancel(run)
  await world.ended(run)
})

it('an attempt after one that finished gives what that one stored, and asks nobody', async () => {
  const { run, call } = await place()
  world.models.will('Once.')
  expect(await attempt(call, 1)).toEqual({ value: 'Once.' })
  expect(await attempt(call, 2)).toEqual({ value: 'Once.' })
  await world.runs.cancel(run)
  await world.ended(run)
})
