import { randomUUID } from 'node:crypto'
import { connectConversations } from '../../client/temporal.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { approving, type Chat, echo, openChat } from '../harness/chat.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let place: { world: World; api: TestApi }
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  place = { world, api }
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

const bulk = (body: object, headers?: Record<string, string>) =>
  api.as('admin').post('A/sessions/bulk', body, headers)
const list = async (query: string) => (await api.as('builder').get(`A/sessions?${query}`)).body
const idsOf = (items: { chatSessionId: string }[]) => items.map(({ chatSessionId }) => chatSessionId).sort()

/** Conversations of one workflow; in the first `busy` of them a turn waits for an approval. */
async function many(count: number, busy = 0): Promise<Chat[]> {
  const workflowId = await api.publish({ name: 'Test', type: 'chat_driven', ...approving('queue') })
  const chats: Chat[] = []
  for (let n = 0; n < count; n++) {
    const chat = await openChat(place, workflowId, 'member')
    await chat.say(`Hello ${n}`)
    const request = await chat.asked()
    if (n >= busy)
      await api
        .as('member')
        .post(`R/workflows/instances/${request.instanceUuid}/decisions`, { decision: 'approve' })
    if (n >= busy) await until('the end of the turn', async () => !(await chat.session()).instanceUuid)
    chats.push(chat)
  }
  return chats
}

it('B13 lists by workflow, version, channel and status, page by page', async () => {
  const [first, second] = (await many(2)) as [Chat, Chat]
  const { workflowId } = first
  const { client, workspaceId, appId } = world
  const onChannel = randomUUID()
  const { instanceUuid } = await connectConversations({ client, workspaceId, appId }).sendMessage(
    { workflowId, chatSessionId: onChannel, startedBy: ana, channel: 'telegram' },
    { userMessage: 'Hi', by: ana },
  )
  await world.request(instanceUuid)
  await api.as('member').post(`${second.at}/end`)
  const all = await list(`workflowId=${workflowId}`)
  expect(idsOf(all.items)).toEqual([first.chatSessionId, second.chatSessionId, onChannel].sort())
  expect(all.items[0].lastAt >= all.items[2].lastAt).toBe(true)
  expect(idsOf((await list(`workflowId=${workflowId}&channel=telegram`)).items)).toEqual([onChannel])
  expect(idsOf((await list(`workflowId=${workflowId}&status=ended`)).items)).toEqual([second.chatSessionId])
  expect((await list(`workflowId=${workflowId}&version=2`)).items).toEqual([])
  const page = await list(`workflowId=${workflowId}&version=1&limit=2`)
  const rest = await list(`workflowId=${workflowId}&version=1&limit=2&cursor=${page.nextCursor}`)
  expect(idsOf([...page.items, ...rest.items])).toEqual(idsOf(all.items))
  for (const wrong of ['version=new', 'version=-1', 'status=live', 'workflowId=x'])
    expect((await api.as('builder').get(`A/sessions?${wrong}`)).status).toBeGreaterThanOrEqual(400)
  expect((await api.as('member').get('A/sessions')).status).toBe(403)
  expect(await bulk({ action: 'end', channel: 'telegram' })).toMatchObject({ status: 202, body: { done: 1 } })
})

it('B13 ends the conversations that a query finds, and says what became of each', async () => {
  const chats = await many(3, 1)
  const { workflowId } = chats[0] as Chat
  const one = await bulk({ action: 'end', workflowId, limit: 1 })
  expect(one).toMatchObject({ status: 202, body: { done: 1, skipped: 0, failed: [] } })
  expect(one.body.nextCursor).toEqual(expect.any(String))
  const rest = await bulk({ action: 'end', workflowId, cursor: one.body.nextCursor })
  expect(rest.body).toEqual({ done: 2, skipped: 0, failed: [], nextCursor: null })
  for (const chat of chats)
    expect(await chat.session()).toMatchObject({ status: 'ended', endReason: 'ended', instanceUuid: null })
  expect((await bulk({ action: 'end', workflowId })).body.done).toBe(0)
  const unknown = randomUUID()
  expect(
    (await bulk({ action: 'end', chatSessionIds: [unknown, chats[0]?.chatSessionId, unknown] })).body,
  ).toEqual({
    done: 0,
    skipped: 1,
    failed: [{ chatSessionId: unknown, code: 'NotFound', message: 'there is no such conversation' }],
    nextCursor: null,
  })
})

