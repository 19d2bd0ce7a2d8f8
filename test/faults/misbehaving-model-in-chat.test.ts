import { eq } from 'drizzle-orm'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import { journal } from '../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { type Chat, openChat } from '../harness/chat.ts'
import {
  answer,
  type Behaviour,
  breakOff,
  call,
  chunk,
  drip,
  flood,
  refuse,
  say,
  silence,
} from '../harness/model-wire.ts'
import { type Shop, startShop } from '../harness/shop.ts'
import { until } from '../harness/until.ts'
import { startWebServer, type WebServer } from '../harness/web-server.ts'
import { createWorld, type World } from '../harness/world.ts'

const limit = 60_000
/** What a neighbour may wait on a machine that does other things too. */
const neighbourly = 10_000

let server: WebServer
let shop: Shop
let world: World
let api: TestApi
let neighbour: Chat
/** What the model does in turn, by what it is asked about; the last one again and again. */
const behaviours = new Map<string, Behaviour[]>()
const asked = new Map<string, number>()
const closed = new Map<string, number>()

beforeAll(async () => {
  server = await startWebServer(({ body }, response) => {
    const topic = /about <(.*?)>/.exec(body)?.[1] ?? ''
    const times = asked.get(topic) ?? 0
    asked.set(topic, times + 1)
    response.on('close', () => closed.set(topic, (closed.get(topic) ?? 0) + 1))
    const all = behaviours.get(topic) ?? [say('Written')]
    all[Math.min(times, all.length - 1)]?.(response)
  })
  shop = await startShop()
  const models = createOpenAiModels({ apiKey: 'test', baseUrl: `${server.url}/v1`, model: 'test-model' })
  world = await createWorld((deps) => ({ ...shop.adapt(deps), models }))
  await shop.join(world)
  api = await startApi({ world })
  neighbour = await openChat({ world, api }, { steps: [reply(), end] })
}, limit)
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
  await shop.server.close()
  await server.close()
})

const end = { id: 'end', type: 'end' }
const twice = { retry: { attempts: 2, backoff: 'PT0S' } }
const inTime = { limits: { time: 'PT1S' } }
const soon = { timeout: 'PT1S' }

const reply = (more: object = {}) => ({
  id: 'reply',
  type: 'agent',
  chatReply: true,
  prompt: 'Answer: ${userMessage}',
  ...more,
})
/** Three kinds of step that ask a model, each with what makes its result visible. */
const kinds = {
  'chat reply': (more: object) => [reply(more)],
  object: (more: object) => [
    {
      ...reply(more),
      chatReply: false,
      responseSchema: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
    },
    { id: 'shown', type: 'message', text: 'n is ${reply.n}' },
  ],
  intent: (more: object) => [
    {
      id: 'wish',
      type: 'intent',
      intents: [
        {
          name: 'order',
          description: 'Asks about an order',
          steps: [{ id: 'order', type: 'message', text: 'An order.' }],
        },
      ],
      otherwise: [{ id: 'menu', type: 'message', text: 'The menu.' }],
      ...more,
    },
  ],
}
type Kind = keyof typeof kinds

interface End {
  /** What is replied; or the code and some words of what went wrong. */
  replies?: string[]
  code?: string
  words?: string
  requests: number
}
const failed = (code: string, words: string, requests = 1): End => ({ code, words, requests })
const replied = (text: string, requests: number): End => ({ replies: [text], requests })

const order = say('{"intent": "order", "confidence": 0.9}')
const unknownTool = call('launchRockets', '{}')
const getOrder = call('getOrder', '{"id": "A7"}')
const withTool = { tools: [{ integration: 'shop', operation: 'getOrder' }] }
const late = failed('AgentStopped', 'longer than its limit of PT1S')
const timedOut = failed('TimedOut', 'PT1S')
const broken = failed('ProviderBusy', 'Tried 2 times', 2)
const refused = failed('ProviderRefused', 'I will not.')
const tooLong = failed('ProviderRefused', '1000000 characters')
const endless = failed('ProviderRefused', 'stopped')
const noForm = failed('ModelOutputInvalid', 'required form', 3)
const badKey = failed('ProviderRefused', 'Check OPENAI_API_KEY')
const pieces = flood(chunk({ content: 'x'.repeat(50_000) }))

