import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { asc, eq } from 'drizzle-orm'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { calls, journal, memories, memoryTurns, outcomes, steps } from '../../storage/sql/schema.ts'
import { type Events, startApi, type TestApi } from '../harness/api.ts'
import { dice, seed } from '../harness/dice.ts'
import { say, tell } from '../harness/model-wire.ts'
import { percentile } from '../harness/percentile.ts'
import { until } from '../harness/until.ts'
import { startWebServer, type WebServer } from '../harness/web-server.ts'
import { createWorld, type World } from '../harness/world.ts'

const limit = 240_000
const sessionCount = 25
const turnsEach = 8
/** How many conversations are replayed: all of them do the same things. */
const replayed = 3
const words = 10
/** Milliseconds between two pieces: the model has to be at work still when it hears of the cancel. */
const pace = { classify: 500, agent: 200, suggest: 600 }

/** Where in a turn it is cancelled. */
const moments = ['at once', 'in the intent', 'in the reply', 'behind the reply', 'at the end'] as const
type Moment = (typeof moments)[number]

/** One request of the model's server, as it went. */
interface Asked {
  topic: string
  task: string
  body: string
  /** Pieces that were sent. */
  pieces: number
  isDone: boolean
  /** When its connection was closed before the answer was complete. */
  brokenAt?: number
}

interface Turn {
  topic: string
  moment: Moment
  instanceUuid: string
  messageId: string
  /** When the cancel was asked for, how long that took, and what the API said to it. */
  cancelAt: number
  took: number
  answered: number
  status: string
}

interface Conversation {
  chatSessionId: string
  at: string
  turns: Turn[]
  stream: Events
}

const desk = {
  name: 'Desk',
  type: 'chat_driven',
  variables: { asked: 0 },
  chat: { memory: { strategy: 'summary', turns: 2 } },
  steps: [
    { id: 'count', type: 'set', variables: { asked: '${variables.asked + 1}' } },
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
            },
          ],
        },
      ],
      otherwise: [{ id: 'menu', type: 'message', text: 'I can help with orders.' }],
    },
    { id: 'end', type: 'end' },
  ],
}

/** What a turn is known by, in what is said and in what is replied. */
const topicOf = (session: number, turn: number) => `${session}x${turn}e`
const promptOf = (topic: string) => `Where is order p${topic}?`
const pieceOf = (topic: string, index: number) => `r${topic}-${index} `
const replyOf = (topic: string) =>
  Array.from({ length: words }, (_, index) => pieceOf(topic, index))
    .join('')
    .trim()

let server: WebServer
let world: World
let api: TestApi
const asked: Asked[] = []
const conversations: Conversation[] = []
const random = dice(seed)

/** What the model's server does: it writes slowly, so that there is a middle of everything. */
function behave(body: string, response: ServerResponse): void {
  const { messages } = JSON.parse(body) as { messages: { role: string; content: string }[] }
  const task = /Task: (\w+)/.exec(messages[0]?.content ?? '')?.[1] ?? ''
  const user = messages.find(({ role }) => role === 'user')?.content ?? ''
  const topic = /order p(\d+x\d+e)/.exec(user)?.[1] ?? ''
  const one: Asked = { topic, task, body, pieces: 0, isDone: false }
  asked.push(one)
  response.on('close', () => {
    if (response.writableFinished) one.isDone = true
    else one.brokenAt = performance.now()
  })
  const slowly = (pieces: string[], every: number) =>
    tell(pieces, every, (index) => {
      one.pieces = index + 1
    })(response)
  const answers: Record<string, () => unknown> = {
    classify: () => slowly(['{"intent":', '"order",', '"confidence":0.9}'], pace.classify),
    agent: () =>
      slowly(
        Array.from({ length: words }, (_, index) => pieceOf(topic, index)),
        pace.agent,
      ),
    suggest: () => slowly(['{"suggestions":', '["When?",', '"Where?"]}'], pace.suggest),
  }
  ;(answers[task] ?? (() => say('They asked about orders.')(response)))()
}

const of = (topic: string, task: string) => asked.find((one) => one.topic === topic && one.task === task)

/** Waits for the moment. A turn that is over before never waits in vain. */
async function come(moment: Moment, topic: string, isOver: () => boolean): Promise<void> {
  const reached = (what: string, has: () => boolean | undefined) => until(what, () => isOver() || has())
  if (moment === 'in the intent') await reached('the intent', () => of(topic, 'classify') !== undefined)
  if (moment === 'in the reply') {
    const some = Math.floor(random() * (words + 1))
    await reached('the reply', () => {
      const reply = of(topic, 'agent')
      return reply && reply.pieces >= some
    })
  }
  if (moment === 'behind the reply')
    await reached('the suggestions', () => of(topic, 'suggest') !== undefined)
  if (moment === 'at the end') await reached('the last token', () => of(topic, 'suggest')?.isDone)
  await pause(random() * 150)
}

