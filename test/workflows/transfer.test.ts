import { and, eq } from 'drizzle-orm'
import { actionTime } from '../../shared/contract/action.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { instances } from '../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { type Chat, openChat } from '../harness/chat.ts'
import { calls } from '../harness/scripted-models.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi

beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  await api.as('admin').post('A/teams', { name: 'support', members: ['other'] })
})
beforeEach(() => {
  world.models.requests.length = 0
  world.deps.actionTime = actionTime
})
afterEach(() => world.replay(), 240_000)
afterAll(async () => {
  await api.close()
  await world.close()
})

const person = {
  id: 'person',
  type: 'route',
  team: 'support',
  note: '${input.about}',
  text: 'I fetch somebody.',
}
const talked = {
  id: 'done',
  type: 'end',
  output: { came: true, note: '${person.note}', talk: '${person.transcript}' },
}
const transfer = (name: string, more: object = {}, steps: object[] = [talked]) => ({
  name: 'Transfer',
  action: {
    name,
    description: 'Fetches a person.',
    variables: [{ name: 'about', type: 'string', required: true }],
    message: { kind: 'none' },
  },
  steps: [{ ...person, ...more }, ...steps],
})
const desk = (prompt: string) => ({
  steps: [
    { id: 'reply', type: 'agent', chatReply: true, useMemory: true, prompt: `${prompt}\n\${userMessage}` },
    { id: 'end', type: 'end' },
  ],
})
const told = () =>
  (world.models.requests.at(-1)?.history ?? []).flatMap((turn) =>
    turn.role === 'tool' ? [turn.content] : [],
  )
const actionsOf = async (turn: string) => {
  const rows = await world.db
    .select()
    .from(instances)
    .where(and(eq(instances.parentInstanceUuid, turn), eq(instances.kind, 'action')))
  return rows
}
const handoffOf = (chat: Chat, note?: string) =>
  until('the handoff', async () => {
    const { body } = await api.as('other').get('R/handoffs')
    return body.items.find(
      (one: { chatSessionId: string; note: string }) =>
        one.chatSessionId === chat.chatSessionId && (note === undefined || one.note === note),
    )
  })
const other = (requestId: string) => {
  const as = api.as('other')
  return {
    take: () => as.post(`R/handoffs/${requestId}/take`),
    say: (text: string) => as.post(`R/handoffs/${requestId}/messages`, { text }),
    giveBack: (note?: string) => as.post(`R/handoffs/${requestId}/return`, note ? { note } : {}),
  }
}
/** The turn has ended: its actions' histories are replayed too. */
const ended = async (chat: Chat, turn: string) => {
  const { status } = await chat.turn(turn)
  const rows = await actionsOf(turn)
  for (const { instanceUuid } of rows) world.follow(instanceUuid)
  return { status, rows }
}

it('F040 F050 an action hands the calling conversation to a person, whom no clock cuts short, and the agent knows what was said', async () => {
  world.deps.actionTime = 'PT2S'
  await world.publish(transfer('fetch'))
  const chat = await openChat({ world, api }, desk('Use @fetch.'))
  world.models.will(calls(['fetch', { about: 'a lost parcel' }]), 'They send it again.')
  const { body } = await chat.say('A person, please')
  const handoff = await handoffOf(chat)
  expect(handoff).toMatchObject({
    instanceUuid: body.instanceUuid,
    team: 'support',
    note: 'a lost parcel',
    takenBy: null,
  })
  const { take, say, giveBack } = other(handoff.requestId)
  await take()
  await say('Which one?')
  await world.restartWorker()
  expect(await chat.ask('10017')).toMatchObject({ status: 202, body: { status: 'passedOn' } })
  // Longer than the action may take: the time of people does not count.
  const begun = Date.now()
  await until('the time of an action to be over', () => Date.now() - begun > 3_000)
  await say('It comes again.')
  await giveBack('sent again')
  const { status, rows } = await ended(chat, body.instanceUuid)
  expect(status).toBe('completed')
  expect(await chat.texts()).toEqual([
    'user: A person, please',
    'system: I fetch somebody.',
    'agent: Which one?',
    'user: 10017',
    'agent: It comes again.',
    'agent: They send it again.',
  ])
  expect(JSON.parse(told()[0] ?? '')).toEqual({
    came: true,
    note: 'sent again',
    talk: 'other: Which one?\nUser: 10017\nother: It comes again.',
  })
  expect(rows).toMatchObject([{ kind: 'action', status: 'completed' }])
  // And in the next turn it is in memory.
  world.models.will('As they said.')
  await chat.ask('When?')
  expect(JSON.stringify(world.models.requests.at(-1))).toContain('It comes again.')
})