it.each<[what: string, kind: Kind, all: Behaviour[], step: object, end: End]>([
  ['never answers', 'chat reply', [silence], inTime, late],
  ['drips', 'chat reply', [drip], inTime, late],
  ['breaks off', 'chat reply', [breakOff], twice, broken],
  ['breaks off, once', 'chat reply', [breakOff, say('Whole')], twice, replied('Whole', 2)],
  ['says nothing', 'chat reply', [say('')], {}, failed('ModelOutputInvalid', 'nothing came', 3)],
  ['refuses', 'chat reply', [refuse], {}, refused],
  ['writes 5 MB', 'chat reply', [pieces], {}, tooLong],
  ['writes 5 MB in one line', 'chat reply', [flood('x'.repeat(50_000))], {}, endless],
  ['calls the same tool for ever', 'chat reply', [getOrder], withTool, failed('AgentStopped', '3 times', 3)],
  [
    'calls an unknown tool for ever',
    'chat reply',
    [unknownTool],
    { ...withTool, limits: { steps: 3 } },
    failed('AgentStopped', 'after 3 model calls', 3),
  ],
  ['calls an unknown tool, once', 'chat reply', [unknownTool, say('Without')], {}, replied('Without', 2)],
  [
    'answers 429, and how long to wait',
    'chat reply',
    [answer(429, { 'retry-after': '1' }), say('At last')],
    twice,
    replied('At last', 2),
  ],
  ['answers 429', 'chat reply', [answer(429), say('At last')], twice, replied('At last', 2)],
  ['answers 429 for ever', 'chat reply', [answer(429)], twice, failed('ProviderBusy', '429', 2)],
  ['answers 400', 'chat reply', [answer(400)], {}, failed('ProviderRefused', '400')],
  ['answers 401', 'chat reply', [answer(401)], {}, badKey],

  ['never answers', 'object', [silence], inTime, late],
  ['drips', 'object', [drip], inTime, late],
  ['breaks off', 'object', [breakOff], twice, broken],
  ['sends no JSON', 'object', [say('{"n": ')], {}, failed('ModelOutputInvalid', 'not JSON', 3)],
  ['sends another form', 'object', [say('{"n": "one"}')], {}, noForm],
  ['sends another form, once', 'object', [say('[]'), say('{"n": 1}')], {}, replied('n is 1', 2)],
  ['says nothing', 'object', [say('')], {}, noForm],
  ['refuses', 'object', [refuse], {}, refused],
  ['writes 5 MB', 'object', [pieces], {}, tooLong],
  ['calls an unknown tool, once', 'object', [unknownTool, say('{"n": 2}')], {}, replied('n is 2', 2)],
  ['answers 429', 'object', [answer(429), say('{"n": 3}')], twice, replied('n is 3', 2)],
  ['answers 401', 'object', [answer(401)], {}, badKey],

  ['never answers', 'intent', [silence], soon, timedOut],
  ['drips', 'intent', [drip], soon, timedOut],
  ['breaks off', 'intent', [breakOff], twice, broken],
  ['breaks off, once', 'intent', [breakOff, order], twice, replied('An order.', 2)],
  ['sends no JSON', 'intent', [say('An order, I think')], {}, replied('The menu.', 3)],
  [
    'names an intent that there is not',
    'intent',
    [say('{"intent": "toString", "confidence": 1}')],
    {},
    replied('The menu.', 3),
  ],
  ['says nothing', 'intent', [say('')], {}, replied('The menu.', 3)],
  ['says nothing, once', 'intent', [say(''), order], {}, replied('An order.', 2)],
  ['calls an unknown tool', 'intent', [unknownTool], {}, replied('The menu.', 3)],
  ['refuses', 'intent', [refuse], {}, refused],
  ['writes 5 MB', 'intent', [pieces], {}, tooLong],
  ['answers 429 for ever', 'intent', [answer(429)], twice, failed('ProviderBusy', '429', 2)],
  ['answers 400', 'intent', [answer(400)], {}, failed('ProviderRefused', '400')],
  ['answers 401', 'intent', [answer(401)], {}, badKey],
])(
  'a model that %s (%s): the turn ends as it should, another conversation goes its way, and this one goes on',
  async (what, kind, all, step, { replies = [], code, words = '', requests }) => {
    const topic = `${what}, ${kind}`
    behaviours.set(topic, all)
    const chat = await openChat({ world, api }, { steps: [...kinds[kind](step), end] })
    const asking = chat.ask(`Tell me about <${topic}>`)
    await until('the model to be asked', () => asked.has(topic))
    const began = Date.now()
    const beside = await neighbour.ask(`Tell me about <${topic}, beside>`)
    expect(beside.body).toMatchObject({ status: 'completed', replies: [{ text: 'Written' }] })
    expect(Date.now() - began).toBeLessThan(neighbourly)

    const { status, body } = await asking
    expect([status, body.status, body.error?.code]).toEqual([200, code ? 'failed' : 'completed', code])
    expect(body.error?.message ?? '').toContain(words)
    expect(body.replies.map(({ text }: { text: string }) => text)).toEqual(replies)
    expect(asked.get(topic)).toBe(requests)
    await until('every connection to be closed', () => closed.get(topic) === requests)
    const told = await world.db.select().from(journal).where(eq(journal.streamId, chat.chatSessionId))
    expect(JSON.stringify(told)).not.toMatch(/Half an ans|xxxxx/)

    behaviours.set(`${topic}, again`, [
      kind === 'intent' ? order : say(kind === 'object' ? '{"n": 7}' : 'Fine'),
    ])
    const again = await chat.ask(`Tell me about <${topic}, again>`)
    expect(again.body).toMatchObject({ status: 'completed', error: null, replies: [{}] })
  },
  limit,
)
