import { randomUUID } from 'node:crypto'
import { addressOf, startApi, type TestApi, type Who } from '../harness/api.ts'
import { openChat } from '../harness/chat.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let place: { world: World; api: TestApi }
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  place = { world, api }
  await api.as('admin').post('A/teams', { name: 'support', members: ['other', 'builder'] })
  await api.as('admin').post('A/teams', { name: 'sales', members: ['approver'] })
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

const handing = (more: object = {}) => ({
  steps: [
    { id: 'person', type: 'route', team: 'support', ...more },
    { id: 'after', type: 'message', text: 'Back.' },
    { id: 'end', type: 'end' },
  ],
})

async function opened(more: object = {}) {
  const chat = await openChat(place, handing(more))
  const { instanceUuid } = (await chat.say('Help')).body
  const { requestId } = await chat.asked()
  const at = `R/handoffs/${requestId}`
  return { chat, instanceUuid, requestId, at, done: () => chat.turn(instanceUuid) }
}

it('F040 of two who take it at once, one has it; the other is told who', async () => {
  const { at, done } = await opened()
  const takers: Who[] = ['other', 'builder', 'admin']
  const answers = await Promise.all(takers.map((who) => api.as(who).post(`${at}/take`)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
  const winner = takers[answers.findIndex(({ status }) => status === 200)] as Who
  for (const { status, body } of answers)
    if (status === 409)
      expect(body).toMatchObject({
        code: 'AlreadyTaken',
        detail: expect.stringContaining(`${winner} took this conversation at 20`),
      })
  expect((await api.as(winner).post(`${at}/take`)).status).toBe(200)
  const loser = takers.find((who) => who !== winner && who !== 'admin') as Who
  expect(await api.as(loser).post(`${at}/messages`, { text: 'Me too' })).toMatchObject({
    status: 409,
    body: { code: 'AlreadyTaken' },
  })
  if (winner !== 'admin') expect((await api.as(loser).post(`${at}/return`, {})).status).toBe(409)
  // Where who took it has gone, an admin hands it back.
  expect((await api.as('admin').post(`${at}/return`, {})).status).toBe(200)
  await done()
})

it('F040 who is not in the team neither sees nor takes it; of another workspace it does not exist', async () => {
  const { chat, at, instanceUuid, done } = await opened()
  for (const who of ['member', 'approver', 'service'] satisfies Who[]) {
    const as = api.as(who)
    expect((await as.get('R/handoffs')).body.items).toEqual([])
    for (const answer of [
      await as.post(`${at}/take`),
      await as.post(`${at}/messages`, { text: 'Hi' }),
      await as.post(`${at}/return`, {}),
    ])
      expect([who, answer.status, answer.body.code]).toEqual([who, 403, 'Forbidden'])
    if (who !== 'member')
      for (const path of [chat.at, `${chat.at}/stream`, `R/workflows/instances/${instanceUuid}`])
        expect([who, path, (await as.get(path)).status]).toEqual([who, path, 404])
  }
  const headers = { authorization: `Bearer ${api.keys.foreigner}`, 'content-type': 'application/json' }
  for (const [path, body] of [
    ['take', {}],
    ['messages', { text: 'Hi' }],
    ['return', {}],
  ] as const) {
    const post = (address: string) => fetch(address, { method: 'POST', headers, body: JSON.stringify(body) })
    expect((await post(addressOf(api.url, api, `${at}/${path}`))).status).toBe(404)
    expect((await post(addressOf(api.url, api.foreign, `${at}/${path}`))).status).toBe(404)
    const nowhere = await api.as('other').post(`R/handoffs/${randomUUID()}/${path}`, body)
    expect([nowhere.status, nowhere.body.code]).toEqual([404, 'NotFound'])
  }
  expect((await api.as('admin').get('R/handoffs')).body.items).toHaveLength(1)
  expect((await api.as('admin').post(`${at}/take`)).status).toBe(200)
  expect((await api.as('admin').post(`${at}/return`, {})).status).toBe(200)
  await done()
})

it('who reads a conversation that was handed to their team says nothing in its user’s name, and ends nothing', async () => {
  const { chat, at, instanceUuid, done } = await opened()
  const other = api.as('other')
  expect((await other.get(chat.at)).status).toBe(200)
  expect((await other.get('R/chat/sessions')).body.items).toEqual([])
  for (const answer of [
    await other.post(`${chat.at}/messages`, { userMessage: 'In their name' }),
    await other.post(`${chat.at}/end`),
    await other.post(`R/workflows/instances/${instanceUuid}/cancel`),
  ])
    expect(answer.status).toBeGreaterThanOrEqual(403)
  await other.post(`${at}/take`)
  await other.post(`${at}/return`, {})
  await done()
  expect(await chat.texts()).toHaveLength(3)
})

it('F040 what is too early, too late or empty is refused with what became of it', async () => {
  const { at, done } = await opened()
  const other = api.as('other')
  expect(await other.post(`${at}/messages`, { text: 'Hi' })).toMatchObject({
    status: 409,
    body: { code: 'Conflict', detail: 'nobody has taken this conversation yet: take it first' },
  })
  expect((await other.post(`${at}/return`, {})).status).toBe(409)
  await other.post(`${at}/take`)
  for (const body of [{}, { text: '  ' }, { text: 'Hi', extra: 1 }, { fileIds: [] }])
    expect([body, (await other.post(`${at}/messages`, body)).status]).toEqual([body, 422])
  expect(await other.post(`${at}/messages`, { fileIds: [randomUUID()] })).toMatchObject({
    status: 422,
    body: { detail: expect.stringContaining('upload it first') },
  })
  expect((await other.post(`R/handoffs/not-an-id/take`)).status).toBe(400)
  await other.post(`${at}/return`, {})
  await done()
  for (const answer of [
    await other.post(`${at}/take`),
    await other.post(`${at}/messages`, { text: 'Late' }),
    await other.post(`${at}/return`, {}),
  ])
    expect(answer.body).toMatchObject({
      status: 409,
      code: 'NotOpen',
      detail: expect.stringMatching(/^other has handed it back at 20/),
    })

  const late = await opened({ expire: { after: 'PT1S', steps: [] } })
  await late.done()
  expect((await other.post(`${late.at}/take`)).body).toMatchObject({
    status: 409,
    code: 'NotOpen',
    detail: expect.stringMatching(/^nobody took it in time: it expired at 20/),
  })

  const stopped = await opened()
  await api.as('member').post(`R/workflows/instances/${stopped.instanceUuid}/cancel`)
  await stopped.done()
  expect((await other.post(`${stopped.at}/take`)).body).toMatchObject({
    status: 409,
    code: 'NotOpen',
    detail: expect.stringMatching(/cancelled$/),
  })
})
