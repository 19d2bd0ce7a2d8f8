import { randomUUID } from 'node:crypto'
import { startApi, type TestApi } from '../harness/api.ts'
import { echo, openChat, triggered } from '../harness/chat.ts'
import { shopFlow } from '../harness/shop-flow.ts'
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

const publish = (definition: object, name = 'Desk') =>
  api.publish({ name, type: 'chat_driven', ...definition })

/** Tells what the page shared, and what was said. */
const telling = {
  ...triggered,
  steps: [
    { id: 'reply', type: 'message', text: '${userMessage} ${uiFlowContext}' },
    { id: 'end', type: 'end' },
  ],
}

async function makeFlow(body: object): Promise<string> {
  const { status, body: made } = await api.as('admin').post('A/ui-flows', body)
  expect([status, made.detail]).toEqual([201, undefined])
  return made.uiFlowId
}

/** What the first turn of a conversation from a page says, as JSON behind the words. */
async function saidFrom(place: object, said: object = { userMessage: 'Hi' }) {
  const answer = await api
    .as('member')
    .post(`R/chat/sessions/${randomUUID()}/messages`, { ...said, ...place }, { prefer: 'wait=30' })
  expect([answer.status, answer.body.detail]).toEqual([200, undefined])
  const [, words, context] = /^([^{]*) (\{.*\})$/s.exec(answer.body.replies[0].text) ?? []
  return { words, context: JSON.parse(context ?? '') }
}

it('F122 a UI flow is made, listed, read, replaced and deleted', async () => {
  const workflowId = await publish(echo)
  const made = await api.as('admin').post('A/ui-flows', shopFlow(workflowId))
  expect(made.status).toBe(201)
  const { uiFlowId } = made.body
  expect(made.body).toMatchObject({
    name: 'Shop',
    experience: 'chat_based',
    defaultWorkflowId: workflowId,
    pages: [{ pageId: 'home', children: [{ pageId: 'order-details' }] }, { pageId: 'dashboard' }],
  })
  const builder = api.as('builder')
  expect((await builder.get(`A/ui-flows/${uiFlowId}`)).body).toEqual(made.body)
  const listed = await builder.get('A/ui-flows')
  expect(listed.body.items).toMatchObject([{ uiFlowId, name: 'Shop', pageCount: 3 }])

  const bare = { name: 'Bare', experience: 'standard', pages: [] }
  const replaced = await api.as('admin').put(`A/ui-flows/${uiFlowId}`, bare)
  expect(replaced.body).toMatchObject({ uiFlowId, ...bare, defaultWorkflowId: null })
  expect((await api.as('admin').delete(`A/ui-flows/${uiFlowId}`)).status).toBe(204)
  expect((await builder.get(`A/ui-flows/${uiFlowId}`)).status).toBe(404)
  expect((await builder.get('A/ui-flows')).body.items).toEqual([])
})

it('F122 what somebody saved in the meantime is not overwritten', async () => {
  const workflowId = await publish(triggered)
  const admin = api.as('admin')
  const made = await admin.post('A/ui-flows', shopFlow(workflowId))
  expect([made.body.revision, made.headers.get('etag')]).toEqual([1, '"1"'])
  const at = `A/ui-flows/${made.body.uiFlowId}`
  const bare = { name: 'Bare', experience: 'standard', pages: [] }
  const save = (etag: string) => admin.put(at, bare, { 'if-match': etag })
  const saved = await save('"1"')
  expect([saved.status, saved.headers.get('etag')]).toEqual([200, '"2"'])
  expect((await admin.get(at)).headers.get('etag')).toBe('"2"')
  expect(await save('"1"')).toMatchObject({
    status: 412,
    body: { code: 'Stale', detail: expect.stringContaining('the UI flow was saved by somebody else') },
  })
  expect((await save('three')).status).toBe(400)
  expect((await save('*')).body.revision).toBe(3)
  const all = await Promise.all(Array.from({ length: 5 }, () => save('"3"')))
  expect(all.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412])
  await admin.delete(at)
})

