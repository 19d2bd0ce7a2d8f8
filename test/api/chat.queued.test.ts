import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { eq, sql } from 'drizzle-orm'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { closeSession } from '../../storage/sql/close-session.ts'
import { sessions } from '../../storage/sql/schema.ts'
import { cancelTurn, end, message } from '../../workflows/messages.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { approving, type Chat, openChat } from '../harness/chat.ts'
import { refusal } from '../harness/refusal.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

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

const handleOf = ({ chatSessionId }: Chat) =>
  world.client.workflow.getHandle(sessionWorkflowId(world.workspaceId, chatSessionId))

/** A conversation whose first turn waits for an approval, and messages that wait behind it. */
async function busy(whileBusy: string, ...texts: string[]) {
  const chat = await openChat(place, approving(whileBusy))
  const { body: first } = await chat.say('A')
  await chat.asked()
  const waiting = []
  for (const text of texts) waiting.push((await chat.say(text)).body)
  return { chat, first, waiting }
}
const cancel = (instanceUuid: string, who: 'member' | 'other' | 'admin' = 'member') =>
  api.as(who).post(`R/workflows/instances/${instanceUuid}/cancel`)
const approveAll = async (chat: Chat) => {
  const { instanceUuid } = await chat.asked()
  await api.as('member').post(`R/workflows/instances/${instanceUuid}/decisions`, { decision: 'approve' })
  return chat.turn(instanceUuid)
}
const eventsOf = async (chat: Chat, last: string) => {
  const stream = await api.as('member').stream(`${chat.at}/stream`)
  await stream.next(last, ({ event }) => event === last)
  stream.drop()
  return stream.seen
}

it('B10 that a message waits is told at once where its sender saw a turn under way, else when it still waits in a moment', async () => {
  const { chat } = await busy('queue', 'B')
  const moments = async () =>
    ((await handleOf(chat).fetchHistory()).events ?? []).filter(
      ({ timerStartedEventAttributes: timer }) => timer?.startToFireTimeout?.nanos === 250_000_000,
    ).length
  expect(await moments()).toBe(0)
  const messageId = randomUUID()
  const taken = await handleOf(chat).executeUpdate(message.update, {
    args: [{ messageId, userMessage: 'C' }],
  })
  expect(taken).toMatchObject({ status: 'queued' })
  await until('both in the queue', async () => (await chat.session()).queued.length === 2)
  expect(await moments()).toBe(1)
})

it('B10 the answer to a message that waits comes when its place in the queue can be read, also where writing takes long', async () => {
  const { chat } = await busy('queue')
  const { chatSessionId } = chat
  const held = Promise.withResolvers<void>()
  const lock = world.db.transaction(async (tx) => {
    await tx.execute(
      sql`select from ${sessions} where ${eq(sessions.chatSessionId, chatSessionId)} for update`,
    )
    held.resolve()
    await pause(1_500)
  })
  await held.promise
  const { body } = await chat.say('B')
  expect(body).toMatchObject({ status: 'queued' })
  expect((await chat.session()).queued).toMatchObject([{ text: 'B', instanceUuid: body.instanceUuid }])
  await lock
})

it('F118 F119 F121 a message that still waits is cancelled by its instance: kept, marked, told, in History; the others go on', async () => {
  const { chat, waiting } = await busy('queue', 'B', 'C')
  const [second, third] = waiting
  expect((await chat.session()).queued).toMatchObject([
    { text: 'B', instanceUuid: second.instanceUuid },
    { text: 'C', instanceUuid: third.instanceUuid },
  ])
  expect((await cancel(second.instanceUuid, 'other')).status).toBe(404)
  const cancelled = { instanceUuid: second.instanceUuid, status: 'cancelled' }
  for (let again = 0; again < 2; again++)
    expect(await cancel(second.instanceUuid)).toMatchObject({ status: 202, body: cancelled })
  expect((await chat.session()).queued).toMatchObject([{ text: 'C' }])
  const page = (await api.as('member').get(`R/workflows/instances/${second.instanceUuid}`)).body
  expect(page).toMatchObject({ kind: 'turn', status: 'cancelled', chatSessionId: chat.chatSessionId })
  const history = (
    await api
      .as('member')
      .get(`R/workflows/instances?kind=turn&status=cancelled&chatSessionId=${chat.chatSessionId}`)
  ).body.items
  expect(history.map((one: { instanceUuid: string }) => one.instanceUuid)).toEqual([second.instanceUuid])
  const log = (await api.as('member').get(`R/workflows/instances/${second.instanceUuid}/log`)).body
  expect(log).toMatchObject({ input: { userMessage: 'B' }, output: null, userMessageType: 'text', steps: [] })
  const { messageId, instanceUuid } = second
  expect(
    (await eventsOf(chat, 'instanceFinished')).filter(({ data }) => data.instanceUuid === instanceUuid),
  ).toMatchObject([
    { event: 'messageQueued', data: { messageId } },
    { event: 'instanceStarted' },
    { event: 'message', data: { messageId, role: 'user', text: 'B' } },
    { event: 'chatCancelled', data: { messageId, channel: 'CHAT_WORKFLOW_RESPONSE' } },
    { event: 'instanceFinished', data: { status: 'cancelled' } },
  ])
  await approveAll(chat)
  expect((await approveAll(chat)).instanceUuid).toBe(third.instanceUuid)
  expect(await chat.texts()).toEqual([
    'user: A',
    'user: B (cancelled)',
    'assistant: Went: A',
    'user: C',
    'assistant: Went: C',
  ])
  expect((await cancel(third.instanceUuid)).status).toBe(409)
})

