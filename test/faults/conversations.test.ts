import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { LiveText } from '../../cli/conversation/live-text.ts'
import type { MessageReply, ParleyHttp, RunEvent } from '../../client/http.ts'
import { keys, Play } from '../cli/play.ts'
import { dice, seed } from '../harness/dice.ts'
import type { ChatBody } from '../harness/model-server.ts'
import { begin, call, chunk, say } from '../harness/model-wire.ts'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'

let stage: Stage
let workflowId: string
let deskId: string
beforeAll(async () => {
  stage = await createStage({
    apis: 2,
    reply: (body) => deskReply(body) ?? thinkingReply(body),
  })
  deskId = await stage.publish(desk)
  workflowId = await stage.publish({
    type: 'chat_driven',
    variables: { turns: 0 },
    steps: [
      { id: 'count', type: 'set', variables: { turns: '${variables.turns + 1}' } },
      { id: 'thought', type: 'draft', format: 'text', prompt: '${userMessage}' },
      { id: 'reply', type: 'message', text: '${variables.turns}: ${thought}' },
      { id: 'end', type: 'end' },
    ],
  } as object)
}, 180_000)
afterAll(() => stage.close())

/** An agent behind an intent: three model calls, of which the last writes the reply. */
const desk = {
  type: 'chat_driven',
  steps: [
    {
      id: 'wish',
      type: 'intent',
      intents: [
        {
          name: 'order',
          description: 'Asks about an order',
          steps: [{ id: 'reply', type: 'agent', chatReply: true, prompt: 'Answer: ${userMessage}' }],
        },
      ],
      otherwise: [],
    },
    { id: 'end', type: 'end' },
  ],
}

/** Which of the three calls of the desk a request is: another agent has tools. */
const callOf = ({ messages: [system, ...rest], tools }: ChatBody): string | undefined => {
  if (system?.content.includes('Task: classify')) return 'intent'
  if (!system?.content.includes('Task: agent') || tools) return undefined
  return rest.some(({ role }) => role === 'tool') ? 'reply' : 'tool call'
}

/** The reply to a broken order stops in its middle when it is written for the first time; to an endless one always. */
function deskReply(body: ChatBody) {
  const { messages } = body
  const which = callOf(body)
  if (which === undefined) return undefined
  if (which === 'intent') return '{"intent": "order", "confidence": 1}'
  if (which === 'tool call') return call('lookUp', '{}')
  const order = messages[1]?.content ?? ''
  const times = madeFor(order).filter((one) => one === 'reply').length
  const isWhole = order.startsWith('broken') ? times > 1 : !order.startsWith('endless')
  return isWhole
    ? say(`The whole reply to ${order}`)
    : (response: Parameters<typeof begin>[0]) => begin(response, chunk({ content: 'An older half ' }))
}

/** An agent calls the action first; everything else is thought of. */
function thinkingReply({ messages, tools }: ChatBody) {
  const last = messages.at(-1)
  if (tools && last?.role !== 'tool') return { call: 'think', arguments: { about: 'whales' } }
  return `Thought of: ${last?.content}`
}

const madeFor = (order: string) =>
  stage.model.requests.filter(({ messages }) => messages[1]?.content.includes(order)).map(callOf)

/** Says something until it is taken, as a client does that has written its key down. */
async function insist(
  parley: ParleyHttp,
  chatSessionId: string,
  userMessage: string,
  of = workflowId,
): Promise<MessageReply> {
  const idempotencyKey = randomUUID()
  return until(
    `"${userMessage}" to be taken`,
    () =>
      parley
        .sendMessage(chatSessionId, { workflowId: of, userMessage }, { idempotencyKey })
        .catch(() => undefined),
    60_000,
  )
}

/** Reads a conversation along: its events, and what stands on a page of the reply that is being written. */
function readAlong(chatSessionId: string) {
  const stop = new AbortController()
  const events: RunEvent[] = []
  const shown: string[] = []
  const live = new LiveText()
  const reading = (async () => {
    for await (const event of stage.parley.sessionEvents(chatSessionId, { signal: stop.signal })) {
      events.push(event)
      if (event.event === 'reset') live.clear()
      if (event.event === 'messageDelta') live.take(event.data)
      if (event.event === 'reset' || event.event === 'messageDelta') shown.push(live.text)
    }
  })()
  return {
    events,
    shown,
    stop: async () => {
      stop.abort()
      await reading
    },
  }
}

const textsOf = async (chatSessionId: string) =>
  (await stage.clients[1]?.session(chatSessionId))?.messages.map(({ role, text }) => `${role}: ${text}`)