it('B13 cancels the turns that are under way, and leaves the others alone', async () => {
  const chats = await many(3, 2)
  const { workflowId } = chats[0] as Chat
  expect((await bulk({ action: 'cancel', workflowId, version: 1 })).body).toMatchObject({
    done: 2,
    skipped: 1,
  })
  await until('the turns to end', async () =>
    (await Promise.all(chats.map((chat) => chat.session()))).every(({ instanceUuid }) => !instanceUuid),
  )
  const texts = await Promise.all(chats.map((chat) => chat.texts()))
  expect(texts).toEqual([
    ['user: Hello 0 (cancelled)'],
    ['user: Hello 1 (cancelled)'],
    ['user: Hello 2', 'assistant: Went: Hello 2'],
  ])
  expect((await (chats[0] as Chat).session()).status).toBe('open')
})

it('B13 tells the people in them something: shown and streamed at once, no turn, and once under the same key', async () => {
  const chats = await many(2, 1)
  const { workflowId } = chats[0] as Chat
  const reader = await api.as('member').stream(`${chats[0]?.at}/stream`)
  const order = { action: 'message', workflowId, text: 'We are back at 14:00.' }
  const key = { 'idempotency-key': 'tell-them' }
  const first = await bulk(order, key)
  expect(first.body).toMatchObject({ done: 2, failed: [] })
  // As it stands when the process was killed before it could keep its answer.
  await api.db.$client.query(
    "update idempotency set status = null, answer = null, claimed_until = now() - interval '1 second' where key = 'tell-them'",
  )
  expect((await bulk(order, key)).body).toEqual(first.body)
  expect((await bulk({ ...order, text: 'Other' }, key)).body).toMatchObject({
    status: 422,
    code: 'KeyReused',
  })
  const told = await reader.next('the news', ({ data }) => data.role === 'system')
  expect(told).toMatchObject({ event: 'message', data: { text: 'We are back at 14:00.' } })
  reader.drop()
  for (const chat of chats)
    expect((await chat.texts()).filter((text) => text === 'system: We are back at 14:00.')).toHaveLength(1)
  expect(
    (await api.as('member').get(`R/workflows/instances?chatSessionId=${chats[1]?.chatSessionId}&kind=turn`))
      .body.items,
  ).toHaveLength(1)
})

it('B13 is for admins, names what it means, and knows no other workspace', async () => {
  const chat = await openChat(place, echo)
  await chat.ask('Hi')
  for (const who of ['member', 'builder'] as const)
    expect((await api.as(who).post('A/sessions/bulk', { action: 'end', status: 'open' })).status).toBe(403)
  for (const wrong of [
    {},
    { action: 'end' },
    { action: 'restart', status: 'open' },
    { action: 'message', status: 'open' },
    { action: 'end', status: 'open', text: 'x' },
    { action: 'end', status: 'open', chatSessionIds: [chat.chatSessionId] },
    { action: 'end', chatSessionIds: [] },
    { action: 'end', chatSessionIds: Array.from({ length: 1_001 }, () => randomUUID()) },
    { action: 'end', status: 'open', limit: 1_001 },
  ])
    expect([wrong, (await bulk(wrong)).status]).toEqual([wrong, 422])
  const { workspaceId, appId } = api.foreign
  const foreign = await fetch(`${api.url}/api/admin/wks/${workspaceId}/app/${appId}/sessions/bulk`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.keys.foreigner}`, 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'end', chatSessionIds: [chat.chatSessionId] }),
  })
  expect([foreign.status, await foreign.json()]).toMatchObject([
    202,
    { done: 0, failed: [{ chatSessionId: chat.chatSessionId, code: 'NotFound' }] },
  ])
  expect((await chat.session()).status).toBe('open')
})