it('lists UI flows by name, page by page, and makes one once for a key', async () => {
  const ids = []
  for (const name of ['C', 'A', 'B']) ids.push(await makeFlow({ name, pages: [] }))
  const first = await api.as('builder').get('A/ui-flows?limit=2')
  const second = await api.as('builder').get(`A/ui-flows?limit=2&cursor=${first.body.nextCursor}`)
  const names = [...first.body.items, ...second.body.items].map(({ name }) => name)
  expect(names).toEqual(['A', 'B', 'C'])
  const once = () => api.as('admin').post('A/ui-flows', { name: 'D' }, { 'idempotency-key': 'd' })
  expect((await once()).body).toEqual((await once()).body)
  for (const { uiFlowId } of (await api.as('builder').get('A/ui-flows')).body.items)
    await api.as('admin').delete(`A/ui-flows/${uiFlowId}`)
})

it('F112 F122 the chat component reads pages, chats, and triggers with name and parameters', async () => {
  const workflowId = await publish(triggered)
  const sales = await publish(echo, 'Sales')
  const parameters = [{ name: 'orderId' }, { name: 'who', default: 'a guest', description: 'Whose it is' }]
  const uiFlowId = await makeFlow({
    name: 'Shop',
    defaultWorkflowId: workflowId,
    pages: [
      {
        pageId: 'home',
        title: 'Home',
        queryParameters: [{ name: 'tab', default: 'all' }],
        conversationContext: { page: '${tab}' },
        triggers: [{ id: 'order-help', workflowId }],
        chats: [{ componentId: 'side' }, { componentId: 'top', workflowId: sales }],
      },
    ],
  })
  expect((await api.as('member').get(`R/ui-flows/${uiFlowId}`)).body).toEqual({
    uiFlowId,
    name: 'Shop',
    experience: 'chat_based',
    defaultWorkflowId: workflowId,
    pages: [
      {
        pageId: 'home',
        title: 'Home',
        children: [],
        queryParameters: [{ name: 'tab', required: false, default: 'all' }],
        conversationContext: { page: '${tab}' },
        triggers: [{ id: 'order-help', workflowId, name: 'Order support', parameters }],
        chats: [{ componentId: 'side' }, { componentId: 'top', workflowId: sales }],
      },
    ],
  })
})

it('F081 the page’s context is filled in from pageData before it reaches the workflow', async () => {
  const uiFlowId = await makeFlow(shopFlow(await publish(telling)))
  const from = { uiFlowId, pageId: 'order-details', pageData: { customerData: { id: '42' }, unused: 1 } }
  expect(await saidFrom(from)).toEqual({
    words: 'Hi',
    context: { customerId: '42', currentPage: 'order-details', note: 'none, no campaign', tab: 'items' },
  })
  const own = { uiFlowContext: { tab: 'mine', more: true } }
  expect((await saidFrom({ ...from, ...own })).context).toMatchObject({
    customerId: '42',
    tab: 'mine',
    more: true,
  })
  expect((await saidFrom({ uiFlowId, pageId: 'dashboard' })).context).toEqual({})
  expect((await saidFrom({ uiFlowId, ...own })).context).toEqual({ tab: 'mine', more: true })
})

it('F122 the workflow is the component’s, else the UI flow’s, else the message’s', async () => {
  const desk = await publish({
    steps: [
      { id: 'm', type: 'message', text: 'desk {}' },
      { id: 'e', type: 'end' },
    ],
  })
  const sales = await publish({
    steps: [
      { id: 'm', type: 'message', text: 'sales {}' },
      { id: 'e', type: 'end' },
    ],
  })
  const chats = [{ componentId: 'side' }, { componentId: 'top', workflowId: sales }]
  const pages = [
    { pageId: 'home', title: 'Home', chats },
    { pageId: 'sales', title: 'Sales', chats: [{ componentId: 'only', workflowId: sales }] },
  ]
  const uiFlowId = await makeFlow({ name: 'Two', defaultWorkflowId: desk, pages })
  const from = async (spot: object) => (await saidFrom({ uiFlowId, ...spot })).words
  expect(await from({})).toBe('desk')
  expect(await from({ pageId: 'home', componentId: 'side' })).toBe('desk')
  expect(await from({ pageId: 'home', componentId: 'top' })).toBe('sales')
  expect(await from({ componentId: 'top' })).toBe('sales')
  expect(await from({ pageId: 'sales' })).toBe('sales')
  const free = await makeFlow({ name: 'Free', pages })
  expect(
    (await saidFrom({ uiFlowId: free, workflowId: desk, pageId: 'home', componentId: 'side' })).words,
  ).toBe('desk')
})