it('F040 nobody came in time: the action goes its own way', async () => {
  const expire = {
    after: 'PT1S',
    steps: [{ id: 'none', type: 'end', output: { came: false } }],
  }
  await world.publish(transfer('tryFetch', { expire }))
  const chat = await openChat({ world, api }, desk('Use @tryFetch.'))
  world.models.will(calls(['tryFetch', { about: 'x' }]), 'Nobody is there.')
  const { body } = await chat.say('A person, please')
  const { rows } = await ended(chat, body.instanceUuid)
  expect((await chat.texts()).slice(1)).toEqual(['system: I fetch somebody.', 'agent: Nobody is there.'])
  expect(JSON.parse(told()[0] ?? '')).toEqual({ came: false })
  expect(rows).toMatchObject([{ status: 'completed' }])
  expect(await api.as('other').get('R/handoffs')).toMatchObject({ body: { items: [] } })
})

it('F040 what the time of its step cuts short leaves no handoff behind', async () => {
  await world.publish(
    transfer('hasty', { timeout: 'PT1S', onError: 'continue' }, [
      { id: 'done', type: 'end', output: { came: '${person.hasValue()}' } },
    ]),
  )
  const chat = await openChat({ world, api }, desk('Use @hasty.'))
  world.models.will(calls(['hasty', { about: 'x' }]), 'Too slow.')
  const { body } = await chat.say('A person, please')
  const { requestId } = await handoffOf(chat)
  await ended(chat, body.instanceUuid)
  expect(JSON.parse(told()[0] ?? '')).toEqual({ came: false })
  expect(await other(requestId).take()).toMatchObject({ status: 409 })
})

it('F040 of two actions that ask for a person at once the second waits for its turn', async () => {
  world.deps.actionTime = 'PT2S'
  await world.publish(transfer('one'))
  await world.publish(transfer('two'))
  const chat = await openChat({ world, api }, desk('@one @two'))
  world.models.will(calls(['one', { about: 'first' }], ['two', { about: 'second' }]), 'Both came.')
  const { body } = await chat.say('Both, please')
  const first = await handoffOf(chat)
  const { body: list } = await api.as('other').get('R/handoffs')
  expect(list.items).toHaveLength(1)
  await other(first.requestId).take()
  // The other one waits for people as well: its time stands still.
  const begun = Date.now()
  await until('the time of an action to be over', () => Date.now() - begun > 3_000)
  await other(first.requestId).giveBack(`${first.note} done`)
  const second = await handoffOf(chat, first.note === 'first' ? 'second' : 'first')
  await other(second.requestId).take()
  await other(second.requestId).giveBack(`${second.note} done`)
  await ended(chat, body.instanceUuid)
  expect(told().map((text) => JSON.parse(text).note)).toEqual(['first done', 'second done'])
})

it('F118 cancelling the turn closes the handoff and ends the action', async () => {
  await world.publish(transfer('long'))
  const chat = await openChat({ world, api }, desk('@long'))
  world.models.will(calls(['long', { about: 'x' }]))
  const { body } = await chat.say('A person')
  const { requestId } = await handoffOf(chat)
  await api.as('member').post(`R/workflows/instances/${body.instanceUuid}/cancel`)
  const { status, rows } = await ended(chat, body.instanceUuid)
  expect([status, rows[0]?.status]).toEqual(['cancelled', 'cancelled'])
  expect(await other(requestId).take()).toMatchObject({ status: 409 })
  const asks = await api.as('member').get(`R/workflows/instances/${body.instanceUuid}/requests`)
  expect(asks.body.items).toMatchObject([{ requestId, outcome: 'cancelled' }])
})

