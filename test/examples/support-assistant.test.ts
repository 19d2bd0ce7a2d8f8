import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunEvent } from '../../client/http.ts'
import { createSystems } from '../../examples/actions/create-systems.ts'
import { publishExample } from '../../examples/publish.ts'
import { supportAssistant } from '../../examples/support-assistant/example.ts'
import { createDemoModel, demoModelName } from '../../local/demo-model/server.ts'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'
import { readStory, tellStory } from './tell-story.ts'

const story = readStory(readFileSync(new URL('../../docs/support-assistant.md', import.meta.url), 'utf8'))

let stage: Stage
let model: Server
let systems: Server
let workflowId: string
const allowedBefore = process.env.PARLEY_OUTBOUND_ALLOW
const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(async () => {
  // Slow enough that a turn can be met in the middle of its reply.
  model = createDemoModel({ delayMs: 30 }).listen(0, '127.0.0.1')
  systems = createSystems().listen(0, '127.0.0.1')
  await Promise.all([once(model, 'listening'), once(systems, 'listening')])
  process.env.PARLEY_OUTBOUND_ALLOW = urlOf(systems).slice('http://'.length)
  stage = await createStage({ reply: { baseUrl: `${urlOf(model)}/v1`, model: demoModelName } })
  for (const example of supportAssistant)
    workflowId = await publishExample(stage.parley, example, urlOf(systems))
}, 240_000)

afterAll(async () => {
  await stage.close()
  for (const server of [model, systems]) {
    server.closeAllConnections()
    server.close()
  }
  if (allowedBefore === undefined) delete process.env.PARLEY_OUTBOUND_ALLOW
  else process.env.PARLEY_OUTBOUND_ALLOW = allowedBefore
})

/** A customer in a conversation, who also follows what is streamed. */
function customer() {
  const chatSessionId = randomUUID()
  const seen: RunEvent[] = []
  const stop = new AbortController()
  let following: Promise<void> | undefined
  const follow = async () => {
    for await (const event of stage.parley.sessionEvents(chatSessionId, { signal: stop.signal }))
      seen.push(event)
  }
  const send = async (said: { userMessage: string } | { trigger: { id: string; parameters: object } }) => {
    const taken = await stage.parley.sendMessage(chatSessionId, { workflowId, ...said } as never)
    following ??= follow()
    return taken
  }
  const repliesOf = async (turn: string) =>
    (await stage.ended(turn)).messages.filter(({ role }) => role !== 'user').map(({ text }) => text)
  return {
    chatSessionId,
    seen,
    send,
    repliesOf,
    hears: async (userMessage: string) =>
      (await repliesOf((await send({ userMessage })).instanceUuid)).join('\n'),
    sees: (what: string, matches: (event: RunEvent) => boolean) =>
      until(what, () => seen.find(matches), 60_000),
    leave: async () => {
      stop.abort()
      await following
    },
  }
}

const refunds = async () => (await fetch(`${urlOf(systems)}/refunds`)).json()

it('F040 F046 F050 F088 F089 F107 B01 the story that the page tells is what comes out, refund and all, though the worker is killed over it', async () => {
  const anna = customer()
  let turn = ''
  let killed = 0
  // The refund is paid, and nobody hears of it.
  systems.on('request', ({ method, url }: IncomingMessage) => {
    if (method !== 'POST' || !url?.startsWith('/refunds') || killed++ > 0) return
    stage.kill('worker')
    void stage.back('worker')
  })
  const handoff = () => until('the handoff', async () => (await stage.parley.handoffs()).items[0], 60_000)
  /** Everything that is done is seen by the one who follows before the next is done. */
  const done = (what: string, isDone: () => boolean) => until(what, isDone, 90_000)
  const isOver = (instanceUuid: string) =>
    anna.seen.some(({ event, data }) => event === 'instanceFinished' && data.instanceUuid === instanceUuid)
  const acts: Record<string, (words: string) => Promise<unknown>> = {
    you: async (userMessage) => {
      const taken = await anna.send({ userMessage })
      if (taken.status === 'passedOn') {
        const { messageId } = taken
        const isHeard = ({ event, data }: RunEvent) => event === 'message' && data.messageId === messageId
        return done(`“${userMessage}” to be heard`, () => anna.seen.some(isHeard))
      }
      turn = taken.instanceUuid
      const isAsked = ({ event, data }: RunEvent) => event === 'requestOpened' && data.instanceUuid === turn
      return done(`a reply to “${userMessage}”`, () => isOver(turn) || anna.seen.some(isAsked))
    },
    allow: async () => {
      await stage.parley.decide(turn, { decision: 'approve' })
      await done('the end of the turn', () => isOver(turn))
    },
    take: async () => {
      await stage.parley.takeHandoff((await handoff()).requestId)
      await done('somebody to be there', () => anna.seen.some(({ event }) => event === 'handoffTaken'))
    },
    colleague: async (text) => {
      const said = await stage.parley.sayInHandoff((await handoff()).requestId, { text })
      const isHeard = ({ event, data }: RunEvent) => event === 'message' && data.messageId === said.messageId
      await done(`“${text}” to be heard`, () => anna.seen.some(isHeard))
    },
    return: async () => {
      await stage.parley.returnHandoff((await handoff()).requestId)
      await done('the end of the turn', () => isOver(turn))
    },
  }
  for (const { name, words } of story.acts) await acts[name]?.(words)
  expect(tellStory(anna.seen)).toBe(story.lines)
  expect(killed).toBe(2)
  expect(await refunds()).toEqual([
    {
      refundId: 'R-1',
      order: '10021',
      amount: 745,
      currency: 'EUR',
      status: 'paid',
      key: expect.stringMatching(/:refund:0:tool$/),
    },
  ])
  const lookUps = await stage.parley.log(
    anna.seen.find(({ event }) => event === 'instanceStarted')?.data.instanceUuid ?? '',
  )
  expect(JSON.stringify(lookUps)).toContain('"server":"orders"')
  await anna.leave()
}, 240_000)