it('F046 B01 a worker that is killed while an action runs: the action runs once, and nothing is asked anew', async () => {
  await stage.publish({
    name: 'Think',
    action: { name: 'think', description: 'Thinks', variables: [{ name: 'about', type: 'string' }] },
    steps: [
      { id: 'thought', type: 'draft', format: 'text', prompt: 'Think of ${input.about}' },
      { id: 'done', type: 'end', output: '${thought}' },
    ],
  })
  const desk = await stage.publish({
    type: 'chat_driven',
    steps: [
      { id: 'reply', type: 'agent', chatReply: true, prompt: 'Use @think for: ${userMessage}' },
      { id: 'end', type: 'end' },
    ],
  } as object)
  const asked = (words: string) =>
    stage.model.requests.filter(({ messages }) => JSON.stringify(messages).includes(words))
  const chatSessionId = randomUUID()
  const sent = stage.parley.sendMessage(chatSessionId, {
    workflowId: desk,
    userMessage: 'what do whales do',
  })
  await until('the action to run', () => {
    if (asked('what do whales do').length > 0) stage.model.hold()
    return asked('Think of whales').length > 0
  })
  stage.kill('worker')
  await stage.back('worker')
  stage.model.release()
  const { instanceUuid } = await sent
  expect((await stage.ended(instanceUuid)).status).toBe('completed')
  expect(await textsOf(chatSessionId)).toEqual([
    'user: what do whales do',
    'assistant: One moment, please.',
    'agent: Thought of: Thought of: Think of whales',
  ])
  expect(asked('what do whales do')).toHaveLength(2)
  const { items } = await stage.parley.instances({ kind: 'action' })
  expect(items).toMatchObject([{ status: 'completed', parentInstanceUuid: instanceUuid }])
}, 180_000)

it('B01 B12 API and worker are killed again and again: each message is one turn and one reply, and a reader misses and doubles nothing', async () => {
  const chatSessionId = randomUUID()
  const count = 6
  const stop = new AbortController()
  await insist(stage.parley, chatSessionId, 'm1')
  const ids: number[] = []
  const replies: string[] = []
  const reading = (async () => {
    for await (const { id, event, data } of stage.parley.sessionEvents(chatSessionId, {
      signal: stop.signal,
    })) {
      if (id !== undefined) ids.push(Number(id))
      if (event === 'message' && data.role === 'assistant') replies.push(data.text)
    }
  })()
  for (let n = 2; n <= count; n++) {
    const victim = n % 2 === 0 ? 'api' : 'worker'
    const sent = insist(stage.parley, chatSessionId, `m${n}`)
    stage.kill(victim)
    await stage.back(victim)
    await sent
  }
  await until('all replies at the reader', () => replies.length >= count, 60_000)
  const second: number[] = []
  const all = new AbortController()
  for await (const { id } of (stage.clients[1] as ParleyHttp).sessionEvents(chatSessionId, {
    signal: all.signal,
  })) {
    if (id !== undefined) second.push(Number(id))
    if (second.length >= ids.length) break
  }
  stop.abort()
  await reading
  expect(ids).toEqual(second)
  expect(replies).toEqual(
    Array.from({ length: count }, (_, index) => `${index + 1}: Thought of: m${index + 1}`),
  )
  expect((await textsOf(chatSessionId))?.filter((text) => text.startsWith('user'))).toHaveLength(count)
}, 180_000)

it('B01 Temporal is killed while messages come: none is lost or doubled', async () => {
  const chatSessionId = randomUUID()
  await insist(stage.parley, chatSessionId, 'before')
  stage.kill('temporal')
  const sent = insist(stage.parley, chatSessionId, 'meanwhile')
  await stage.back('temporal')
  const { instanceUuid } = await sent
  expect((await stage.ended(instanceUuid)).status).toBe('completed')
  expect(await textsOf(chatSessionId)).toEqual([
    'user: before',
    'assistant: 1: Thought of: before',
    'user: meanwhile',
    'assistant: 2: Thought of: meanwhile',
  ])
}, 180_000)

it('B01 B12 a worker that is killed while it writes a reply: one reply, no finished call is paid twice, and a reader’s text begins anew', async () => {
  const chatSessionId = randomUUID()
  const order = `broken order ${randomUUID()}`
  const { instanceUuid } = await insist(stage.parley, chatSessionId, order, deskId)
  const reader = readAlong(chatSessionId)
  await until('half a reply at the reader', () => reader.shown.includes('An older half '))
  stage.kill('worker')
  await stage.back('worker')
  expect((await stage.ended(instanceUuid)).status).toBe('completed')
  const whole = `The whole reply to ${order}`
  expect(await textsOf(chatSessionId)).toEqual([`user: ${order}`, `agent: ${whole}`])
  await until('the reply at the reader', () =>
    reader.events.some(({ event }) => event === 'instanceFinished'),
  )
  await reader.stop()
  expect(reader.shown).toEqual(['An older half ', '', whole])
  expect(madeFor(order)).toEqual(['intent', 'tool call', 'reply', 'reply'])
}, 180_000)

