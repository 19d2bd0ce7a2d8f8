import { eq } from 'drizzle-orm'
import { fail } from '../../shared/temporal/failure.ts'
import { calls, steps } from '../../storage/sql/schema.ts'
import { withFaults } from '../harness/faulty-writes.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
/** Asked before each write of the worker: may throw in its place. */
let beforeWrite: (() => void) | undefined

beforeAll(async () => {
  world = await createWorld((deps) => ({ ...deps, db: withFaults(deps.db, () => beforeWrite?.()) }))
})
afterEach(async () => {
  beforeWrite = undefined
  await world.replay()
})
afterAll(() => world.close())

const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const draft = (more: Record<string, unknown> = {}) => ({
  steps: [
    { id: 'd', type: 'draft', format: 'text', prompt: 'Write.', ...more },
    { id: 'done', type: 'end', output: '${d}' },
  ],
})
const stepOf = async (run: string) =>
  (await world.db.select().from(steps).where(eq(steps.instanceUuid, run)))[0]
const callsOf = (run: string) => world.db.select().from(calls).where(eq(calls.instanceUuid, run))

it('a step that failed after its model calls does not pay for them again', async () => {
  let faults = 2
  world.models.will(
    { findings: [{ criterion: 'c', severity: 'high', quote: '', message: 'm' }] },
    () => {
      beforeWrite = () => {
        if (faults-- > 0) throw away()
      }
      return 'Mended.'
    },
    { findings: [] },
  )
  const run = await world.begin({
    steps: [
      { id: 'r', type: 'review', of: 'Text.', criteria: ['compliance'], revise: 1 },
      { id: 'done', type: 'end', output: '${r.text}' },
    ],
  })
  const { view } = await world.ended(run)
  expect(view).toMatchObject({ status: 'completed', output: 'Mended.' })
  expect(faults).toBeLessThan(0)
  expect(await callsOf(run)).toHaveLength(3)
  expect((await stepOf(run))?.attempts).toBe(3)
})

it('a fault of ours is tried again a few times, then fails the step without showing what it was about', async () => {
  world.models.will(...Array(3).fill(() => Promise.reject(new TypeError('secret words'))))
  const run = await world.begin(draft({ retry: { attempts: 3, backoff: 'PT1S' } }))
  const { view } = await world.ended(run)
  expect(view.error).toEqual({
    code: 'Internal',
    message: 'Step “Draft” (d): A fault of ours (TypeError). Tried 3 times.',
  })
})

it('a busy provider is asked again when it said, and the answer counts', async () => {
  const asked: number[] = []
  const busy = () => {
    asked.push(Date.now())
    return Promise.reject(fail('ProviderBusy', 'The model answered 429: slow down', { retryAfter: 50 }))
  }
  world.models.will(busy, busy, busy, () => {
    asked.push(Date.now())
    return 'At last.'
  })
  const run = await world.begin(draft())
  expect((await world.ended(run)).view.output).toBe('At last.')
  // Temporal's own pauses would be 1, 2 and 4 s; its timers are exact to a second.
  expect(asked[3]! - asked[0]!).toBeLessThan(6_000)
  expect((await stepOf(run))?.attempts).toBe(4)
})

it('a provider that stays busy fails the step after five attempts, with what it said', async () => {
  const busy = () =>
    Promise.reject(fail('ProviderBusy', 'The model answered 503: overloaded', { retryAfter: 10 }))
  world.models.will(...Array(5).fill(busy))
  const run = await world.begin(draft())
  const { view } = await world.ended(run)
  expect(view.error).toEqual({
    code: 'ProviderBusy',
    message: 'Step “Draft” (d): The model answered 503: overloaded Tried 5 times.',
  })
  expect((await stepOf(run))?.error).toMatchObject({ code: 'ProviderBusy', times: 5 })
})

it('a step’s own `retry` says how often, and a refusal is final at once', async () => {
  const busy = () => Promise.reject(fail('ProviderBusy', 'busy', { retryAfter: 10 }))
  world.models.will(busy, busy)
  const twice = await world.begin(draft({ retry: { attempts: 2 } }))
  expect((await world.ended(twice)).view.error?.message).toContain('Tried 2 times')
  world.models.will(() => Promise.reject(fail('ProviderRefused', 'The model answered 401: no key')))
  const refused = await world.begin(draft())
  expect((await world.ended(refused)).view.error).toEqual({
    code: 'ProviderRefused',
    message: 'Step “Draft” (d): The model answered 401: no key',
  })
  expect((await stepOf(refused))?.attempts).toBe(1)
})

it('a journal write that fails is repeated until it succeeds, and stands in the journal once', async () => {
  let faults = 3
  beforeWrite = () => {
    if (faults-- > 0) throw away()
  }
  const run = await world.begin({
    steps: [
      { id: 'hi', type: 'message', text: 'Hi.' },
      { id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } },
    ],
  })
  await world.request(run)
  faults = 2
  await world.runs.answer(run, { value: 'x', by: ana })
  await world.ended(run)
  const keys = (await world.journal(run)).map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
  expect((await world.events(run, 'message')).map(({ text }) => text)).toEqual(['Hi.', 'x'])
  expect((await world.journal(run)).map(({ seq }) => seq)).toEqual(keys.map((_, index) => index + 1))
})

it('a database that is away for a while stops nothing', async () => {
  world.models.will('Text.')
  let faults = 2
  beforeWrite = () => {
    if (faults-- > 0) throw away()
  }
  const run = await world.begin(draft({ retry: { attempts: 1 } }))
  expect((await world.ended(run)).view.output).toBe('Text.')
})

it.each(['PT0S', 'PT2M'])('a first pause of %s is as good as any other', async (backoff) => {
  world.models.will('Said.')
  const run = await world.begin(draft({ retry: { attempts: 2, backoff } }))
  expect((await world.ended(run)).view.output).toBe('Said.')
})
