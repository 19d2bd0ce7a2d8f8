import { randomUUID } from 'node:crypto'
import { silentEngine, startApi, type TestApi } from '../harness/api.ts'
import { echo, triggered } from '../harness/chat.ts'
import { shopFlow } from '../harness/shop-flow.ts'

let api: TestApi
let desk: string
let other: string
let report: string
let uiFlowId: string
const engine = silentEngine()

beforeAll(async () => {
  api = await startApi({ engine })
  desk = await api.publish({ name: 'Desk', type: 'chat_driven', ...triggered })
  other = await api.publish({ name: 'Other', type: 'chat_driven', ...echo })
  report = await api.publish({ name: 'Report', steps: [{ id: 'done', type: 'end' }] })
  const pages = [
    ...shopFlow(desk).pages,
    {
      pageId: 'two',
      title: 'Two',
      chats: [{ componentId: 'bubble' }, { componentId: 'b', workflowId: other }],
    },
    { pageId: 'calls', title: 'Calls', conversationContext: { all: '${a.b}', more: '${c}' } },
  ]
  const made = await api.as('admin').post('A/ui-flows', shopFlow(desk, { pages }))
  expect(made.status).toBe(201)
  uiFlowId = made.body.uiFlowId
})
afterAll(() => api.close())

describe('a UI flow that does not fit is refused with the place of each problem', () => {
  it.each<[string, () => object, object[]]>([
    ['no name', () => ({ pages: [] }), [{ path: 'name' }]],
    [
      'the same page id twice',
      () => shopFlow(desk, { pages: [{ pageId: 'p', title: 'P', children: [{ pageId: 'p', title: 'P' }] }] }),
      [{ path: 'pages[0].children[0].pageId' }],
    ],
    [
      'an output-focused workflow and an unknown one',
      () =>
        shopFlow(report, {
          pages: [{ pageId: 'p', title: 'P', chats: [{ componentId: 'c', workflowId: randomUUID() }] }],
        }),
      [{ path: 'defaultWorkflowId' }, { path: 'pages[0].chats[0].workflowId' }],
    ],
    [
      'an unknown trigger',
      () => shopFlow(desk, { pages: [{ pageId: 'p', title: 'P', triggers: ['none', 'order-help'] }] }),
      [{ path: 'pages[0].triggers[0]' }],
    ],
    [
      'an expression that is none',
      () => shopFlow(desk, { pages: [{ pageId: 'p', title: 'P', conversationContext: { a: '${1 +}' } }] }),
      [{ path: 'pages[0].conversationContext.a' }],
    ],
  ])('F104 %s', async (_, body, errors) => {
    for (const answer of [
      await api.as('admin').post('A/ui-flows', body()),
      await api.as('admin').put(`A/ui-flows/${uiFlowId}`, body()),
    ]) {
      expect(answer.body).toMatchObject({ status: 422, code: 'Invalid', errors })
      expect(answer.body.errors).toHaveLength(errors.length)
    }
    const { body: left } = await api.as('admin').get('A/ui-flows')
    expect(left.items).toMatchObject([{ uiFlowId, pageCount: 5 }])
  })

  it('more than a megabyte is a 413, a workflow of another workspace is none of this app', async () => {
    const huge = { pages: [{ pageId: 'p', title: 'P', conversationContext: { a: 'x'.repeat(1_100_000) } }] }
    expect((await api.as('admin').post('A/ui-flows', shopFlow(desk, huge))).status).toBe(413)
    const there = { ...api.foreign }
    const response = await fetch(
      `${api.url}/api/admin/wks/${there.workspaceId}/app/${there.appId}/ui-flows`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${api.keys.foreigner}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Theirs', defaultWorkflowId: desk }),
      },
    )
    expect(response.status).toBe(422)
  })

  it('another’s and unknown ids are a 404, and what is no id a 400', async () => {
    for (const path of ['A/ui-flows', 'R/ui-flows']) {
      expect((await api.as('admin').get(`${path}/${randomUUID()}`)).body).toMatchObject({ status: 404 })
      expect((await api.as('admin').get(`${path}/shop`)).body).toMatchObject({ status: 400 })
    }
    const admin = api.as('admin')
    expect((await admin.put(`A/ui-flows/${randomUUID()}`, { name: 'X' })).status).toBe(404)
    expect((await admin.delete(`A/ui-flows/${randomUUID()}`)).status).toBe(404)
  })
})