it('B01 B04 F120 a turn whose worker was killed is cancelled: no reply, and what it cost is known', async () => {
  const chatSessionId = randomUUID()
  const order = `endless order ${randomUUID()}`
  const { instanceUuid } = await insist(stage.parley, chatSessionId, order, deskId)
  await until('the reply to begin', () => madeFor(order).includes('reply'))
  stage.kill('worker')
  // Nobody is there to hear of it; it is said until somebody is.
  const cancelling = until('the cancel to be taken', () =>
    stage.parley.cancel(instanceUuid).catch(() => undefined),
  )
  await stage.back('worker')
  await cancelling
  expect(await stage.ended(instanceUuid)).toMatchObject({ status: 'cancelled', error: null })
  expect(await textsOf(chatSessionId)).toEqual([`user: ${order}`])
  const { steps, totals } = await stage.parley.log(instanceUuid)
  expect(steps.map(({ stepId, status }) => [stepId, status])).toEqual([
    ['wish', 'cancelled'],
    ['reply', 'cancelled'],
  ])
  expect(totals).toMatchObject({ modelCalls: 2 })
  expect(madeFor(order).filter((one) => one !== 'reply')).toEqual(['intent', 'tool call'])
  const next = await insist(stage.parley, chatSessionId, 'order of somebody patient', deskId)
  expect((await stage.ended(next.instanceUuid)).status).toBe('completed')
}, 180_000)

it('B01 the API is killed while somebody talks in the terminal: each message is said once, and its reply comes when it is back', async () => {
  const random = dice(seed)
  const chatSessionId = randomUUID()
  const args = ['--url', stage.urls[0] as string, 'chat', workflowId, '--session', chatSessionId]
  const talk = new Play(args, { onTerminal: true })
  await talk.sees('You')
  await talk.press('m1', keys.enter)
  await talk.sees('1: Thought of: m1')
  await talk.sees('You')
  // While it is sent; while the model works; while nobody hears it.
  await talk.press('m2')
  const sent = talk.press(keys.enter)
  await pause(random() * 40)
  stage.kill('api')
  await sent
  await stage.back('api')
  await talk.sees('2: Thought of: m2')
  await talk.sees('You')
  stage.model.hold()
  await talk.press('m3', keys.enter)
  await until('the model to be asked', () =>
    stage.model.requests.some(({ messages }) => messages.at(-1)?.content === 'm3'),
  )
  stage.kill('api')
  stage.model.release()
  await stage.back('api')
  await talk.sees('3: Thought of: m3')
  await talk.sees('You')
  stage.kill('api')
  await talk.press('m4', keys.enter)
  await stage.back('api')
  await talk.sees('4: Thought of: m4')
  await talk.sees('You')
  await talk.press(keys.ctrlC, keys.ctrlC)
  expect(await talk.done).toBe(0)
  expect(await textsOf(chatSessionId)).toEqual(
    [1, 2, 3, 4].flatMap((n) => [`user: m${n}`, `assistant: ${n}: Thought of: m${n}`]),
  )
}, 180_000)

it('B01 a worker that is killed before the first write of a conversation is done, and after it: its start is told first, and once', async () => {
  const database = new pg.Client({ connectionString: stage.databaseUrl })
  await database.connect()
  const eventsOf = async (chatSessionId: string): Promise<string[]> =>
    (
      await database.query('select event from journal where stream_id = $1 order by seq', [chatSessionId])
    ).rows.map(({ event }) => event)
  const startsOnce = async (chatSessionId: string, instanceUuid: string) => {
    expect((await stage.ended(instanceUuid)).status).toBe('completed')
    const events = await eventsOf(chatSessionId)
    expect(events.slice(0, 3)).toEqual(['sessionStarted', 'instanceStarted', 'turnOpened'])
    expect(events.filter((event) => event === 'sessionStarted')).toHaveLength(1)
  }

  // The last that the write comes to: what it has done before is undone with its worker.
  await database.query('begin')
  await database.query('lock table steps')
  const before = randomUUID()
  const first = await insist(stage.parley, before, 'before it')
  await until('the write to wait', async () => {
    const { rows } = await database.query("select from pg_stat_activity where wait_event_type = 'Lock'")
    return rows.length > 0
  })
  stage.kill('worker')
  await database.query('rollback')
  expect(await eventsOf(before)).toEqual([])
  await stage.back('worker')
  await startsOnce(before, first.instanceUuid)

  stage.model.hold()
  const after = randomUUID()
  const second = await insist(stage.parley, after, 'after it')
  await until('the model to be asked', () =>
    stage.model.requests.some(({ messages }) => messages.at(-1)?.content === 'after it'),
  )
  stage.kill('worker')
  stage.model.release()
  await stage.back('worker')
  await startsOnce(after, second.instanceUuid)
  await database.end()
}, 180_000)