it('F109 F112 a page’s trigger is said with the page’s context, and later messages go on from other pages', async () => {
  const workflowId = await publish({ ...telling, chat: { memory: { strategy: 'none' } } })
  const pages = [
    { pageId: 'a', title: 'A', conversationContext: { at: '${where}' }, triggers: ['order-help'] },
    { pageId: 'b', title: 'B', conversationContext: { at: 'b' } },
  ]
  const uiFlowId = await makeFlow({ name: 'Orders', defaultWorkflowId: workflowId, pages })
  const trigger = { id: 'order-help', parameters: { orderId: 'ORD-1' } }
  const chat = await openChat(place, workflowId)
  const spoken = { workflowId: undefined, uiFlowId }
  const wait = { prefer: 'wait=30' }
  const first = await chat.send({ ...spoken, pageId: 'a', pageData: { where: 'shelf' }, trigger }, wait)
  expect(first.body.replies).toMatchObject([{ text: 'Help with order ORD-1 of a guest. {"at":"shelf"}' }])
  const second = await chat.send({ ...spoken, pageId: 'b', userMessage: 'And now?' }, wait)
  expect(second.body.replies).toMatchObject([{ text: 'And now? {"at":"b"}' }])
  const { body: log } = await api.as('member').get(`R/workflows/instances/${first.body.instanceUuid}/log`)
  expect(log).toMatchObject({ userMessageType: 'AI trigger', trigger: 'Triggered by: Order support' })
})

it('F108 a trigger has a name, a message of 2,000 characters and named parameters; saved, a page may offer it', async () => {
  const workflowId = await publish(triggered)
  const builder = api.as('builder')
  const save = (triggers: object[], type = 'chat_driven') =>
    builder.put(`A/workflows/${workflowId}/draft`, { name: 'Desk', ...echo, type, triggers })
  const offer = () =>
    api.as('admin').post('A/ui-flows', {
      name: 'F108',
      defaultWorkflowId: workflowId,
      pages: [{ pageId: 'home', title: 'Home', triggers: ['late'] }],
    })
  const late = { id: 'late', name: 'Late parcel', message: `${'m'.repeat(1_992)} \${days}` }
  for (const [wrong, path] of [
    [{ name: '' }, 'triggers[0].name'],
    [{ name: undefined }, 'triggers[0].name'],
    [{ message: '' }, 'triggers[0].message'],
    [{ message: undefined }, 'triggers[0].message'],
    [{ message: 'm'.repeat(2_001) }, 'triggers[0].message'],
    [{ parameters: [{ default: '3' }] }, 'triggers[0].parameters[0].name'],
  ] as const) {
    const { status, body } = await save([{ ...late, ...wrong }])
    expect([status, body.errors.map((one: { path: string }) => one.path)]).toEqual([422, [path]])
  }
  expect((await offer()).body.errors).toMatchObject([{ path: 'pages[0].triggers[0]' }])
  const parameters = [{ name: 'days', default: '3', description: 'How late it is' }]
  expect((await save([{ ...late, parameters }])).status).toBe(200)
  const made = await offer()
  expect(made.status).toBe(201)
  await api.as('admin').post(`A/workflows/${workflowId}/publish`)
  expect((await api.as('member').get(`R/ui-flows/${made.body.uiFlowId}`)).body.pages[0].triggers).toEqual([
    { id: 'late', workflowId, name: 'Late parcel', parameters },
  ])
  const report = await api.publish({ name: 'Report', steps: [{ id: 'done', type: 'end' }] })
  const refused = await builder.put(`A/workflows/${report}/draft`, {
    name: 'Report',
    type: 'output_focused',
    steps: [],
    triggers: [late],
  })
  expect([refused.status, JSON.stringify(refused.body.errors)]).toEqual([
    422,
    expect.stringContaining('triggers'),
  ])
})

