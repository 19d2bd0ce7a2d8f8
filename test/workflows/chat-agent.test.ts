import { eq } from 'drizzle-orm'
import { memoryTurns } from '../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { openChat } from '../harness/chat.ts'
import { calls, hang } from '../harness/scripted-models.ts'
import { type Shop, startShop } from '../harness/shop.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let shop: Shop

beforeAll(async () => {
  shop = await startShop()
  world = await createWorld(shop.adapt)
  api = await startApi({ world })
  await shop.join(world)
})
beforeEach(() => {
  shop.calm()
  world.models.requests.length = 0
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
  await shop.server.close()
})

const desk = {
  chat: { memory: { strategy: 'summary', turns: 1 } },
  steps: [
    {
      id: 'wish',
      type: 'intent',
      useMemory: true,
      intents: [
        {
          name: 'order',
          description: 'Asks about an order',
          steps: [
            {
              id: 'reply',
              type: 'agent',
              chatReply: true,
              useMemory: true,
              suggestions: true,
              prompt: 'Answer: ${userMessage}',
              tools: [
                { integration: 'shop', operation: 'getOrder' },
                { integration: 'shop', operation: 'refund', approval: true },
              ],
            },
          ],
        },
      ],
      otherwise: [{ id: 'menu', type: 'message', text: 'I can help with orders.' }],
    },
    { id: 'end', type: 'end' },
  ],
}
const order = { intent: 'order', confidence: 0.9 }
const next = { suggestions: ['When does it come?', 'Pay it back'] }
const turnsOf = (chatSessionId: string) =>
  world.db.select().from(memoryTurns).where(eq(memoryTurns.chatSessionId, chatSessionId))

it('F082 F095 a conversation routes by intent, uses a tool, suggests, and remembers', async () => {
  const chat = await openChat({ world, api }, desk)
  world.models.will(order, calls(['getOrder', { id: 'A7' }]), 'A7 was **sent**.', next)
  const first = await chat.ask('Where is my order A7?')
  expect(first.body).toMatchObject({ suggestions: next.suggestions })
  expect(await chat.texts()).toEqual(['user: Where is my order A7?', 'agent: A7 was **sent**.'])
  // Past the turns in full there is a summary, made beside the conversation.
  world.models.will(order, 'On Monday.', next, 'They asked about A7.')
  await chat.ask('And when does it come?')
  for (const at of [4, 5]) {
    const { system = '' } = world.models.requests[at] ?? {}
    expect(system).toContain('User: Where is my order A7?\nAgent: A7 was **sent**.')
    expect(system.match(/^User: /gm)).toHaveLength(1)
  }
  await until('the summary', () =>
    world.models.requests.some(({ system }) => system.includes('Task: summarise')),
  )
  world.models.will({ intent: 'otherwise', confidence: 0.9 })
  await chat.ask('Fine weather')
  expect((await chat.texts()).at(-1)).toBe('assistant: I can help with orders.')
})

it('F090 a call that a person has to allow is asked for in the chat', async () => {
  const chat = await openChat({ world, api }, desk)
  world.models.will(order, calls(['refund', { id: 'A7', amount: 5 }]), 'Paid back.', next)
  const { body } = await chat.say('Pay A7 back')
  const request = await chat.asked()
  expect(request).toMatchObject({ kind: 'approval', question: 'May “shop.refund” be called?' })
  expect(shop.server.received).toEqual([])
  const decided = await api.as('member').post(`R/workflows/instances/${body.instanceUuid}/decisions`, {
    requestId: request.requestId,
    decision: 'approve',
  })
  expect(decided.status).toBe(200)
  await chat.turn(body.instanceUuid)
  expect((await chat.texts()).at(-1)).toBe('agent: Paid back.')
  expect(shop.server.received).toHaveLength(1)
})

it('F121 F119 F120 a reply that is cancelled is told as chatCancelled, and is in no history and no later model call', async () => {
  const chat = await openChat({ world, api }, desk)
  world.models.will(order, hang('Half a re'))
  const { body } = await chat.say('Where is canary?')
  await until('the reply to begin', () => world.models.requests.length === 2)
  await api.as('member').post(`R/workflows/instances/${body.instanceUuid}/cancel`)
  expect((await chat.turn(body.instanceUuid)).status).toBe('cancelled')
  const stream = await api.as('member').stream(`${chat.at}/stream`)
  const told = await stream.next('the cancel', ({ event }) => event === 'chatCancelled')
  expect(told.data).toMatchObject({ channel: 'CHAT_WORKFLOW_RESPONSE', messageId: body.messageId })
  stream.drop()
  expect(await turnsOf(chat.chatSessionId)).toEqual([])
  world.models.requests.length = 0
  world.models.will(order, 'Here.', next)
  await chat.ask('Hello again')
  expect(JSON.stringify(world.models.requests)).not.toContain('canary')
  expect(await chat.texts()).toEqual([
    'user: Where is canary? (cancelled)',
    'user: Hello again',
    'agent: Here.',
  ])
})