async function converse(session: number): Promise<Conversation> {
  const chatSessionId = randomUUID()
  const at = `R/chat/sessions/${chatSessionId}`
  const as = api.as('member')
  const turns: Turn[] = []
  let stream: Events | undefined
  const send = async (topic: string) => {
    const { status, body } = await as.post(`${at}/messages`, { workflowId, userMessage: promptOf(topic) })
    expect([topic, status]).toEqual([topic, 202])
    stream ??= await as.stream(`${at}/stream`)
    return body as { instanceUuid: string; messageId: string }
  }
  const endOf = (instanceUuid: string) =>
    stream?.seen.find(({ event, data }) => event === 'instanceFinished' && data.instanceUuid === instanceUuid)
  for (let number = 1; number <= turnsEach; number++) {
    const topic = topicOf(session, number)
    const moment = moments[Math.floor(random() * moments.length)] as Moment
    const taken = await send(topic)
    await come(moment, topic, () => endOf(taken.instanceUuid) !== undefined)
    const cancelAt = performance.now()
    const { status: answered } = await as.post(`R/workflows/instances/${taken.instanceUuid}/cancel`)
    const took = performance.now() - cancelAt
    const end = await until(`the end of ${topic} (${moment})`, () => endOf(taken.instanceUuid))
    turns.push({ ...taken, topic, moment, cancelAt, took, answered, status: end.data.status })
  }
  const last = topicOf(session, turnsEach + 1)
  const { instanceUuid } = await send(last)
  const end = await until('the end of the last turn', () => endOf(instanceUuid))
  expect([last, end.data.status]).toEqual([last, 'completed'])
  return { chatSessionId, at, turns, stream: stream as Events }
}

let workflowId: string
beforeAll(async () => {
  server = await startWebServer(({ body }, response) => behave(body, response))
  const models = createOpenAiModels({ apiKey: 'test', baseUrl: `${server.url}/v1`, model: 'test-model' })
  world = await createWorld((deps) => ({ ...deps, models }))
  api = await startApi({ world })
  workflowId = await api.publish(desk)
  const began = performance.now()
  conversations.push(...(await Promise.all(Array.from({ length: sessionCount }, (_, n) => converse(n)))))
  for (const { stream } of conversations) stream.drop()
  const waits = closings()
  const cancelledAt = (moment: Moment) =>
    allTurns().filter((turn) => turn.moment === moment && turn.status === 'cancelled').length
  const figures = {
    seed,
    seconds: Math.round((performance.now() - began) / 1_000),
    cancelled: Object.fromEntries(moments.map((moment) => [moment, cancelledAt(moment)])),
    completed: allTurns().filter(({ status }) => status === 'completed').length,
    brokenOff: waits.length,
    'cancel to closed connection, ms': {
      p50: Math.round(percentile(waits, 0.5)),
      p95: Math.round(percentile(waits, 0.95)),
    },
  }
  process.stdout.write(`cancelled turns: ${JSON.stringify(figures)}\n`)
}, limit)
afterAll(async () => {
  await api.close()
  await world.close()
  await server.close()
})

const allTurns = () => conversations.flatMap(({ turns }) => turns)
const entriesOf = ({ chatSessionId }: Conversation) =>
  world.db.select().from(journal).where(eq(journal.streamId, chatSessionId)).orderBy(asc(journal.seq))

/** Milliseconds from each request to cancel to the end of the connection that it broke. */
const closings = (): number[] =>
  allTurns().flatMap(({ topic, cancelAt }) =>
    asked.flatMap((one) =>
      one.topic === topic && one.brokenAt !== undefined && one.brokenAt > cancelAt
        ? [one.brokenAt - cancelAt]
        : [],
    ),
  )

it('B04 F118 every turn that is cancelled ends once, as cancelled or as completed, and the API says no other', async () => {
  for (const conversation of conversations) {
    const ends = (await entriesOf(conversation)).filter(({ event }) => event === 'instanceFinished')
    for (const { instanceUuid, topic, answered, status } of conversation.turns) {
      const own = ends.filter((one) => one.instanceUuid === instanceUuid).map(({ data }) => data.status)
      expect([topic, own]).toEqual([topic, [status]])
      expect(['cancelled', 'completed']).toContain(status)
      const page = await api.as('member').get(`R/workflows/instances/${instanceUuid}`)
      expect([topic, page.body.status]).toEqual([topic, status])
      if (status === 'cancelled') expect([topic, answered]).toEqual([topic, 202])
    }
  }
  // Cancelled early and late, so that the rest is about something.
  const cancelled = allTurns().filter(({ status }) => status === 'cancelled')
  expect(new Set(cancelled.map(({ moment }) => moment)).size).toBeGreaterThanOrEqual(4)
  expect(allTurns().length - cancelled.length).toBeGreaterThan(0)
})

