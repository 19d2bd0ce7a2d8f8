import { randomUUID } from 'node:crypto'
import { startApi, type TestApi } from '../harness/api.ts'
import { openChat } from '../harness/chat.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let place: { world: World; api: TestApi }
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  place = { world, api }
  await api.as('admin').post('A/teams', { name: 'support', members: ['other', 'approver'] })
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

const handing = {
  chat: { whileBusy: 'reject' },
  steps: [
    { id: 'person', type: 'route', team: 'support', note: 'Secret: ${userMessage}', text: 'Lena is coming.' },
    { id: 'after', type: 'message', text: 'Back: ${person.note}' },
    { id: 'end', type: 'end' },
  ],
}
const list = async (who: Parameters<TestApi['as']>[0]) => (await api.as(who).get('R/handoffs')).body.items

it('F040 over HTTP: the team sees it, one takes it, both talk, and the workflow goes on', async () => {
  const chat = await openChat(place, handing)
  const asked = await chat.ask('My parcel is lost')
  expect(asked).toMatchObject({
    status: 200,
    body: {
      status: 'waiting',
      replies: [{ role: 'system', text: 'Lena is coming.' }],
      requests: [{ kind: 'handoff', question: 'Lena is coming.', approvers: { team: 'support' } }],
    },
  })
  const { instanceUuid } = asked.body
  const { requestId } = asked.body.requests[0]
  const other = api.as('other')
  expect(await list('other')).toEqual([
    expect.objectContaining({
      requestId,
      instanceUuid,
      kind: 'handoff',
      team: 'support',
      note: 'Secret: My parcel is lost',
      takenBy: null,
      chatSessionId: chat.chatSessionId,
      workflowId: chat.workflowId,
      workflowName: 'Test',
      startedBy: expect.objectContaining({ userId: 'member' }),
    }),
  ])
  expect((await other.get('R/inbox')).body.items[0]).toMatchObject({ kind: 'handoffRequested', instanceUuid })

  const stream = await api.as('member').stream(`${chat.at}/stream`)
  const taken = await other.post(`R/handoffs/${requestId}/take`)
  expect(taken).toMatchObject({
    status: 200,
    body: { requestId, takenBy: { userId: 'other', name: 'other' } },
  })
  expect(await list('approver')).toMatchObject([{ requestId, takenBy: { userId: 'other' } }])

  const said = await other.post(`R/handoffs/${requestId}/messages`, { text: 'Which one?' })
  expect(said).toMatchObject({ status: 200, body: { requestId, chatSessionId: chat.chatSessionId } })
  expect(await chat.ask('10017')).toMatchObject({ status: 202, body: { instanceUuid, status: 'passedOn' } })
  // Who took it reads the conversation like its user.
  expect((await other.get(chat.at)).body.messages.map(({ text }: { text: string }) => text)).toEqual([
    'My parcel is lost',
    'Lena is coming.',
    'Which one?',
    '10017',
  ])
  const back = await other.post(`R/handoffs/${requestId}/return`, { note: 'sent again' })
  expect(back).toMatchObject({ status: 200, body: { requestId, chatSessionId: chat.chatSessionId } })
  expect(await chat.turn(instanceUuid)).toMatchObject({ status: 'completed' })
  expect(await list('other')).toEqual([])
  expect((await chat.session()).messages).toMatchObject([
    { role: 'user' },
    { role: 'system' },
    {
      role: 'agent',
      messageId: said.body.messageId,
      instanceUuid,
      stepId: 'person',
      by: { userId: 'other', name: 'other' },
    },
    { role: 'user', text: '10017', instanceUuid },
    { role: 'assistant', text: 'Back: sent again' },
  ])
  await stream.next('the end of the turn', ({ event }) => event === 'instanceFinished')
  const told = stream.seen
  stream.drop()
  expect(told.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['requestOpened', 'handoffTaken', 'handoffReturned', 'requestClosed']),
  )
  expect(told.find(({ event }) => event === 'handoffTaken')?.data).toMatchObject({
    requestId,
    by: { userId: 'other', name: 'other' },
    instanceUuid,
    chatSessionId: chat.chatSessionId,
  })
  // What the team was told is for the team.
  expect(JSON.stringify(told)).not.toContain('Secret')
  expect(JSON.stringify(await chat.session())).not.toContain('Secret')
  const asks = await api.as('member').get(`R/workflows/instances/${instanceUuid}/requests`)
  expect(asks.body.items).toMatchObject([{ requestId, kind: 'handoff', outcome: 'returned' }])
  expect(JSON.stringify(asks.body)).not.toContain('Secret')
})

