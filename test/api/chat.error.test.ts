import { randomUUID } from 'node:crypto'
import { connectConversations } from '../../client/temporal.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { message } from '../../workflows/messages.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { echo, openChat, triggered } from '../harness/chat.ts'
import { refusal } from '../harness/refusal.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let place: { world: World; api: TestApi }
let echoId: string
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  place = { world, api }
  echoId = await api.publish({ name: 'Echo', type: 'chat_driven', ...echo })
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

const mandatory = 'The user message is mandatory in conversational workflows.'
const at = (chatSessionId: string) => `R/chat/sessions/${encodeURIComponent(chatSessionId)}`
const post = (body: object, chatSessionId: string = randomUUID()) =>
  api.as('member').post(`${at(chatSessionId)}/messages`, { workflowId: echoId, ...body })
const conversations = () =>
  connectConversations({ client: world.client, workspaceId: world.workspaceId, appId: world.appId })

/** A session of a Temporal client, to be replayed. */
function sessionOf(workflowId: string) {
  const chatSessionId = randomUUID()
  world.followJob(sessionWorkflowId(world.workspaceId, chatSessionId))
  return { workflowId, chatSessionId, startedBy: ana }
}

it('F102 a turn without a message is refused with the exact words: HTTP', async () => {
  for (const body of [{}, { userMessage: '' }, { userMessage: ' \n\t' }])
    expect((await post(body)).body).toMatchObject({ status: 422, code: 'Invalid', detail: mandatory })
  expect((await post({ userMessage: 7 })).status).toBe(400)
  expect((await post({ userMessage: null })).status).toBe(400)
})

it('F102 and from a Temporal client: a bad update fails, a bad signal is journaled', async () => {
  const session = sessionOf(echoId)
  await conversations().sendMessage(session, { userMessage: 'Hi', by: ana })
  expect(await refusal(conversations().sendMessage(session, { userMessage: ' ' }))).toEqual({
    code: 'Invalid',
    message: mandatory,
  })
  const handle = world.client.workflow.getHandle(sessionWorkflowId(world.workspaceId, session.chatSessionId))
  await handle.signal(message.signal, { messageId: randomUUID(), userMessage: '' })
  await conversations().sendMessage(session, { userMessage: 'Two' })
  await until('the refusal', async () => {
    const { rows } = await api.db.$client.query(
      "select data from journal where stream_id = $1 and event = 'refused'",
      [session.chatSessionId],
    )
    return rows.some(({ data }) => data.reason === mandatory)
  })
})

it('F077 a session id that is no UUID is refused with the exact words: HTTP, every route', async () => {
  for (const id of ['test-session-1', '550e8400-e29b-41d4-a716-44665544000', 'x y']) {
    const expected = { status: 400, code: 'Malformed', detail: `Invalid UUID string: ${id}` }
    expect((await post({ userMessage: 'Hi' }, id)).body).toMatchObject(expected)
    expect((await post({}, id)).body).toMatchObject(expected)
    expect((await api.as('member').get(at(id))).body).toMatchObject(expected)
    expect((await api.as('member').get(`${at(id)}/stream`)).body).toMatchObject(expected)
    expect((await api.as('member').post(`${at(id)}/end`)).body).toMatchObject(expected)
  }
  const any = await post({ userMessage: 'Hi' }, '11111111-1111-1111-1111-111111111111')
  expect(any.status).toBe(202)
})

it('F077 and from a Temporal client: bad start input fails the workflow', async () => {
  const handle = await world.client.workflow.start('conversation', {
    workflowId: `ws:${world.workspaceId}:session:test-session-1`,
    taskQueue: 'parley',
    args: [
      {
        workspaceId: world.workspaceId,
        appId: world.appId,
        workflowId: echoId,
        chatSessionId: 'test-session-1',
      },
    ],
  })
  expect(await refusal(handle.result())).toEqual({
    code: 'InvalidInput',
    message: 'Invalid UUID string: test-session-1',
  })
  const session = sessionOf(echoId)
  await conversations().sendMessage(session, { userMessage: 'Hi' })
  expect(await refusal(conversations().sendMessage(session, { userMessage: 'Hi', messageId: 'x' }))).toEqual({
    code: 'Invalid',
    message: 'Invalid UUID string: x',
  })
})