it('F118 the same by the `cancelTurn` update; messages that are joined to one turn have one instance, and go together', async () => {
  const { chat, waiting } = await busy('merge', 'B', 'C')
  expect(new Set(waiting.map(({ instanceUuid }) => instanceUuid)).size).toBe(1)
  const { instanceUuid } = waiting[0]
  await handleOf(chat).executeUpdate(cancelTurn, { args: [{ instanceUuid }] })
  expect((await chat.turn(instanceUuid)).status).toBe('cancelled')
  expect((await chat.session()).queued).toEqual([])
  expect(await refusal(handleOf(chat).executeUpdate(cancelTurn, { args: [{ instanceUuid }] }))).toMatchObject(
    {
      code: 'NotRunning',
    },
  )
  await approveAll(chat)
  expect(await chat.texts()).toEqual([
    'user: A',
    'user: B (cancelled)',
    'user: C (cancelled)',
    'assistant: Went: A',
  ])
})

it('a conversation that ends cancels what waits, too, and tells of its end once and last', async () => {
  const { chat, first, waiting } = await busy('queue', 'B')
  await handleOf(chat).executeUpdate(end.update, { args: [{}] })
  await until('the end', async () => (await chat.session()).status === 'ended')
  expect(await chat.texts()).toEqual(['user: A (cancelled)', 'user: B (cancelled)'])
  expect((await cancel(waiting[0].instanceUuid)).status).toBe(202)
  const told = (await eventsOf(chat, 'sessionEnded')).map(({ event }) => event)
  expect(told.filter((event) => event === 'sessionEnded')).toHaveLength(1)
  expect(told.at(-1)).toBe('sessionEnded')
  expect((await chat.turn(first.instanceUuid)).status).toBe('cancelled')
})

it('a conversation that was terminated in Temporal: its readers hear of every prompt, and once of the end', async () => {
  const { chat, first, waiting } = await busy('queue', 'B')
  const reader = await api.as('member').stream(`${chat.at}/stream`)
  await handleOf(chat).terminate('by an operator')
  const session = { workspaceId: world.workspaceId, chatSessionId: chat.chatSessionId }
  // Two who find it at once.
  await Promise.all([
    closeSession(world.db, session, 'deactivated'),
    closeSession(world.db, session, 'failed'),
  ])
  await reader.next('the end', ({ event }) => event === 'sessionEnded')
  await closeSession(world.db, session, 'failed')
  reader.drop()
  const told = (await eventsOf(chat, 'sessionEnded')).filter(({ event }) =>
    ['chatCancelled', 'sessionEnded'].includes(event),
  )
  expect(told).toMatchObject([
    { event: 'chatCancelled', data: { messageId: first.messageId } },
    { event: 'chatCancelled', data: { messageId: waiting[0].messageId } },
    { event: 'sessionEnded' },
  ])
  expect(await chat.texts()).toEqual(['user: A (cancelled)', 'user: B (cancelled)'])
  expect((await cancel(first.instanceUuid)).status).toBe(202)
  expect((await cancel(waiting[0].instanceUuid)).status).toBe(202)
})

it('F119 what a cancelled turn set is forgotten; the variables of an answer are there at once', async () => {
  const chat = await openChat(place, {
    variables: { n: 0 },
    steps: [
      { id: 'count', type: 'set', variables: { n: '${variables.n + 1}', last: '${userMessage}' } },
      { id: 'go', type: 'ask', question: 'Go?', answer: { type: 'text' } },
      { id: 'reply', type: 'message', text: '${variables.n} ${variables.?who.orValue("nobody")}' },
      { id: 'end', type: 'end' },
    ],
  })
  const { body } = await chat.say('A')
  await chat.asked()
  await chat
    .say('wait', { variables: { who: 'Ana' } })
    .then(({ body: { status } }) => expect(status).toBe('answered'))
  expect((await chat.turn(body.instanceUuid)).messages.at(-1).text).toBe('1 Ana')
  const second = (await chat.say('B')).body
  await chat.asked()
  await cancel(second.instanceUuid)
  await chat.turn(second.instanceUuid)
  await until('what it set to go', async () => (await chat.session()).variables.n === 1)
  expect((await chat.session()).variables).toEqual({ n: 1, last: 'A', who: 'Ana' })
  await chat.say('C')
  await chat.asked()
  expect((await chat.ask('go')).body.replies.at(-1).text).toBe('2 Ana')
})

