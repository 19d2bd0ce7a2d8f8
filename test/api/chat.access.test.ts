import { startApi, type TestApi, type Who } from '../harness/api.ts'
import { approving, asking, echo, openChat } from '../harness/chat.ts'
import { createWorld, type World } from '../harness/world.ts'

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

it('F118 a conversation is its starter’s: to others, admins excepted, it does not exist', async () => {
  const chat = await openChat(place, approving('queue'))
  const { instanceUuid, messageId } = (await chat.say('A')).body
  await chat.asked()
  for (const who of ['other', 'builder', 'approver', 'service'] satisfies Who[]) {
    const as = api.as(who)
    for (const answer of [
      await as.get(chat.at),
      await as.get(`${chat.at}/stream`),
      await as.post(`${chat.at}/end`),
      await as.delete(`${chat.at}/messages/${messageId}`),
      await as.post(`${chat.at}/messages`, { workflowId: chat.workflowId, userMessage: 'Mine now' }),
      await as.get(`R/workflows/instances/${instanceUuid}`),
      await as.get(`R/workflows/instances/${instanceUuid}/stream`),
      await as.get(`R/workflows/instances/${instanceUuid}/log`),
      await as.post(`R/workflows/instances/${instanceUuid}/cancel`),
    ])
      expect([who, answer.body.status, answer.body.code]).toEqual([who, 404, 'NotFound'])
    expect((await as.get('R/chat/sessions')).body.items).toEqual([])
  }
  expect((await api.as('admin').get(chat.at)).status).toBe(200)
  expect(await chat.texts()).toEqual(['user: A'])
  expect((await api.as('admin').post(`R/workflows/instances/${instanceUuid}/cancel`)).status).toBe(202)
  await chat.turn(instanceUuid)
})

it('what an admin says in somebody’s conversation is a turn of that person', async () => {
  const chat = await openChat(place, asking)
  await chat.ask('Order')
  await chat.ask('2')
  const admin = api.as('admin')
  const { body } = await admin.post(`${chat.at}/messages`, { userMessage: 'Another' }, { prefer: 'wait=30' })
  expect(body.requests).toMatchObject([{ question: 'How many?' }])
  const at = `R/workflows/instances/${body.instanceUuid}`
  expect((await api.as('member').get(at)).body.startedBy.userId).toBe('member')
  expect((await api.as('member').post(`${at}/answers`, { value: 3 })).status).toBe(200)
  await chat.turn(body.instanceUuid)
})

it('of two who take the same id at once, one has it', async () => {
  const one = await openChat(place, echo, 'member')
  const two = await openChat(place, one.workflowId, 'other', one.chatSessionId)
  const sent = await Promise.all([one.say('Of member'), two.say('Of other')])
  expect(sent.map(({ status }) => status).sort()).toEqual([202, 404])
  const winner = sent[0]?.status === 202 ? one : two
  await winner.turn(sent.find(({ status }) => status === 202)?.body.instanceUuid)
  expect((await winner.texts()).filter((text) => text.startsWith('user'))).toHaveLength(1)
})

it('a workflow that is not available to somebody is not begun by them', async () => {
  const workflowId = await api.publish({
    name: 'For approvers',
    type: 'chat_driven',
    ...echo,
    availableTo: { roles: ['approver'] },
  })
  const refused = await openChat(place, workflowId, 'member')
  expect((await refused.say('Hi')).body).toMatchObject({ status: 403, code: 'Forbidden' })
  expect((await api.as('member').get(refused.at)).status).toBe(404)
  const chat = await openChat(place, workflowId, 'approver')
  expect((await chat.ask('Hi')).status).toBe(200)
})

it('tests and deactivation are for those who build', async () => {
  const workflowId = await api.publish({ name: 'Mine', type: 'chat_driven', ...echo })
  for (const who of ['member', 'approver', 'service'] satisfies Who[]) {
    expect((await api.as(who).post(`A/workflows/${workflowId}/test`, {})).status).toBe(403)
    expect((await api.as(who).get('A/sessions')).status).toBe(403)
    expect((await api.as(who).get('A/stream')).status).toBe(403)
  }
  expect((await api.as('builder').post(`A/workflows/${workflowId}/deactivate-sessions`)).status).toBe(403)
  expect((await api.as('admin').post(`A/workflows/${workflowId}/deactivate-sessions`)).body).toEqual({
    ended: 0,
  })
})