it('B04 F120 a cancel closes the connection to the provider, and no later one is opened', () => {
  const waits = closings()
  expect(waits.length).toBeGreaterThan(50)
  // A second on a machine that does nothing else. How long the requests themselves took says how busy it is.
  const took = percentile(
    allTurns().map((turn) => turn.took),
    0.95,
  )
  expect(percentile(waits, 0.95)).toBeLessThan(2_000 + 3 * took)
  for (const { topic, status } of allTurns().filter((turn) => turn.status === 'cancelled')) {
    const own = asked.filter((one) => one.topic === topic)
    expect([topic, status, own.every((one) => one.isDone || one.brokenAt !== undefined)]).toEqual([
      topic,
      status,
      true,
    ])
  }
})

it('B04 F119 F120 nothing of a cancelled reply is stored or shown, and its prompt stays, marked', async () => {
  for (const conversation of conversations) {
    const { at, chatSessionId, stream, turns } = conversation
    const { body: session } = await api.as('member').get(`${at}?limit=100`)
    const entries = await entriesOf(conversation)
    const durable = stream.seen.filter(({ id }) => id !== undefined)
    const ofAll = JSON.stringify([entries, durable, session])
    for (const { topic, instanceUuid, messageId, status } of turns) {
      const said = session.messages.filter(
        (one: { instanceUuid: string }) => one.instanceUuid === instanceUuid,
      )
      if (status === 'completed') {
        expect(said).toMatchObject([
          { role: 'user', text: promptOf(topic) },
          { role: 'agent', text: replyOf(topic), suggestions: ['When?', 'Where?'] },
        ])
        expect(said[0].cancelled).toBeUndefined()
        continue
      }
      expect(said).toMatchObject([{ role: 'user', text: promptOf(topic), messageId, cancelled: true }])
      const at = `R/workflows/instances/${instanceUuid}`
      const shown = await Promise.all(
        ['', '/log', '/export'].map(async (path) => {
          const response = await api.as('member').send(`${at}${path}`, {})
          expect([path, response.status]).toEqual([path, 200])
          return response.text()
        }),
      )
      const kept = await Promise.all(
        [calls, outcomes, steps].map((table) =>
          world.db.select().from(table).where(eq(table.instanceUuid, instanceUuid)),
        ),
      )
      const everything = ofAll + JSON.stringify([shown, kept])
      expect([topic, everything.includes(`r${topic}`)]).toEqual([topic, false])
      const told = (list: { event: string; data: Record<string, unknown> }[]) =>
        list.filter(({ event, data }) => event === 'chatCancelled' && data.messageId === messageId).length
      expect([topic, told(durable), told(entries)]).toEqual([topic, 1, 1])
    }
    const [held] = await world.db.select().from(memories).where(eq(memories.chatSessionId, chatSessionId))
    expect(held?.turns).toBe(turns.filter(({ status }) => status === 'completed').length + 1)
  }
})

it('B04 F120 memory has what was completed and nothing else, and no later model call has a cancelled prompt', async () => {
  for (const [index, { chatSessionId, turns }] of conversations.entries()) {
    const kept = await world.db
      .select({ user: memoryTurns.user, agent: memoryTurns.agent })
      .from(memoryTurns)
      .where(eq(memoryTurns.chatSessionId, chatSessionId))
      .orderBy(asc(memoryTurns.number))
    const completed = turns.filter(({ status }) => status === 'completed').map(({ topic }) => topic)
    expect(kept).toEqual(
      [...completed, topicOf(index, turnsEach + 1)].map((topic) => ({
        user: promptOf(topic),
        agent: replyOf(topic),
      })),
    )
    const { variables } = (await api.as('member').get(`R/chat/sessions/${chatSessionId}`)).body
    expect(variables).toEqual({ asked: completed.length + 1 })
  }
  for (const { topic, status } of allTurns()) {
    if (status !== 'cancelled') continue
    const others = asked.filter((one) => one.topic !== topic || one.task === 'summarise')
    const leaks = others.filter(({ body }) => body.includes(`p${topic}`) || body.includes(`r${topic}`))
    expect([topic, leaks.map((one) => [one.task, one.topic])]).toEqual([topic, []])
  }
})

it('B04 histories of such conversations replay, and hold nothing of a cancelled reply', async () => {
  for (const { chatSessionId, turns } of conversations.slice(0, replayed)) {
    const temporalId = sessionWorkflowId(world.workspaceId, chatSessionId)
    world.followJob(temporalId)
    const history = textIn(await world.client.workflow.getHandle(temporalId).fetchHistory())
    for (const { topic, status } of turns)
      if (status === 'cancelled') expect([topic, history.includes(`r${topic}`)]).toEqual([topic, false])
  }
  await world.replay()
}, 60_000)

/** All bytes of a history as text. */
function textIn(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return ''
  return Object.values(value).map(textIn).join('\n')
}
