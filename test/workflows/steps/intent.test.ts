import { asc, eq } from 'drizzle-orm'
import { calls as callRows, steps as stepRows } from '../../../storage/sql/schema.ts'
import { startApi } from '../../harness/api.ts'
import { until } from '../../harness/until.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld()
})
beforeEach(() => {
  world.models.requests.length = 0
})
afterEach(() => world.replay())
afterAll(() => world.close())

const say = (id: string, text: string) => ({ id, type: 'message', text })
const intent = (more: Record<string, unknown> = {}) => ({
  id: 'wish',
  type: 'intent',
  of: '${input.text}',
  intents: [
    {
      name: 'order',
      description: 'Asks about an order of ${input.shop}',
      examples: ['where is my parcel'],
      steps: [say('orders', 'Orders: ${wish.intent}')],
    },
    { name: 'a person', description: 'Wants a human being', steps: [say('people', 'People')] },
  ],
  otherwise: [say('menu', 'What do you want?')],
  ...more,
})
const end = { id: 'done', type: 'end', output: '${wish}' }
const begin = (more: Record<string, unknown> = {}, text = 'Where is it? ${1 + 1}') =>
  world.begin({ steps: [intent(more), end] }, { input: { text, shop: 'Halvorsen' } })
const said = async (run: string) => (await world.events(run, 'message')).map(({ text }) => text)
const outputOf = async (run: string) => (await world.ended(run)).view.output

it('F095 a text takes the arm of its intent, and the steps in it see what was found', async () => {
  world.models.will({ intent: 'order', confidence: 0.9 })
  const run = await begin()
  expect(await outputOf(run)).toEqual({ intent: 'order', confidence: 0.9 })
  expect(await said(run)).toEqual(['Orders: order'])
  const [request] = world.models.requests
  expect(request?.system).toContain('Task: classify')
  expect(request?.user).toContain(
    '- order: Asks about an order of Halvorsen\n  Examples: "where is my parcel"\n- a person: Wants a human being\n- otherwise: no intent matches',
  )
  // What a person writes is never evaluated.
  expect(request?.user).toContain('<text>\nWhere is it? ${1 + 1}\n</text>')
  expect(request?.json?.schema).toMatchObject({
    properties: { intent: { enum: ['order', 'a person', 'otherwise'] } },
  })
})

it('what an intent leads to does not go into history with the question for the intent', async () => {
  world.models.will({ intent: 'otherwise', confidence: 0.4 })
  const run = await begin()
  await world.ended(run)
  const { events } = await world.history(run)
  const [asked] = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled?.activityType?.name === 'classifyIntent' ? (scheduled.input?.payloads ?? []) : [],
  )
  const { step } = JSON.parse(Buffer.from(asked?.data ?? []).toString())
  expect(step).toEqual({
    ...intent(),
    intents: intent().intents.map((one) => ({ ...one, steps: [] })),
    otherwise: [],
  })
})

it('F096 where no intent matches the other arm is taken', async () => {
  world.models.will({ intent: 'otherwise', confidence: 0.4 })
  const run = await begin()
  expect(await outputOf(run)).toEqual({ intent: 'otherwise', confidence: 0.4 })
  expect(await said(run)).toEqual(['What do you want?'])
})

it('F096 a model that names no intent, also when asked again, found none', async () => {
  world.models.will('order, I think', { intent: 'orders', confidence: 2 }, { intent: 'order' })
  const run = await begin()
  expect(await outputOf(run)).toEqual({ intent: 'otherwise', confidence: 0 })
  expect(await said(run)).toEqual(['What do you want?'])
  const [row] = await world.db.select().from(stepRows).where(eq(stepRows.instanceUuid, run))
  expect(row?.logs).toEqual([expect.stringContaining('did not answer in the required form')])
})

it('F096 nothing is asked about an empty text', async () => {
  const run = await begin({}, '  ')
  expect(await outputOf(run)).toEqual({ intent: 'otherwise', confidence: 1 })
  expect(world.models.requests).toHaveLength(0)
})

it('F095 a run that is retried stays in the arm it took, and is not classified anew', async () => {
  world.models.will({ intent: 'a person', confidence: 0.8 }, {}, {}, {})
  const broken = {
    id: 'broken',
    type: 'draft',
    format: 'json',
    prompt: 'Write.',
    responseSchema: { type: 'object', required: ['x'] },
  }
  const run = await begin({
    intents: [
      { name: 'order', description: 'An order', steps: [say('orders', 'Orders')] },
      { name: 'a person', description: 'A human being', steps: [say('people', 'People'), broken] },
    ],
  })
  expect((await world.ended(run)).view.status).toBe('failed')
  world.models.will({ x: 1 })
  const api = await startApi({ world })
  try {
    expect((await api.as('admin').post(`R/workflows/instances/${run}/retry`)).status).toBe(202)
    const done = async () => (await world.ended(run)).view.status === 'completed'
    await until('the retried run', done)
  } finally {
    await api.close()
  }
  expect(await outputOf(run)).toEqual({ intent: 'a person', confidence: 0.8 })
  expect(await said(run)).toEqual(['People'])
  const made = await world.db
    .select()
    .from(callRows)
    .where(eq(callRows.instanceUuid, run))
    .orderBy(asc(callRows.path))
  expect(made.filter(({ path }) => path === 'wish')).toHaveLength(1)
})

it('F095 a run that goes on in a new execution while a question is open stays in its arm', async () => {
  world.models.will({ intent: 'order', confidence: 1 })
  const ask = { id: 'number', type: 'ask', question: 'Which?', answer: { type: 'number' } }
  const run = await begin({ intents: [{ name: 'order', description: 'An order', steps: [ask] }] })
  const { requestId } = await world.request(run)
  await world.restartWorker()
  await world.runs.answer(run, { requestId, value: 7, by: { userId: 'ana' } })
  expect(await outputOf(run)).toEqual({ intent: 'order', confidence: 1 })
  expect(world.models.requests).toHaveLength(1)
})
