import { eq } from 'drizzle-orm'
import { sessionWorkflowId } from '../../../shared/temporal/names.ts'
import { uiFlows, versions } from '../../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../../harness/api.ts'
import { openChat } from '../../harness/chat.ts'
import { shopFlow } from '../../harness/shop-flow.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World
let api: TestApi
let uiFlowId: string
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  uiFlowId = await makeShop()
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

const makeShop = async (): Promise<string> =>
  (await api.as('admin').post('A/ui-flows', shopFlow(null))).body.uiFlowId

const toOrder = (fields: object = {}) => ({
  id: 'go',
  type: 'navigate',
  uiFlowId,
  pageId: 'order-details',
  parameters: { orderId: '${variables.order.id}' },
  ...fields,
})
/** Somebody asks for a page, is led there, and is told so. */
const leading = (step: object, order: object = { id: 'ORD-7' }) => ({
  variables: { order },
  steps: [step, { id: 'reply', type: 'message', text: 'There you are.' }, { id: 'end', type: 'end' }],
})
const open = (definition: Record<string, unknown>) => openChat({ world, api }, definition)
const target = (parameters: object) => ({
  uiFlowId,
  pageId: 'order-details',
  title: 'Order details',
  parameters,
})
const led = async (chat: Awaited<ReturnType<typeof open>>, instanceUuid: string) => {
  await chat.turn(instanceUuid)
  return world.events(instanceUuid, 'navigate')
}

it('F107 leads to a page: the event is durable, on the session’s stream once, and in the run log', async () => {
  const chat = await open(leading(toOrder()))
  const { instanceUuid } = (await chat.say('Show it to me')).body
  await chat.turn(instanceUuid)
  const member = api.as('member')
  const live = await member.stream(`${chat.at}/stream`)
  await live.next('the end', ({ event }) => event === 'instanceFinished')
  const sent = live.seen.filter(({ event }) => event === 'navigate')
  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatchObject({
    id: expect.any(Number),
    data: {
      channel: 'CHAT_WORKFLOW_RESPONSE',
      chatSessionId: chat.chatSessionId,
      instanceUuid,
      ...target({ orderId: 'ORD-7', tab: 'items' }),
    },
  })
  const behind = await member.stream(`${chat.at}/stream?after=${sent[0]?.id}`)
  await behind.next('the end', ({ event }) => event === 'instanceFinished')
  expect(behind.seen.map(({ event }) => event)).not.toContain('navigate')
  live.drop()
  behind.drop()
  const { body: log } = await member.get(`R/workflows/instances/${instanceUuid}/log`)
  expect(log.steps[0]).toMatchObject({
    stepId: 'go',
    type: 'navigate',
    status: 'completed',
    input: target({ orderId: 'ORD-7', tab: 'items' }),
    logs: ['To the page “Order details” of “Shop”.'],
  })
})

it('F106 what a turn was told fills the parameters, the page’s default an empty one', async () => {
  const chat = await open(
    leading(
      toOrder({
        pageId: '${userMessage}',
        parameters: { orderId: '${variables.order.id}', tab: '${uiFlowContext.?tab}' },
      }),
      { id: 7 },
    ),
  )
  const first = await chat.say('order-details')
  expect(await led(chat, first.body.instanceUuid)).toEqual([target({ orderId: 7, tab: 'items' })])
  const second = await chat.say('order-details', { uiFlowContext: { tab: 'returns' } })
  expect(await led(chat, second.body.instanceUuid)).toEqual([target({ orderId: 7, tab: 'returns' })])
})

it.each<[string, object, object, string]>([
  [
    'a required parameter that comes out empty',
    {},
    { id: '' },
    'The page “Order details” requires "orderId", which came out empty',
  ],
  ['one whose source is not there', {}, {}, '${variables.order.id}: No such key: id'],
  [
    'a page that is not there',
    { pageId: '${userMessage}' },
    { id: 1 },
    'The UI flow “Shop” has no page "Go": choose',
  ],
  [
    'a UI flow that is not there',
    { uiFlowId: '${userMessage}' },
    { id: 1 },
    'This app has no UI flow Go: choose',
  ],
])('F107 %s fails the step, and nobody is led anywhere', async (_, fields, order, words) => {
  const chat = await open(leading(toOrder(fields), order))
  const { instanceUuid } = (await chat.say('Go')).body
  const turn = await chat.turn(instanceUuid)
  expect(turn).toMatchObject({ status: 'failed', error: { message: expect.stringContaining(words) } })
  expect(turn.error.message).toMatch(/^Step “Navigate in UI flow” \(go\): /)
  expect(await world.events(instanceUuid, 'navigate')).toEqual([])
})