it('F113 a trigger that a publish takes away goes from the pages that offered it; others stay', async () => {
  const more = { id: 'bye', name: 'Bye', message: 'Bye.' }
  const definition = { ...triggered, triggers: [...triggered.triggers, more] }
  const workflowId = await publish(definition)
  const other = await publish(triggered, 'Other')
  const home = {
    pageId: 'home',
    title: 'Home',
    triggers: ['bye', 'order-help'],
    children: [
      { pageId: 'deep', title: 'Deep', triggers: [{ id: 'order-help', workflowId: other }, 'order-help'] },
    ],
  }
  const uiFlowId = await makeFlow({ name: 'T', defaultWorkflowId: workflowId, pages: [home] })
  const stored = async () => (await api.as('admin').get(`A/ui-flows/${uiFlowId}`)).body.pages[0]
  const save = async (triggers: object[]) => {
    const draft = { name: 'Desk', type: 'chat_driven', ...echo, triggers }
    await api.as('admin').put(`A/workflows/${workflowId}/draft`, draft)
  }
  await save([more])
  expect((await stored()).triggers).toHaveLength(2)
  expect((await api.as('admin').post(`A/workflows/${workflowId}/publish`)).status).toBe(200)
  expect(await stored()).toMatchObject({
    triggers: [{ id: 'bye', workflowId }],
    children: [{ triggers: [{ id: 'order-help', workflowId: other }] }],
  })
  // Who has read the pages from before would bring the trigger back.
  const stale = await api.as('admin').put(`A/ui-flows/${uiFlowId}`, { name: 'T' }, { 'if-match': '"1"' })
  expect(stale.status).toBe(412)
  const fresh = { id: 'fresh', name: 'Fresh', message: 'Fresh.' }
  await save([more, fresh])
  const asDrafted = {
    name: 'T',
    defaultWorkflowId: workflowId,
    pages: [{ ...home, children: [], triggers: ['fresh'] }],
  }
  expect((await api.as('admin').put(`A/ui-flows/${uiFlowId}`, asDrafted)).status).toBe(200)
  const offered = async () => (await api.as('member').get(`R/ui-flows/${uiFlowId}`)).body.pages[0].triggers
  expect(await offered()).toEqual([])
  await api.as('admin').post(`A/workflows/${workflowId}/publish`)
  expect(await offered()).toMatchObject([{ id: 'fresh', name: 'Fresh', parameters: [] }])
})

it('F122 a workflow that is deleted goes from the UI flows that talked with it', async () => {
  const workflowId = await publish(triggered)
  const stays = await publish(triggered, 'Stays')
  const chats = [
    { componentId: 'a', workflowId },
    { componentId: 'b', workflowId: stays },
  ]
  const triggers = [
    { id: 'order-help', workflowId },
    { id: 'order-help', workflowId: stays },
  ]
  const pages = [{ pageId: 'home', title: 'Home', chats, triggers }]
  const uiFlowId = await makeFlow({ name: 'Emptied', defaultWorkflowId: workflowId, pages })
  const untouched = await makeFlow({ name: 'Untouched', defaultWorkflowId: stays })
  const before = (await api.as('admin').get(`A/ui-flows/${untouched}`)).body
  expect((await api.as('admin').delete(`A/workflows/${workflowId}`)).status).toBe(204)
  expect((await api.as('admin').get(`A/ui-flows/${uiFlowId}`)).body).toMatchObject({
    defaultWorkflowId: null,
    pages: [
      {
        chats: [{ componentId: 'a' }, { componentId: 'b', workflowId: stays }],
        triggers: [{ workflowId: stays }],
      },
    ],
  })
  expect((await api.as('admin').get(`A/ui-flows/${untouched}`)).body).toEqual(before)
})
