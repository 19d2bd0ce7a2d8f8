import { randomUUID } from 'node:crypto'
import type { MessageReply, ParleyHttp } from '../../client/http.ts'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'

const limit = 180_000

let stage: Stage
let workflowId: string
beforeAll(async () => {
  stage = await createStage({
    apis: 2,
    reply: ({ messages, tools }) => {
      const last = messages.at(-1)
      if (tools && last?.role !== 'tool') return { call: 'think', arguments: { about: 'whales' } }
      return `Thought of: ${last?.content}`
    },
  })
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
}, limit)
afterAll(() => stage.close())

/** Says something until it is taken, as a client does that has written its key down. */
async function insist(parley: ParleyHttp, chatSessionId: string, userMessage: string): Promise<MessageReply> {
  const idempotencyKey = randomUUID()
  return until(
    `"${userMessage}" to be taken`,
    () =>
      parley
        .sendMessage(chatSessionId, { workflowId, userMessage }, { idempotencyKey })
        .catch(() => undefined),
    60_000,
  )
}

const textsOf = async (chatSessionId: string) =>
  (await stage.clients[1]?.session(chatSessionId))?.messages.map(({ role, text }) => `${role}: ${text}`)

it(
  'B01 a worker that is killed in the model call of a turn: exactly one reply',
  async () => {
    const chatSessionId = randomUUID()
    stage.model.hold()
    const { instanceUuid } = await insist(stage.parley, chatSessionId, 'killed in a model call')
    await until('the model to be asked', () =>
      stage.model.requests.some(({ messages }) => messages.at(-1)?.content === 'killed in a model call'),
    )
    stage.kill('worker')
    await stage.back('worker')
    stage.model.release()
    expect((await stage.ended(instanceUuid)).status).toBe('completed')
    expect(await textsOf(chatSessionId)).toEqual([
      'user: killed in a model call',
      'assistant: 1: Thought of: killed in a model call',
    ])
  },
  limit,
)

it(
  'F046 B01 a worker that is killed while an action runs: the action runs once, and nothing is asked anew',
  async () => {
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
  },
  limit,
)

it(
  'B01 B12 API and worker are killed again and again: each message is one turn and one reply, and a reader misses and doubles nothing',
  async () => {
    const chatSessionId = randomUUID()
    const count = 8
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
  },
  limit,
)

it(
  'B01 Temporal is killed while messages come: none is lost or doubled',
  async () => {
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
  },
  limit,
)