it('F107 a step that fails can be caught by its code, and one without its page’s parameter says so in the log', async () => {
  const flowId = await makeShop()
  const sorry = { id: 'sorry', type: 'message', text: '${error.code}: ${error.message}' }
  const chat = await open(
    leading(
      toOrder({ uiFlowId: flowId, parameters: { orderId: '1', tab: 'x' }, onError: { steps: [sorry] } }),
    ),
  )
  const rename = async (change: (flow: typeof uiFlows.$inferSelect.flow) => void) => {
    const [row] = await world.db.select().from(uiFlows).where(eq(uiFlows.uiFlowId, flowId))
    change(row!.flow)
    await world.db.update(uiFlows).set({ flow: row!.flow }).where(eq(uiFlows.uiFlowId, flowId))
  }
  await rename(({ pages }) => void pages[0]?.children[0]?.queryParameters.splice(1))
  const first = await chat.ask('Go')
  expect(await led(chat, first.body.instanceUuid)).toMatchObject([{ parameters: { orderId: '1' } }])
  const { body: log } = await api.as('member').get(`R/workflows/instances/${first.body.instanceUuid}/log`)
  expect(log.steps[0].logs).toContain('The page has no parameter "tab" any more: left out.')
  await api.as('admin').delete(`A/ui-flows/${flowId}`)
  const second = await chat.ask('Go')
  expect(second.body.replies[0].text).toBe(
    `NavigationRefused: This app has no UI flow ${flowId}: choose another destination.`,
  )
})

it('F105 F107 an output-focused run fails at the step', async () => {
  // Publish refuses it; a version from before would still be run.
  const workflowId = await world.publish({ steps: [{ id: 'end', type: 'end' }] })
  const definition = { type: 'output_focused' as const, name: 'Old', steps: [toOrder()] }
  await world.db.update(versions).set({ definition }).where(eq(versions.workflowId, workflowId))
  const run = await world.start(workflowId)
  expect(await world.ended(run)).toMatchObject({
    status: 'failed',
    view: { error: { code: 'WrongWorkflowType', message: expect.stringContaining('chat-driven') } },
  })
  expect(await world.events(run, 'navigate')).toEqual([])
})

it('F107 another worker that goes on with the turn leads nobody there again', async () => {
  const chat = await open({
    variables: { order: { id: 'ORD-7' } },
    steps: [
      {
        id: 'each',
        type: 'each',
        in: '${["items", "returns"]}',
        steps: [toOrder({ parameters: { orderId: '1', tab: '${item}' } })],
      },
      { id: 'more', type: 'ask', question: 'Anything else?', answer: { type: 'text' } },
      { id: 'end', type: 'end' },
    ],
  })
  const { instanceUuid } = (await chat.say('Show them')).body
  await chat.asked()
  await world.restartWorker()
  await chat.say('No')
  const tabs = (await led(chat, instanceUuid)).map(({ parameters }) => parameters.tab)
  expect(tabs).toEqual(['items', 'returns'])
})

it('F105 a test of a draft leads to the page, too', async () => {
  const admin = api.as('admin')
  const { body } = await admin.post('A/workflows', { name: 'Draft', type: 'chat_driven' })
  const draft = { name: 'Draft', type: 'chat_driven', ...leading(toOrder()) }
  await admin.put(`A/workflows/${body.workflowId}/draft`, draft)
  const chat = await openChat({ world, api }, body.workflowId, 'admin')
  const test = await admin.post(`A/workflows/${body.workflowId}/test`, {
    chatSessionId: chat.chatSessionId,
    userMessage: 'Go',
  })
  expect(test.status).toBe(202)
  world.followJob(sessionWorkflowId(world.workspaceId, chat.chatSessionId))
  expect(await led(chat, test.body.instanceUuid)).toHaveLength(1)
})
