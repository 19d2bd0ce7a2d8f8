import { randomUUID } from 'node:crypto'
import { connectHttp, type ParleyHttp } from '../../client/http.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { approving, asking, echo } from '../harness/chat.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let parley: ParleyHttp
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  const { workspaceId, appId } = api
  parley = connectHttp({ baseUrl: api.url, apiKey: api.keys.member, workspaceId, appId })
})
afterAll(async () => {
  await api.close()
  await world.close()
})

const publish = (definition: Record<string, unknown>) =>
  api.publish({ name: 'Test', type: 'chat_driven', ...definition })

it('sends a message and waits for the reply, or for what is asked', async () => {
  const workflowId = await publish(asking)
  const chatSessionId = randomUUID()
  const first = await parley.sendMessage(chatSessionId, { workflowId, userMessage: 'Order' }, { wait: 20 })
  expect(first).toMatchObject({ status: 'waiting', requests: [{ question: 'How many?' }] })
  const second = await parley.sendMessage(chatSessionId, { userMessage: 'a dozen' }, { wait: 20 })
  expect(second).toMatchObject({ status: 'completed', replies: [{ text: 'Order: 12' }] })
})

it('follows a conversation over its turns, sends without waiting, lists it, ends it', async () => {
  const workflowId = await publish(echo)
  const chatSessionId = randomUUID()
  const taken = await parley.sendMessage(chatSessionId, { workflowId, userMessage: 'One' })
  expect(taken).toMatchObject({ status: 'running' })
  const said: string[] = []
  const stop = new AbortController()
  const following = (async () => {
    for await (const { event, data } of parley.sessionEvents(chatSessionId, { signal: stop.signal })) {
      if (event === 'message') said.push(data.text)
      if (event === 'sessionEnded') return data.reason
    }
    return undefined
  })()
  await parley.sendMessage(chatSessionId, { userMessage: 'Two' }, { wait: 20 })
  expect((await parley.sessions({ workflowId })).items).toMatchObject([{ chatSessionId, status: 'open' }])
  expect(await parley.endSession(chatSessionId)).toEqual({ chatSessionId, status: 'ended' })
  expect(await following).toBe('ended')
  stop.abort()
  expect(said).toEqual(['One', 'So far: One. ', 'Two', 'So far: One. Two. '])
})

it('takes a queued message back', async () => {
  const workflowId = await publish(approving('queue'))
  const chatSessionId = randomUUID()
  await parley.sendMessage(chatSessionId, { workflowId, userMessage: 'A' })
  await until('the approval', async () => (await parley.session(chatSessionId)).requests.length > 0)
  const { messageId, status } = await parley.sendMessage(chatSessionId, { userMessage: 'B' })
  expect(status).toBe('queued')
  await parley.removeMessage(chatSessionId, messageId)
  expect((await parley.session(chatSessionId)).queued).toEqual([])
})
