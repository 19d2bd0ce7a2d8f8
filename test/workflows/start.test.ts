import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { apps, instances, versions, workflows } from '../../storage/sql/schema.ts'
import { refusal } from '../harness/refusal.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

/** As any program with a Temporal client starts a run, knowing nothing but the contract. */
async function start(given: Record<string, unknown>) {
  const instanceUuid = (given.instanceUuid as string | undefined) ?? randomUUID()
  const input = { workspaceId: world.workspaceId, appId: world.appId, instanceUuid, ...given }
  const id = /^[0-9a-f-]{36}$/.test(String(input.instanceUuid)) ? String(input.instanceUuid) : randomUUID()
  const handle = await world.client.workflow.start('run', {
    taskQueue: 'parley',
    workflowId: `ws:${world.workspaceId}:run:${id}`,
    args: [input],
  })
  world.follow(id)
  return { run: id, result: () => handle.result() }
}

const rowOf = async (run: string) =>
  (await world.db.select().from(instances).where(eq(instances.instanceUuid, run)))[0]
const hello = (text = 'Hello.') => ({
  name: 'Greeting',
  steps: [
    { id: 'hi', type: 'message', text },
    { id: 'done', type: 'end', output: text },
  ],
})

it('F011 a run that a bare Temporal client started appears like any other', async () => {
  const workflowId = await world.publish(hello())
  const { run, result } = await start({ workflowId, startedBy: ana })
  expect(await result()).toBe('Hello.')
  expect(await rowOf(run)).toMatchObject({
    workspaceId: world.workspaceId,
    appId: world.appId,
    workflowId,
    version: 1,
    workflowName: 'Greeting',
    kind: 'run',
    status: 'completed',
    startedById: 'ana',
    dispatched: true,
    temporalWorkflowId: `ws:${world.workspaceId}:run:${run}`,
    temporalRunId: expect.any(String),
    finishedAt: expect.any(Date),
  })
})

it.each([
  ['instanceUuid', 'not-a-uuid'],
  ['workflowId', 'x'],
  ['workspaceId', ''],
])('F077 an id that is no UUID fails the run with the contract’s text: %s', async (field, value) => {
  const { result } = await start({ workflowId: randomUUID(), [field]: value })
  const { code, message } = await refusal(result())
  expect(code).toBe('InvalidInput')
  expect(message).toContain(`Invalid UUID string: ${value}`)
})

it.each([
  ['no workflow', {}, /workflowId/],
  ['a version that is no number', { workflowId: randomUUID(), version: 'two' }, /version/],
  ['a version larger than there can be', { workflowId: randomUUID(), version: 99_999_999_999 }, /version/],
  ['a starter without an id', { workflowId: randomUUID(), startedBy: { name: 'Ana' } }, /startedBy\.userId/],
])('bad start input fails the run and does not stall it: %s', async (_, given, words) => {
  expect(await refusal((await start(given)).result())).toEqual({
    code: 'InvalidInput',
    message: expect.stringMatching(words),
  })
})

it('start input that is nothing at all fails the run', async () => {
  const run = randomUUID()
  const handle = await world.client.workflow.start('run', {
    taskQueue: 'parley',
    workflowId: `ws:${world.workspaceId}:run:${run}`,
    args: [],
  })
  world.follow(run)
  expect(await refusal(handle.result())).toMatchObject({ code: 'InvalidInput' })
})