it('F079 the UI flow context is a JSON object', async () => {
  for (const uiFlowContext of ['text', 7, ['a'], true, null])
    expect((await post({ userMessage: 'Hi', uiFlowContext })).body).toMatchObject({
      status: 400,
      detail: 'uiFlowContext: must be a JSON object',
    })
  const broken = await api.as('member').send(`${at(randomUUID())}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{ "userMessage": "Hi", "uiFlowContext": { "a": } }',
  })
  expect(broken.status).toBe(400)
})

it('F109 an unknown trigger is a 422, by HTTP and by Temporal; a trigger and a message at once too', async () => {
  const workflowId = await api.publish({ name: 'Triggered', type: 'chat_driven', ...triggered })
  const unknown = { status: 422, code: 'Invalid', detail: 'trigger.id: this workflow has no trigger "none"' }
  expect((await post({ workflowId, trigger: { id: 'none' } })).body).toMatchObject(unknown)
  const chat = await openChat(place, workflowId)
  await chat.ask('Hi')
  expect((await chat.send({ trigger: { id: 'none' } })).body).toMatchObject(unknown)
  expect((await chat.send({ trigger: { id: 'order-help' }, userMessage: 'Hi' })).body).toMatchObject({
    status: 422,
    detail: 'give a userMessage or a trigger, not both',
  })
  const session = sessionOf(workflowId)
  await conversations().sendMessage(session, { userMessage: 'Hi' })
  expect(await refusal(conversations().sendMessage(session, { trigger: { id: 'none' } }))).toMatchObject({
    code: 'Invalid',
  })
})

it('F101 the wrong type at the wrong door is WrongWorkflowType: HTTP and Temporal', async () => {
  const workflowId = await api.publish({ steps: [{ id: 'done', type: 'end' }] })
  expect((await post({ workflowId, userMessage: 'Hi' })).body).toMatchObject({
    status: 409,
    code: 'WrongWorkflowType',
  })
  expect((await api.as('member').post(`R/workflows/${echoId}/runs`, {})).body).toMatchObject({
    status: 409,
    code: 'WrongWorkflowType',
  })
  const chatSessionId = randomUUID()
  expect(
    await refusal(conversations().sendMessage({ workflowId, chatSessionId }, { userMessage: 'Hi' })),
  ).toMatchObject({ code: 'WrongWorkflowType' })
})

it('the first message names the workflow, later ones may repeat it and name no other', async () => {
  const chatSessionId = randomUUID()
  expect(
    (await api.as('member').post(`${at(chatSessionId)}/messages`, { userMessage: 'Hi' })).body,
  ).toMatchObject({
    status: 422,
    detail: 'workflowId: the first message names the workflow',
  })
  expect((await post({ workflowId: randomUUID(), userMessage: 'Hi' })).body).toMatchObject({ status: 404 })
  const draft = await api.as('admin').post('A/workflows', { name: 'Draft', type: 'chat_driven' })
  expect((await post({ workflowId: draft.body.workflowId, userMessage: 'Hi' })).body).toMatchObject({
    status: 409,
    code: 'Conflict',
  })
  const chat = await openChat(place, echoId)
  expect((await chat.ask('One')).status).toBe(200)
  expect((await chat.ask('Two')).status).toBe(200)
  const other = await api.publish({ name: 'Other', type: 'chat_driven', ...echo })
  expect((await chat.send({ workflowId: other, userMessage: 'Hi' })).body).toMatchObject({
    status: 409,
    code: 'Conflict',
  })
})

it('what comes later is refused by name, and so are unknown files, fields and preferences', async () => {
  const secret = await post({ userMessage: 'Hi', secureMetadata: { a: 1 } })
  expect(secret.body).toMatchObject({ status: 422, detail: 'secureMetadata: not available yet' })
  const fileId = randomUUID()
  expect((await post({ userMessage: 'Hi', fileIds: [fileId] })).body).toMatchObject({
    status: 422,
    detail: `fileIds: no file has the id ${fileId}: upload it first`,
  })
  expect((await post({ userMessage: 'Hi', variables: { a: { fileId } } })).status).toBe(422)
  const foreign = (await api.as('other').upload('secret.txt', 'of other')).body.fileId
  expect((await post({ userMessage: 'Hi', fileIds: [foreign] })).status).toBe(422)
  expect((await post({ userMessage: 'Hi', nonsense: 1 })).status).toBe(422)
  expect((await post({ userMessage: 'x'.repeat(100_001) })).status).toBe(422)
  const odd = await api
    .as('member')
    .post(`${at(randomUUID())}/messages`, { workflowId: echoId, userMessage: 'Hi' }, { prefer: 'wait=soon' })
  expect(odd.body).toMatchObject({ status: 400 })
})

it('a message, a session and a queue that are not there', async () => {
  const chat = await openChat(place, echoId)
  await chat.ask('One')
  const member = api.as('member')
  expect((await member.delete(`${chat.at}/messages/${randomUUID()}`)).body).toMatchObject({ status: 404 })
  expect((await member.delete(`${chat.at}/messages/x`)).body).toMatchObject({ status: 400 })
  expect((await member.get(`${chat.at}?cursor=nonsense`)).body).toMatchObject({ status: 400 })
  const nowhere = at(randomUUID())
  for (const answer of [
    await member.get(nowhere),
    await member.get(`${nowhere}/stream`),
    await member.post(`${nowhere}/end`),
    await member.delete(`${nowhere}/messages/${randomUUID()}`),
  ])
    expect(answer.body).toMatchObject({ status: 404, code: 'NotFound' })
})

it('a conversation that Temporal does not know any more can be ended all the same', async () => {
  const chat = await openChat(place, echoId)
  await chat.ask('One')
  await world.client.workflow
    .getHandle(sessionWorkflowId(world.workspaceId, chat.chatSessionId))
    .terminate('gone')
  expect((await api.as('member').post(`${chat.at}/end`)).body).toMatchObject({ status: 'ended' })
  expect((await chat.ask('Two')).body.replies).toMatchObject([{ text: 'So far: Two. ' }])
})

it('while the engine is away a message is a 503, and the same one again is sent when it is back', async () => {
  const away = { isAway: true }
  const down = await startApi({
    world,
    databaseUrl: String(world.db.$client.options.connectionString),
    over: {
      engine: (scope) => {
        const engine = api.deps.engine(scope)
        return {
          ...engine,
          sendMessage: async (...given) => {
            // Taken, and the answer was lost on its way: the worst moment.
            const taken = await engine.sendMessage(...given)
            if (away.isAway) throw Object.assign(new Error('lost'), { code: 14, details: '', metadata: {} })
            return taken
          },
        }
      },
    },
  })
  try {
    const chat = await openChat(place, echoId)
    const url = `${down.url}/api/runtime/wks/${api.workspaceId}/app/${api.appId}/chat/sessions/${chat.chatSessionId}/messages`
    const send = () =>
      fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${api.keys.member}`,
          'content-type': 'application/json',
          'idempotency-key': 'away',
        },
        body: JSON.stringify({ workflowId: echoId, userMessage: 'Once' }),
      })
    const first = await send()
    expect(first.status).toBe(503)
    expect(first.headers.get('retry-after')).toBeTruthy()
    away.isAway = false
    const second = await send()
    expect(second.status).toBe(202)
    await chat.turn(((await second.json()) as { instanceUuid: string }).instanceUuid)
    expect(await chat.texts()).toEqual(['user: Once', 'assistant: So far: Once. '])
  } finally {
    await down.close()
  }
})