describe('a message from a UI flow is refused', () => {
  const said = (body: object) =>
    api.as('member').post(`R/chat/sessions/${randomUUID()}/messages`, { userMessage: 'Hi', ...body })
  const good = { pageId: 'order-details', pageData: { customerData: { id: 1 } } }

  it.each<[string, () => object, number, string]>([
    ['of an unknown UI flow', () => ({ uiFlowId: randomUUID() }), 404, 'there is no such UI flow'],
    ['of an id that is none', () => ({ uiFlowId: 'shop' }), 400, 'Invalid UUID string: shop'],
    [
      'with a page and no UI flow',
      () => ({ workflowId: desk, pageId: 'home' }),
      422,
      'pageId: it belongs to a UI flow',
    ],
    [
      'with pageData and no page',
      () => ({ uiFlowId, pageData: {} }),
      422,
      'pageId: name the page that the pageData is of',
    ],
    [
      'with pageData that is no object',
      () => ({ uiFlowId, ...good, pageData: [] }),
      400,
      'pageData: must be a JSON object',
    ],
    [
      'of an unknown page',
      () => ({ uiFlowId, pageId: 'x' }),
      422,
      'pageId: the UI flow “Shop” has no page "x"',
    ],
    [
      'of an unknown component',
      () => ({ uiFlowId, pageId: 'home', componentId: 'x' }),
      422,
      'componentId: the page "home" has no chat component "x"',
    ],
    [
      'of a component on several pages',
      () => ({ uiFlowId, componentId: 'bubble' }),
      422,
      'pageId: several pages have',
    ],
    [
      'of a page with several workflows',
      () => ({ uiFlowId, pageId: 'two' }),
      422,
      'componentId: the chats of this page',
    ],
    [
      'that names the workflow again',
      () => ({ uiFlowId, ...good, workflowId: desk }),
      422,
      'workflowId: the UI flow names the workflow here: leave it out',
    ],
    [
      'whose page lacks what it shares',
      () => ({ uiFlowId, pageId: 'order-details', pageData: {} }),
      422,
      'pageData.customerData: the page "order-details" needs "customerData"',
    ],
    [
      'whose page shares what is not there',
      () => ({ uiFlowId, pageId: 'order-details', pageData: { customerData: {} } }),
      422,
      'conversationContext.customerId: ${customerData.id}: No such key: id',
    ],
    [
      'with a trigger that the page does not offer',
      () => ({ uiFlowId, ...good, userMessage: undefined, trigger: { id: 'order-help' } }),
      422,
      'trigger.id: the page "order-details" offers no trigger "order-help"',
    ],
  ])('F081 F122 %s', async (_, body, status, words) => {
    const before = engine.calls.length
    const answer = await said(body())
    expect(answer.body.status).toBe(status)
    expect(answer.body.detail).toContain(words)
    expect(engine.calls).toHaveLength(before)
  })

  it('F081 every missing piece of pageData is named', async () => {
    const { body } = await said({ uiFlowId, pageId: 'calls' })
    expect(body.errors).toMatchObject([{ path: 'pageData.a' }, { path: 'pageData.c' }])
  })

  it('F081 a context that grows beyond a megabyte is a 413', async () => {
    const long = 'x'.repeat(600_000)
    const { body } = await said({
      uiFlowId,
      pageId: 'calls',
      pageData: { a: { b: long }, c: '' },
      uiFlowContext: { d: long.slice(200_000) },
    })
    expect(body.status).toBe(413)
  })

  it('F104 a chat component is offered the chat-driven workflows and no others, and may talk with no others, whoever names them', async () => {
    const offered = async (who: 'member' | 'builder') =>
      (await api.as(who).get('R/catalog?type=chat_driven')).body.items
    for (const who of ['member', 'builder'] as const)
      expect(await offered(who)).toMatchObject([
        { workflowId: desk, type: 'chat_driven', input: null },
        { workflowId: other, type: 'chat_driven', input: null },
      ])
    const flow = {
      name: 'Report',
      pages: [{ pageId: 'p', title: 'P', chats: [{ componentId: 'c', workflowId: report }] }],
    }
    expect((await api.as('admin').post('A/ui-flows', flow)).body).toMatchObject({
      status: 422,
      errors: [{ path: 'pages[0].chats[0].workflowId', message: expect.stringContaining('output-focused') }],
    })
    const free = await api.as('admin').post('A/ui-flows', { name: 'Free' })
    const { body } = await said({ uiFlowId: free.body.uiFlowId, workflowId: report })
    expect(body).toMatchObject({ status: 409, code: 'WrongWorkflowType' })
    expect((await said({ uiFlowId: free.body.uiFlowId })).body).toMatchObject({
      status: 422,
      detail: 'workflowId: the first message names the workflow',
    })
  })
})

describe('a navigate step', () => {
  const publish = async (fields: object, type = 'chat_driven') => {
    const { body } = await api.as('admin').post('A/workflows', { name: 'N', type })
    const steps = [
      { id: 'go', type: 'navigate', uiFlowId, pageId: 'order-details', ...fields },
      { id: 'end', type: 'end' },
    ]
    await api.as('admin').put(`A/workflows/${body.workflowId}/draft`, { name: 'N', type, steps })
    return api.as('admin').post(`A/workflows/${body.workflowId}/publish`)
  }

  it.each<[string, object, string, string]>([
    ['an output-focused workflow', { parameters: { orderId: '1' } }, 'output_focused', 'steps[0].type'],
    ['an unknown UI flow', { uiFlowId: randomUUID() }, 'chat_driven', 'steps[0].uiFlowId'],
    ['an unknown page', { pageId: 'x' }, 'chat_driven', 'steps[0].pageId'],
    ['an unknown parameter', { parameters: { orderId: '1', x: 1 } }, 'chat_driven', 'steps[0].parameters.x'],
    ['a required one left out', {}, 'chat_driven', 'steps[0].parameters'],
  ])('F105 F106 cannot be published with %s', async (_, fields, type, path) => {
    const { body } = await publish(fields, type)
    expect(body).toMatchObject({ status: 422, code: 'NotPublishable', errors: [{ stepId: 'go', path }] })
  })

  it('F106 can be published where it fits', async () => {
    expect((await publish({ parameters: { orderId: '${userMessage}' } })).status).toBe(200)
  })
})