describe('what cannot be had fails the run, which then shows why', () => {
  it.each([
    ['an unknown workflow', async () => ({ workflowId: randomUUID() }), /is not published in this app/],
    [
      'an unknown version',
      async () => ({ workflowId: await world.publish(hello()), version: 9 }),
      /has no version 9/,
    ],
    [
      'a workflow of another app',
      async () => {
        const appId = randomUUID()
        await world.db.insert(apps).values({ appId, workspaceId: world.workspaceId, name: 'Other' })
        return { workflowId: await world.publish(hello()), appId }
      },
      /is not published in this app/,
    ],
    [
      'a workflow of another workspace',
      async () => ({ workflowId: await world.publish(hello()), workspaceId: randomUUID() }),
      /is not published in this app/,
    ],
    [
      'a deleted workflow',
      async () => {
        const workflowId = await world.publish(hello())
        await world.db
          .update(workflows)
          .set({ deletedAt: new Date() })
          .where(eq(workflows.workflowId, workflowId))
        return { workflowId }
      },
      /is not published in this app/,
    ],
  ])('%s', async (_, given, words) => {
    const { run, result } = await start(await given())
    expect(await refusal(result())).toEqual({ code: 'NotFound', message: expect.stringMatching(words) })
    expect((await rowOf(run))?.view).toMatchObject({
      status: 'failed',
      error: { code: 'NotFound', message: expect.stringMatching(words) },
    })
  })

  it('F101 a chat-driven workflow', async () => {
    const workflowId = await world.publish(hello())
    const definition = { type: 'chat_driven' as const, name: 'Order desk', steps: [] }
    await world.db.update(versions).set({ definition }).where(eq(versions.workflowId, workflowId))
    const { run, result } = await start({ workflowId })
    expect(await refusal(result())).toEqual({
      code: 'WrongWorkflowType',
      message: expect.stringContaining('Order desk'),
    })
    expect((await rowOf(run))?.status).toBe('failed')
  })
})

describe('F074 input', () => {
  const withSchema = {
    ...hello('Hi ${input.name}.'),
    input: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string', minLength: 2 }, age: { type: 'integer' } },
    },
  }

  it('that fits the schema reaches the steps', async () => {
    const { result } = await start({ workflowId: await world.publish(withSchema), input: { name: 'Kari' } })
    expect(await result()).toBe('Hi Kari.')
  })

  it.each([
    ['nothing', undefined, /name is needed/],
    ['a wrong type', { name: 'Kari', age: 'ten' }, /age must be a whole number, but text came/],
    ['a text', 'Kari', /it must be an object, but text came/],
  ])('that does not fit fails the run: %s', async (_, input, words) => {
    const { result } = await start({ workflowId: await world.publish(withSchema), input })
    expect(await refusal(result())).toEqual({ code: 'InvalidInput', message: expect.stringMatching(words) })
  })
})

it('F045 a run keeps the version it started with; a named older one is pinned, otherwise the newest', async () => {
  const asking = (text: string) => ({
    steps: [
      { id: 'q', type: 'ask', question: 'Go?', answer: { type: 'text' } },
      { id: 'done', type: 'end', output: text },
    ],
  })
  const workflowId = await world.publish(asking('first'))
  const early = await start({ workflowId, startedBy: ana })
  await world.request(early.run)
  expect(await world.publishNext(workflowId, asking('second'))).toBe(2)
  const older = await start({ workflowId, version: 1 })
  const newest = await start({ workflowId })
  for (const [{ run, result }, version, text] of [
    [early, 1, 'first'],
    [older, 1, 'first'],
    [newest, 2, 'second'],
  ] as const) {
    await world.request(run)
    await world.runs.answer(run, { value: 'go', by: ana })
    expect(await result()).toBe(text)
    expect((await rowOf(run))?.version).toBe(version)
  }
})

it('the same instance id is the same run: starting it again starts nothing', async () => {
  const workflowId = await world.publish({
    steps: [{ id: 'q', type: 'ask', question: 'Go?', answer: { type: 'text' } }],
  })
  const run = await world.start(workflowId)
  await world.request(run)
  expect(await world.runs.startRun({ workflowId, instanceUuid: run, startedBy: ana })).toEqual({
    instanceUuid: run,
  })
  await world.runs.answer(run, { value: 'x', by: ana })
  await world.ended(run)
  await world.runs.result(run)
  await world.runs.startRun({ workflowId, instanceUuid: run, startedBy: ana })
  expect(await world.events(run, 'instanceStarted')).toHaveLength(1)
})
