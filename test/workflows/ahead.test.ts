import { fail } from '../../shared/temporal/failure.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { type Chat, openChat } from '../harness/chat.ts'
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

const agent = { id: 'reply', type: 'agent', prompt: 'Answer: ${userMessage}', chatReply: true }
const wish = (...steps: object[]) => ({
  id: 'wish',
  type: 'intent',
  intents: [{ name: 'order', description: 'Asks about an order', steps }],
  otherwise: [{ id: 'menu', type: 'message', text: 'Orders only.' }],
})
const end = { id: 'end', type: 'end' }
const order = { intent: 'order', confidence: 0.75 }

/** What a conversation asked its workers to do. */
async function activities({ chatSessionId }: Chat): Promise<(string | null | undefined)[]> {
  const handle = world.client.workflow.getHandle(sessionWorkflowId(world.workspaceId, chatSessionId))
  const { events } = await handle.fetchHistory()
  const names = (events ?? []).map(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name,
  )
  return names.filter((name) => name !== undefined)
}

/** What readers were told of a turn, in their order. */
async function told(instanceUuid: string): Promise<string[]> {
  const rows = await world.journal(instanceUuid)
  return rows.map(({ event, data: { stepId, output } }) =>
    [event, stepId, ...(output ? [JSON.stringify(output)] : [])].filter(Boolean).join(' '),
  )
}

it('the agent behind an intent is done in the same go, to the end of the turn, and told of as ever', async () => {
  const chat = await openChat({ world, api }, { steps: [wish(agent), end] })
  world.models.will(order, 'On Monday.')
  const { body } = await chat.ask('When?')
  expect(await chat.texts()).toEqual(['user: When?', 'agent: On Monday.'])
  expect(await activities(chat)).toEqual(['classifyIntent'])
  expect(await told(body.instanceUuid)).toEqual([
    'instanceStarted',
    'turnOpened',
    'message',
    'stepStarted wish',
    'stepStarted reply',
    'message reply',
    'stepFinished reply',
    'progress',
    'stepFinished wish {"intent":"order","confidence":0.75}',
    'stepStarted end',
    'stepFinished end',
    'progress',
    'instanceFinished',
  ])
})

it('what stands behind the agent goes on with what it gave', async () => {
  const quiet = { ...agent, chatReply: false }
  const say = { id: 'say', type: 'message', text: '${reply} (${wish.intent}, ${wish.confidence})' }
  const chat = await openChat({ world, api }, { steps: [wish(quiet, say), end] })
  world.models.will(order, 'On Monday.')
  await chat.ask('When?')
  expect((await chat.texts()).at(-1)).toBe('assistant: On Monday. (order, 0.75)')
  expect(await activities(chat)).toEqual(['classifyIntent', 'writeEntries'])
})

it('an agent that hangs on the intent waits for it', async () => {
  const curious = { ...agent, prompt: 'Of ${wish.confidence}: ${userMessage}' }
  const chat = await openChat({ world, api }, { steps: [wish(curious), end] })
  world.models.will(order, 'On Monday.')
  await chat.ask('When?')
  expect(world.models.requests.at(-1)?.system).toContain('Of 0.75: When?')
  expect(await activities(chat)).toEqual(['classifyIntent', 'runAgent'])
})

it.each([
  ['another intent', { intent: 'otherwise', confidence: 1 }, 'assistant: Orders only.'],
  ['none that is known', { intent: 'parrot', confidence: 1 }, 'assistant: Orders only.'],
])('%s leads elsewhere, and nothing that was foreseen is done', async (_, said, last) => {
  const chat = await openChat({ world, api }, { steps: [wish(agent), end] })
  world.models.will(...(said.intent === 'parrot' ? [said, said, said] : [said]))
  await chat.ask('When?')
  expect((await chat.texts()).at(-1)).toBe(last)
})

it('an agent that fails takes its own path, is asked no more, and the next turn goes on', async () => {
  const failing = { ...agent, onError: { steps: [{ id: 'sorry', type: 'message', text: '${error.code}' }] } }
  const chat = await openChat({ world, api }, { steps: [wish(failing), end] })
  world.models.will(order, () => {
    throw fail('ProviderRefused', 'Not today.')
  })
  const { body } = await chat.ask('When?')
  expect((await chat.texts()).at(-1)).toBe('assistant: ProviderRefused')
  expect((await told(body.instanceUuid)).filter((one) => one.startsWith('stepFailed'))).toEqual([
    'stepFailed reply',
  ])
  world.models.will(order, 'Better.')
  await chat.ask('And now?')
  expect((await chat.texts()).at(-1)).toBe('agent: Better.')
})

it('a provider that is busy is asked again for the agent alone', async () => {
  const retry = { attempts: 4, backoff: 'PT1S' }
  const chat = await openChat({ world, api }, { steps: [{ ...wish({ ...agent, retry }), retry }, end] })
  world.models.requests.length = 0
  world.models.will(
    order,
    () => {
      throw fail('ProviderBusy', 'Wait.', { retryAfter: 10 })
    },
    'On Monday.',
  )
  await chat.ask('When?')
  expect(await chat.texts()).toEqual(['user: When?', 'agent: On Monday.'])
  expect(world.models.requests.map(({ json }) => json !== undefined)).toEqual([true, false, false])
  expect(await activities(chat)).toEqual(['classifyIntent'])
})
