import { until } from '../../harness/until.ts'
import { ana, boss, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const greeting = {
  name: 'Greeting',
  input: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  steps: [
    { id: 'tone', type: 'ask', question: 'How?', answer: { type: 'text' } },
    { id: 'done', type: 'end', output: { text: 'Hello ${input.name}, ${tone}.' } },
  ],
}

const calling = (workflowId: string, more: object = {}) => ({
  steps: [
    { id: 'called', type: 'subworkflow', workflowId, input: { name: '${input.who}' }, ...more },
    { id: 'done', type: 'end', output: '${called.?text.orValue("none")}' },
  ],
})

/** The requests that people see in a run. */
const seen = (run: string) =>
  until('a request', async () => {
    const rows = await world.db.query.instances.findMany()
    const row = rows.find((one) => one.instanceUuid === run)
    return row?.view.requests.length ? row.view.requests : undefined
  })

it('F074 a workflow runs another one: its question shows in both, its output is the result', async () => {
  const child = await world.publish(greeting)
  const run = await world.begin(calling(child), { input: { who: 'Ann' }, startedBy: ana })
  const [request] = await seen(run)
  expect(request).toMatchObject({ question: 'How?', stepId: 'tone' })
  const inside = request?.instanceUuid ?? ''
  expect(inside).not.toBe(run)
  world.follow(inside)
  await world.runs.answer(inside, { value: 'gladly', by: ana })
  const { view } = await world.ended(run)
  expect([view.output, view.requests]).toEqual(['Hello Ann, gladly.', []])
  const below = await world.ended(inside)
  expect(below).toMatchObject({ kind: 'subworkflow', parentInstanceUuid: run, startedById: 'ana' })
})

it('F069 the newest published version is taken at each call', async () => {
  const child = await world.publish({ name: 'C', steps: [{ id: 'e', type: 'end', output: { text: 'old' } }] })
  const parent = await world.publish(calling(child))
  await world.publishNext(child, { name: 'C', steps: [{ id: 'e', type: 'end', output: { text: 'new' } }] })
  const run = await world.start(parent, { input: { who: 'x' } })
  expect((await world.ended(run)).view.output).toBe('new')
})

it('a failing subworkflow fails the step with its reason, and onError goes on', async () => {
  const child = await world.publish(greeting)
  const failed = await world.begin(calling(child), { input: { who: 7 } })
  const { view } = await world.ended(failed)
  expect(view.error).toMatchObject({ code: 'InvalidInput' })
  const kept = await world.begin(calling(child, { onError: 'continue' }), { input: { who: 7 } })
  expect((await world.ended(kept)).view.output).toBe('none')
})

it('F118 cancelling a run cancels what it called', async () => {
  const child = await world.publish(greeting)
  const run = await world.begin(calling(child), { input: { who: 'Ann' } })
  const [request] = await seen(run)
  await world.runs.cancel(run)
  expect((await world.ended(run)).status).toBe('cancelled')
  expect((await world.ended(request?.instanceUuid ?? '')).status).toBe('cancelled')
})

it('a subworkflow that somebody cancels by itself is a failure of its step', async () => {
  const child = await world.publish(greeting)
  const run = await world.begin(calling(child), { input: { who: 'Ann' } })
  const [request] = await seen(run)
  await world.runs.cancel(request?.instanceUuid ?? '')
  const { status, view } = await world.ended(run)
  expect([status, view.error?.code, view.requests]).toEqual(['failed', 'Cancelled', []])
})

it('a workflow that calls itself is stopped', async () => {
  const workflowId = await world.publish({ name: 'Self', steps: [{ id: 'm', type: 'message', text: 'x' }] })
  await world.publishNext(workflowId, {
    name: 'Self',
    steps: [{ id: 'me', type: 'subworkflow', workflowId }],
  })
  const run = await world.start(workflowId)
  expect((await world.ended(run)).view.error).toMatchObject({ code: 'InvalidDefinition' })
})

it('what two levels below asks shows at the top', async () => {
  const bottom = await world.publish(greeting)
  const middle = await world.publish({
    name: 'Middle',
    steps: [{ id: 'deeper', type: 'subworkflow', workflowId: bottom, input: { name: 'Bo' } }],
  })
  const run = await world.begin({ steps: [{ id: 'deep', type: 'subworkflow', workflowId: middle }] })
  const [request] = await seen(run)
  await world.runs.answer(request?.instanceUuid ?? '', { value: 'well', by: boss })
  const { status, view } = await world.ended(run)
  expect([status, view.requests]).toEqual(['completed', []])
})
