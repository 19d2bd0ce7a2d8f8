import { randomUUID } from 'node:crypto'
import { runWorkflowId, sessionWorkflowId } from '../../shared/temporal/names.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { echo, triggered } from '../harness/chat.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

/** A draft that was never published, with ways to change and test it. */
async function draftOf(definition: Record<string, unknown>, type = 'chat_driven') {
  const { workflowId } = (await api.as('admin').post('A/workflows', { name: 'Draft', type })).body
  const save = async (next: Record<string, unknown>) => {
    const saved = await api
      .as('builder')
      .put(`A/workflows/${workflowId}/draft`, { name: 'Draft', type, ...next })
    expect(saved.status).toBe(200)
  }
  await save(definition)
  return {
    workflowId,
    save,
    test: (body: object) => api.as('builder').post(`A/workflows/${workflowId}/test`, body),
    ended: (instanceUuid: string) =>
      until('the end of the test', async () => {
        const { body } = await api.as('builder').get(`R/workflows/instances/${instanceUuid}`)
        return body.finishedAt ? body : undefined
      }),
  }
}

function newSession(): string {
  const chatSessionId = randomUUID()
  world.followJob(sessionWorkflowId(world.workspaceId, chatSessionId))
  return chatSessionId
}

it('F115 F117 text mode: the draft of the moment at every turn, and one memory over the tests of a session', async () => {
  const draft = await draftOf(echo)
  const chatSessionId = newSession()
  const say = async (userMessage: string) => {
    const { status, body } = await draft.test({ mode: 'text', chatSessionId, userMessage })
    expect(status).toBe(202)
    return draft.ended(body.instanceUuid)
  }
  expect(await say('One')).toMatchObject({
    kind: 'test',
    version: 0,
    chatSessionId,
    status: 'completed',
    messages: [{ text: 'One' }, { text: 'So far: One. ' }],
  })
  await draft.save({
    variables: { said: '' },
    steps: [
      { id: 'reply', type: 'message', text: 'New: ${variables.said}${uiFlowContext.?page.orValue("")}' },
      { id: 'end', type: 'end' },
    ],
  })
  const second = await draft.test({
    mode: 'text',
    chatSessionId,
    userMessage: 'Two',
    uiFlowContext: { page: 'home' },
  })
  expect((await draft.ended(second.body.instanceUuid)).messages.at(-1).text).toBe('New: One. home')
  const { items } = (
    await api.as('builder').get(`R/workflows/instances?kind=test&chatSessionId=${chatSessionId}`)
  ).body
  expect(items).toHaveLength(2)
  expect((await api.as('builder').get('R/chat/sessions')).body.items).toEqual([])
  expect((await api.as('builder').get(`A/workflows/${draft.workflowId}`)).body.activeSessions).toBe(0)
})

it('F115 F116 a session id and a message or a trigger are asked for; what cannot be read is rejected before the run', async () => {
  const draft = await draftOf(triggered)
  const chatSessionId = randomUUID()
  const mandatory = 'The user message is mandatory in conversational workflows.'
  for (const [body, expected] of [
    [
      { mode: 'text', userMessage: 'Hi' },
      { status: 422, errors: [{ path: 'chatSessionId' }] },
    ],
    [
      { mode: 'text', userMessage: 'Hi', chatSessionId: 'test-session-1' },
      { status: 400, detail: 'Invalid UUID string: test-session-1' },
    ],
    [
      { mode: 'text', chatSessionId },
      { status: 422, detail: mandatory },
    ],
    [
      { mode: 'text', chatSessionId, userMessage: ' ' },
      { status: 422, detail: mandatory },
    ],
    [{ mode: 'text', chatSessionId, userMessage: 'Hi', uiFlowContext: '{' }, { status: 400 }],
    [
      { mode: 'trigger', chatSessionId },
      { status: 422, errors: [{ path: 'trigger' }] },
    ],
    [
      { mode: 'trigger', chatSessionId, trigger: { id: 'none' } },
      { status: 422, errors: [{ path: 'trigger.id' }] },
    ],
    [
      { mode: 'trigger', trigger: { id: 'order-help' } },
      { status: 422, errors: [{ path: 'chatSessionId' }] },
    ],
  ] as const)
    expect((await draft.test(body)).body).toMatchObject(expected)
  expect((await api.as('builder').get(`R/chat/sessions/${chatSessionId}`)).status).toBe(404)
})

it('F116 AI-trigger mode: the values given, in a trigger that was added a moment ago', async () => {
  const draft = await draftOf(echo)
  const chatSessionId = newSession()
  const first = await draft.test({ mode: 'text', chatSessionId, userMessage: 'Hi' })
  await draft.ended(first.body.instanceUuid)
  await draft.save(triggered)
  const { body } = await draft.test({
    mode: 'trigger',
    chatSessionId,
    trigger: { id: 'order-help', parameters: { orderId: 'ORD-12345' } },
  })
  expect((await draft.ended(body.instanceUuid)).messages).toMatchObject([
    { text: 'So far: Hi. Help with order ORD-12345 of a guest.. ' },
  ])
  const log = await api.as('builder').get(`R/workflows/instances/${body.instanceUuid}/log`)
  expect(log.body).toMatchObject({
    userMessageType: 'AI trigger',
    trigger: 'Triggered by: Order support',
  })
})

it('F117 a conversation of tests and one of people are kept apart', async () => {
  const draft = await draftOf(echo)
  const chatSessionId = newSession()
  const { body } = await draft.test({ mode: 'text', chatSessionId, userMessage: 'Hi' })
  await draft.ended(body.instanceUuid)
  await api.as('admin').post(`A/workflows/${draft.workflowId}/publish`)
  const message = { workflowId: draft.workflowId, userMessage: 'Hi' }
  const live = await api.as('builder').post(`R/chat/sessions/${chatSessionId}/messages`, message)
  expect(live.body).toMatchObject({ status: 409, code: 'Conflict' })
  const own = newSession()
  expect((await api.as('builder').post(`R/chat/sessions/${own}/messages`, message)).status).toBe(202)
  const test = await draft.test({ mode: 'text', chatSessionId: own, userMessage: 'Hi' })
  expect(test.body).toMatchObject({ status: 409, code: 'Conflict' })
})

it('an output-focused draft runs as a test, unpublished, with its input checked', async () => {
  const draft = await draftOf(
    {
      input: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      steps: [{ id: 'done', type: 'end', output: { hello: '${input.name}' } }],
    },
    'output_focused',
  )
  expect((await draft.test({ input: {} })).body).toMatchObject({ status: 422, code: 'InvalidInput' })
  expect((await draft.test({ mode: 'text', userMessage: 'Hi' })).body).toMatchObject({ status: 422 })
  const { body } = await draft.test({ input: { name: 'Ann' } })
  world.followJob(runWorkflowId(world.workspaceId, body.instanceUuid))
  expect(await draft.ended(body.instanceUuid)).toMatchObject({
    kind: 'test',
    version: 0,
    status: 'completed',
    output: { hello: 'Ann' },
  })
})

it('a draft that could not be published is not tested, and every problem is named', async () => {
  const draft = await draftOf({ steps: [{ id: 'reply', type: 'message', text: '${nothing}' }] })
  const { body } = await draft.test({ mode: 'text', chatSessionId: randomUUID(), userMessage: 'Hi' })
  expect(body).toMatchObject({ status: 422, code: 'NotPublishable' })
  expect(body.errors.length).toBeGreaterThan(0)
})