it('B01 a message whose answer was lost is answered as the first time, whatever became of it', async () => {
  const chat = await openChat(place, {
    steps: [
      { id: 'count', type: 'ask', question: 'How many?', answer: { type: 'number' } },
      { id: 'ok', type: 'approval', title: 'Go?', artifact: { text: '${count}' } },
      ...handing.steps,
    ],
  })
  const said: Record<string, unknown> = {}
  const say = async (userMessage: string) => {
    const { body } = await chat.say(userMessage, {}, { 'idempotency-key': userMessage })
    said[userMessage] ??= body
    return body
  }
  const waits = (kind: string) =>
    until(kind, async () =>
      (await chat.session()).requests.find((one: { kind: string }) => one.kind === kind),
    )
  expect(await say('Hi')).toMatchObject({ status: 'running' })
  await waits('answer')
  expect(await say('3')).toMatchObject({ status: 'answered' })
  const { instanceUuid } = await waits('approval')
  expect(await say('And then?')).toMatchObject({ status: 'queued' })
  await api.as('member').post(`R/workflows/instances/${instanceUuid}/decisions`, { decision: 'approve' })
  const { requestId } = await waits('handoff')
  expect(await say('Anybody there?')).toMatchObject({ status: 'passedOn' })
  await api.as('other').post(`R/handoffs/${requestId}/take`)
  await api.as('other').post(`R/handoffs/${requestId}/return`)
  await waits('answer')
  await api.as('member').post(`${chat.at}/end`)
  const texts = await until('the end', async () => {
    const { status } = await chat.session()
    return status === 'ended' && chat.texts()
  })
  // As it stands when the process was killed before it could keep its answers.
  await api.db.$client.query(
    "update idempotency set status = null, answer = null, claimed_until = now() - interval '1 second' where key = any($1)",
    [Object.keys(said)],
  )
  for (const [userMessage, body] of Object.entries({ ...said })) expect(await say(userMessage)).toEqual(body)
  expect(await chat.texts()).toEqual(texts)
})

it('B01 the same Idempotency-Key takes, says and hands back once', async () => {
  const chat = await openChat(place, handing)
  const { instanceUuid } = (await chat.say('Help')).body
  const { requestId } = await chat.asked()
  const other = api.as('other')
  const twice = async (path: string, body: object) => {
    const headers = { 'idempotency-key': randomUUID() }
    const post = () => other.post(`R/handoffs/${requestId}/${path}`, body, headers)
    const [one, two] = await Promise.all([post(), post()])
    expect([one.status, two.status, two.body]).toEqual([200, 200, one.body])
    return one.body
  }
  await twice('take', {})
  await twice('messages', { text: 'Hello' })
  await twice('return', {})
  await chat.turn(instanceUuid)
  expect((await chat.texts()).slice(2)).toEqual(['agent: Hello', expect.stringContaining('assistant: Back')])
})

it('F040 files go both ways, and each can read the other’s', async () => {
  const chat = await openChat(place, handing)
  const { instanceUuid } = (await chat.say('Help')).body
  const { requestId } = await chat.asked()
  const [other, member] = [api.as('other'), api.as('member')]
  await other.post(`R/handoffs/${requestId}/take`)
  const form = (await other.upload('form.txt', 'the form')).body
  const photo = (await member.upload('photo.txt', 'the photo')).body
  expect((await member.get(`R/files/${form.fileId}`)).status).toBe(404)
  expect((await other.post(`R/handoffs/${requestId}/messages`, { fileIds: [form.fileId] })).status).toBe(200)
  expect((await chat.say('See this', { fileIds: [photo.fileId] })).status).toBe(202)
  expect((await chat.session()).messages.slice(2)).toMatchObject([
    { role: 'agent', text: '', attachments: [{ fileId: form.fileId, name: 'form.txt' }] },
    { role: 'user', attachments: [{ fileId: photo.fileId }] },
  ])
  expect((await member.get(`R/files/${form.fileId}`)).status).toBe(200)
  expect((await other.get(`R/files/${photo.fileId}`)).status).toBe(200)
  await other.post(`R/handoffs/${requestId}/return`, {})
  await chat.turn(instanceUuid)
})