it('F082 F086 takes down a report, in the words of the one who asks', async () => {
  const anna = customer()
  const broken = await anna.send({ userMessage: 'My tracker is broken' })
  const question = await stage.request(broken.instanceUuid, 'what')
  expect(question.question).toContain('What exactly happened')
  const answered = await anna.send({ userMessage: 'It fell off the truck in Hamburg' })
  expect(answered).toMatchObject({ status: 'answered', instanceUuid: broken.instanceUuid })
  expect((await anna.repliesOf(broken.instanceUuid)).at(-1)).toContain('report 1 (tracker)')
  const session = await stage.parley.session(anna.chatSessionId)
  expect(session.variables).toMatchObject({ reports: 1 })
  await anna.leave()
}, 240_000)

it('F097 F109 streams the reply to a trigger of a page piece by piece, and the pieces are the reply', async () => {
  const ben = customer()
  const { instanceUuid } = await ben.send({
    trigger: { id: 'orderHelp', parameters: { orderId: '10017' } },
  })
  const [reply] = await ben.repliesOf(instanceUuid)
  expect(reply).toContain('24 November 2026')
  await ben.sees('the end of the turn', ({ event }) => event === 'instanceFinished')
  let written = ''
  let pieces = 0
  for (const { event, data } of ben.seen) {
    if (event === 'reset') written = ''
    if (event !== 'messageDelta') continue
    pieces += 1
    written = written.slice(0, data.offset) + data.text
  }
  expect(pieces).toBeGreaterThan(1)
  expect(written.trim()).toBe(reply?.trim())
  await ben.leave()
}, 240_000)

it('F118 F121 a turn that is cancelled while it writes leaves no reply, and the conversation goes on', async () => {
  const cleo = customer()
  const { instanceUuid, messageId } = await cleo.send({ userMessage: 'Where is order 10018?' })
  await cleo.sees('a piece of the reply', ({ event }) => event === 'messageDelta')
  await stage.parley.cancel(instanceUuid)
  const cancelled = await cleo.sees('chatCancelled', ({ event }) => event === 'chatCancelled')
  expect(cancelled.data).toMatchObject({ messageId })
  expect(await stage.ended(instanceUuid)).toMatchObject({ status: 'cancelled' })
  expect((await stage.parley.session(cleo.chatSessionId)).messages).toMatchObject([
    { role: 'user', text: 'Where is order 10018?', cancelled: true },
  ])
  expect(await cleo.hears('Where is order 10017?')).toContain('24 November 2026')
  await cleo.leave()
}, 240_000)

it('B01 a worker killed while it writes: the reply begins anew and comes exactly once', async () => {
  const dora = customer()
  const { instanceUuid } = await dora.send({ userMessage: 'Where is order 10017?' })
  await dora.sees('a piece of the reply', ({ event }) => event === 'messageDelta')
  stage.kill('worker')
  await stage.back('worker')
  const replies = await dora.repliesOf(instanceUuid)
  expect(replies).toHaveLength(1)
  expect(replies[0]).toContain('24 November 2026')
  await dora.sees('the end of the turn', ({ event }) => event === 'instanceFinished')
  expect(
    dora.seen.filter(({ event, data }) => event === 'message' && 'role' in data && data.role !== 'user'),
  ).toHaveLength(1)
  const { messages } = await stage.parley.session(dora.chatSessionId)
  expect(messages.map(({ role }) => role)).toEqual(['user', 'agent'])
  await dora.leave()
}, 240_000)

it('F040 what is said to a person is not lost when the worker is killed in between', async () => {
  const emil = customer()
  const { instanceUuid } = await emil.send({ userMessage: 'I want to talk to a person, please' })
  const { requestId } = await stage.request(instanceUuid, 'colleague')
  await stage.parley.takeHandoff(requestId)
  await stage.parley.sayInHandoff(requestId, { text: 'Hello, what happened?' })
  stage.kill('worker')
  const idempotencyKey = randomUUID()
  const heard = until(
    'the message to be taken',
    () =>
      stage.parley
        .sendMessage(emil.chatSessionId, { workflowId, userMessage: 'A tracker burns' }, { idempotencyKey })
        .catch(() => undefined),
    60_000,
  )
  await stage.back('worker')
  // Whether it is told as passed on depends on which of its tries was taken; its turn does not.
  expect(await heard).toMatchObject({ instanceUuid })
  await stage.parley.sayInHandoff(requestId, { text: 'Put it into water.' })
  await stage.parley.returnHandoff(requestId)
  expect((await stage.ended(instanceUuid)).status).toBe('completed')
  const { messages } = await stage.parley.session(emil.chatSessionId)
  expect(messages.map(({ role, text }) => `${role}: ${text}`)).toEqual([
    'user: I want to talk to a person, please',
    'system: I fetch a colleague. Go on writing here, they read it.',
    'agent: Hello, what happened?',
    'user: A tracker burns',
    'agent: Put it into water.',
    'assistant: That was my colleague; it is me again. Is there anything else?',
  ])
  await emil.leave()
}, 240_000)