describe('what is too large', () => {
  const text = (megabytes: number) => 'x'.repeat(megabytes * 1_000_000)
  const steps = [
    { id: 'reply', type: 'message', text: '${userMessage}' },
    { id: 'end', type: 'end' },
  ]
  const say = (chat: Chat, given: object) =>
    handleOf(chat).executeUpdate(message.update, {
      args: [{ messageId: randomUUID(), userMessage: 'Hi', by: ana, ...given }],
    })

  it('variables that come with messages count together, and over 5 MB the message is refused, by HTTP with 413', async () => {
    const chat = await openChat(place, { steps })
    await chat.ask('Hi', { variables: { a: text(0.9) } })
    await chat.turn((await say(chat, { variables: { b: text(3.6) } })).instanceUuid)
    expect(await chat.ask('Too much', { variables: { c: text(0.9) } })).toMatchObject({
      status: 413,
      body: {
        code: 'TooLarge',
        detail: expect.stringMatching(/^variables: .* 5\.4 MB; at most 5\.0 MB fit/),
      },
    })
    expect((await chat.ask('Instead', { variables: { a: '', c: text(0.9) } })).status).toBe(200)
    expect((await chat.texts()).filter((said) => said.startsWith('user'))).toHaveLength(3)
  })

  it('from a Temporal client, too; a signal is journaled as refused; what waits counts', async () => {
    const { chat } = await busy('queue')
    expect(await refusal(say(chat, { uiFlowContext: { page: text(3) } }))).toMatchObject({ code: 'TooLarge' })
    await say(chat, { variables: { a: text(3) } })
    expect(await refusal(say(chat, { variables: { b: text(3) } }))).toMatchObject({ code: 'TooLarge' })
    await handleOf(chat).signal(message.signal, {
      messageId: randomUUID(),
      userMessage: 'Hi',
      variables: { b: text(3) },
    })
    const { instanceUuid } = await approveAll(chat)
    const refused = await until('the refusal', async () => (await world.events(instanceUuid, 'refused'))[0])
    expect(refused).toMatchObject({ name: 'message', reason: expect.stringMatching(/^variables: /) })
  })

  it('a turn that finds them too large fails with TooLarge, and the conversation goes on', async () => {
    const chat = await openChat(place, {
      steps: [
        {
          id: 'grow',
          type: 'branch',
          cases: [
            {
              when: "${userMessage == 'A'}",
              steps: [
                { id: 'ok', type: 'approval', title: 'Go?', artifact: { text: 'A' } },
                { id: 'more', type: 'set', variables: { a: '${variables.seed + variables.seed}' } },
              ],
            },
          ],
        },
        ...steps,
      ],
    })
    await chat.say('A', { variables: { seed: text(0.9) } })
    await chat.asked()
    // It fits as long as the turn before it has not set more.
    const late = await say(chat, { userMessage: 'B', variables: { b: text(2.4) } })
    await approveAll(chat)
    expect(await chat.turn(late.instanceUuid)).toMatchObject({
      status: 'failed',
      error: { code: 'TooLarge', message: expect.stringMatching(/^The variables have 5\.1 MB/) },
    })
    expect((await chat.ask('C')).body.replies).toMatchObject([{ text: 'C' }])
    expect(Object.keys((await chat.session()).variables).sort()).toEqual(['a', 'seed'])
  })

  it('a start with too much is refused, and starts nothing', async () => {
    const workflowId = await api.publish({ name: 'Test', type: 'chat_driven', steps })
    const chatSessionId = randomUUID()
    const temporalId = sessionWorkflowId(world.workspaceId, chatSessionId)
    const handle = await world.client.workflow.start('conversation', {
      workflowId: temporalId,
      taskQueue: 'parley',
      args: [
        {
          workspaceId: world.workspaceId,
          appId: world.appId,
          workflowId,
          chatSessionId,
          variables: { a: text(6) },
        },
      ],
    })
    expect(await refusal(handle.result())).toMatchObject({ code: 'TooLarge' })
    world.followJob(temporalId)
  })
})

it('a version whose row was broken is told so, and begins no conversation', async () => {
  const chat = await openChat(place, approving('queue'))
  await api.db.$client.query('update versions set definition = $1 where workflow_id = $2', [
    JSON.stringify({ type: 'chat_driven', name: 'x', steps: 'none' }),
    chat.workflowId,
  ])
  expect((await chat.say('Hi')).body).toMatchObject({ code: 'InvalidDefinition', status: 422 })
})