it('F096 a trigger’s words go to the person too', async () => {
  const chat = await openChat(place, {
    ...handing,
    triggers: [{ id: 'order', name: 'Order', message: 'Where is ${id}?', parameters: [{ name: 'id' }] }],
  })
  const { instanceUuid } = (await chat.say('Help')).body
  const { requestId } = await chat.asked()
  await api.as('approver').post(`R/handoffs/${requestId}/take`)
  const sent = await chat.send({ trigger: { id: 'order', parameters: { id: 'A7' } } })
  expect(sent.body).toMatchObject({ instanceUuid, status: 'passedOn' })
  expect((await chat.texts()).at(-1)).toBe('user: Where is A7?')
  await api.as('approver').post(`R/handoffs/${requestId}/return`, {})
  await chat.turn(instanceUuid)
})

it('approvals of a team are decided by those who are in it at that moment', async () => {
  const steps = [
    { id: 'ok', type: 'approval', title: 'Go?', artifact: { text: 'T' }, approvers: { team: 'support' } },
    { id: 'end', type: 'end', output: '${ok.by}' },
  ]
  const workflowId = await api.publish({ name: 'For the team', steps })
  const start = async () => {
    const { body } = await api.as('member').post(`R/workflows/${workflowId}/runs`, {})
    world.follow(body.instanceUuid)
    await world.request(body.instanceUuid)
    return body.instanceUuid as string
  }
  const decide = (who: Parameters<TestApi['as']>[0], run: string) =>
    api.as(who).post(`R/workflows/instances/${run}/decisions`, { decision: 'approve' })
  const run = await start()
  expect((await api.as('other').get('R/approvals')).body.items).toMatchObject([{ instanceUuid: run }])
  expect((await api.as('service').get('R/approvals')).body.items).toEqual([])
  expect(await decide('service', run)).toMatchObject({ status: 403, body: { code: 'NotApprover' } })
  expect(await decide('member', run)).toMatchObject({ status: 403, body: { code: 'NotApprover' } })
  expect((await decide('other', run)).status).toBe(200)
  expect((await world.ended(run)).view.output).toBe('other')

  // Who comes into the team after it was asked may decide; who has left it may not.
  const second = await start()
  const { items } = (await api.as('admin').get('A/teams')).body
  const at = `A/teams/${items.find(({ name }: { name: string }) => name === 'support').teamId}`
  await api.as('admin').put(at, { name: 'support', members: ['service'] })
  expect(await decide('other', second)).toMatchObject({ status: 403 })
  expect((await decide('service', second)).status).toBe(200)
  expect((await world.ended(second)).view.output).toBe('service')
  await api.as('admin').put(at, { name: 'support', members: ['other', 'approver'] })
})

it('a notify step tells the members of a team', async () => {
  const run = await world.start(
    await api.publish({
      name: 'Tells',
      steps: [{ id: 'n', type: 'notify', to: { team: 'support' }, text: 'Hear', by: ['inbox'] }],
    }),
  )
  await world.ended(run)
  for (const who of ['other', 'approver'] as const)
    expect((await api.as(who).get('R/inbox')).body.items).toContainEqual(
      expect.objectContaining({ text: 'Hear', instanceUuid: run }),
    )
  expect((await api.as('member').get('R/inbox')).body.items).not.toContainEqual(
    expect.objectContaining({ text: 'Hear' }),
  )
})

it('F004 a workflow for a team is in the catalog of its members, and started by them only', async () => {
  const workflowId = await api.publish({
    name: 'Of support',
    steps: [{ id: 'end', type: 'end' }],
    availableTo: { teams: ['support', 'support'] },
  })
  const names = async (who: Parameters<TestApi['as']>[0]) =>
    (await api.as(who).get('R/catalog?limit=100')).body.items.map(({ name }: { name: string }) => name)
  expect(await names('other')).toContain('Of support')
  expect(await names('member')).not.toContain('Of support')
  expect((await api.as('member').post(`R/workflows/${workflowId}/runs`, {})).status).toBe(403)
  const { body, status } = await api.as('other').post(`R/workflows/${workflowId}/runs`, {})
  expect(status).toBe(202)
  world.follow(body.instanceUuid)
  await until('its end', async () => (await world.ended(body.instanceUuid)).finishedAt)
})