it('F040 an action that somebody cancels by itself leaves no handoff behind, and the conversation goes on', async () => {
  await world.publish(transfer('doomed'))
  const chat = await openChat({ world, api }, desk('@doomed'))
  world.models.will(calls(['doomed', { about: 'x' }]), 'They cannot come.')
  const { body } = await chat.say('A person')
  const { requestId } = await handoffOf(chat)
  const [action] = await actionsOf(body.instanceUuid)
  await api.as('admin').post(`R/workflows/instances/${action?.instanceUuid}/cancel`)
  await ended(chat, body.instanceUuid)
  expect((await chat.texts()).at(-1)).toBe('agent: They cannot come.')
  expect(await other(requestId).take()).toMatchObject({ status: 409 })
})

it('F040 where there is no conversation to hand over, the action says so', async () => {
  const workflowId = await world.publish(transfer('alone'))
  const run = await world.start(workflowId, { input: { about: 'x' } })
  expect((await world.ended(run)).view.error).toMatchObject({
    code: 'WrongWorkflowType',
    message: expect.stringContaining('There is no conversation to hand over'),
  })
  world.models.will(calls(['alone', { about: 'x' }]), 'It cannot.')
  const agent = await world.begin({
    steps: [
      { id: 'reply', type: 'agent', prompt: 'Use @alone.' },
      { id: 'done', type: 'end', output: '${reply}' },
    ],
  })
  await world.ended(agent)
  expect(told()[0]).toMatch(/^It failed: .*There is no conversation to hand over/)
})

it('F040 a team that is gone is an error of the action, and the conversation goes on', async () => {
  await world.publish(transfer('nowhere', { team: 'ghosts' }))
  const chat = await openChat({ world, api }, desk('@nowhere'))
  world.models.will(calls(['nowhere', { about: 'x' }]), 'There is no such team.')
  const { body } = await chat.say('A person')
  await ended(chat, body.instanceUuid)
  expect(told()[0]).toMatch(/^It failed: .*no team “ghosts”/)
})

it('B01 a talk so long that the conversation goes on in new executions: the action rests, and nothing is lost', async () => {
  world.deps.actionTime = 'PT20S'
  await world.publish(transfer('chatty'))
  await world.publish({
    name: 'Quick',
    action: { name: 'quick', description: 'Is quick.', message: { kind: 'none' } },
    steps: [{ id: 'done', type: 'end', output: { quick: true } }],
  })
  const chat = await openChat({ world, api }, desk('@chatty @quick'))
  world.models.will(calls(['chatty', { about: 'x' }], ['quick', {}]), 'That was long.')
  const { body } = await chat.say('A person')
  const { requestId } = await handoffOf(chat)
  const { take, say, giveBack } = other(requestId)
  await take()
  const words = Array.from({ length: 160 }, (_, at) => `word ${at}`)
  for (const word of words) expect((await say(word)).status).toBe(200)
  await giveBack('enough')
  await ended(chat, body.instanceUuid)
  const session = world.client.workflow.getHandle(sessionWorkflowId(world.workspaceId, chat.chatSessionId))
  const { events } = await session.fetchHistory()
  expect(events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy()
  const messages = await world.events(body.instanceUuid, 'message')
  expect(messages.filter(({ role, by }) => role === 'agent' && by).map(({ text }) => text)).toEqual(words)
  const [talk = '', quick = ''] = told()
  expect(JSON.parse(talk).talk.split('\n')).toHaveLength(words.length)
  expect(JSON.parse(quick)).toEqual({ quick: true })
  expect(await actionsOf(body.instanceUuid)).toHaveLength(2)
}, 240_000)
