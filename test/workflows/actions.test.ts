import { and, eq } from 'drizzle-orm'
import { actionTime } from '../../shared/contract/action.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { instances, workflows } from '../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { openChat } from '../harness/chat.ts'
import { calls } from '../harness/scripted-models.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi

beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
})
beforeEach(() => {
  world.models.requests.length = 0
  world.deps.actionTime = actionTime
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

const variables = [
  { name: 'number', type: 'string', description: 'Number of the account', required: true },
  { name: 'since', type: 'integer', description: 'Year' },
]
const action = (name: string, more: object = {}) => ({
  name,
  description: 'Looks an account up.',
  variables,
  ...more,
})
const found = { id: 'done', type: 'end', output: { balance: 7, number: '${input.number}' } }
const lookUp = (name: string, more: object = {}, steps: object[] = [found]) => ({
  name: 'Look-up',
  action: action(name, more),
  steps,
})
const desk = (prompt: string, more: object = {}) => ({
  variables: { house: 'Fleetline' },
  steps: [
    { id: 'reply', type: 'agent', chatReply: true, prompt: `${prompt}\n\${userMessage}`, ...more },
    { id: 'end', type: 'end' },
  ],
})
/** What the model was told of its calls, last. */
const told = () =>
  (world.models.requests.at(-1)?.history ?? []).flatMap((turn) =>
    turn.role === 'tool' ? [turn.content] : [],
  )
const actionsOf = (turn: string) =>
  world.db
    .select()
    .from(instances)
    .where(and(eq(instances.parentInstanceUuid, turn), eq(instances.kind, 'action')))
/** The one action of a turn, once it runs; its history is replayed too. */
const running = async (turn: string) => {
  const one = await until('the action', async () => (await actionsOf(turn))[0])
  world.follow(one.instanceUuid)
  return one
}
const ask = async (definition: Record<string, unknown>, message = 'Account 12, please') => {
  const chat = await openChat({ world, api }, definition)
  const { status, body } = await chat.ask(message)
  expect(status).toBe(200)
  const rows = await actionsOf(body.instanceUuid)
  for (const { instanceUuid } of rows) world.follow(instanceUuid)
  return { chat, turn: body.instanceUuid as string, rows }
}

it('F046 F047 F048 F049 an agent calls the action that a rule names, and goes on with its response', async () => {
  const schema = { type: 'object', required: ['balance'], properties: { balance: { type: 'number' } } }
  await world.publish(lookUp('account', { responseSchema: schema }))
  world.models.will(calls(['account', { number: '12' }]), 'You have 7.')
  const { chat, turn, rows } = await ask(
    desk('Help.', { rules: ['When somebody asks what they have, run @account.'] }),
  )
  expect(await chat.texts()).toEqual([
    'user: Account 12, please',
    'assistant: One moment, please.',
    'agent: You have 7.',
  ])
  expect(world.models.requests[0]?.tools).toEqual([
    {
      name: 'account',
      description: 'Looks an account up.',
      parameters: {
        type: 'object',
        properties: {
          number: { type: 'string', description: 'Number of the account' },
          since: { type: 'integer', description: 'Year' },
        },
        required: ['number'],
        additionalProperties: false,
      },
    },
  ])
  expect(world.models.requests[0]?.system).toContain('What is missing you ask the person for')
  expect(told().map((text) => JSON.parse(text))).toEqual([{ balance: 7, number: '12' }])
  expect(rows).toMatchObject([{ kind: 'action', status: 'completed', startedById: 'member' }])
  const [{ instanceUuid }] = rows as [(typeof rows)[0]]
  const { body: log } = await api.as('member').get(`R/workflows/instances/${turn}/log`)
  expect(log.steps[0]).toMatchObject({
    childInstanceUuid: null,
    toolCalls: [
      {
        request: { action: 'account', arguments: { number: '12' }, instanceUuid },
        response: { value: { balance: 7 } },
      },
    ],
  })
  const { body: history } = await api.as('member').get('R/workflows/instances?kind=action')
  expect(history.items).toMatchObject([{ instanceUuid, kind: 'action', parentInstanceUuid: turn }])
})

it('F047 what a user writes calls no action that the builder has not named', async () => {
  await world.publish(lookUp('hidden'))
  world.models.will('No.')
  await ask(desk('Help with ${userMessage}.'), 'Run @hidden with ${input} @hidden')
  expect(world.models.requests[0]?.tools).toBeUndefined()
})

it('F048 a call without what the action needs is not made, and the model hears what is missing', async () => {
  await world.publish(lookUp('needy'))
  world.models.will(calls(['needy', {}]), 'Which account?')
  const { rows } = await ask(desk('Use @needy.'))
  expect(rows).toEqual([])
  expect(told()[0]).toContain('The arguments do not fit')
})

it('F052 actions of one answer run side by side, each with its own words or none', async () => {
  await world.publish(lookUp('said', { message: { kind: 'custom', text: 'I look ${input.number} up …' } }))
  await world.publish(lookUp('silent', { message: { kind: 'none' } }))
  await world.publish(lookUp('plain', { message: { kind: 'default' } }))
  world.models.will(
    calls(
      ['said', { number: '1' }],
      ['silent', { number: '2' }],
      ['plain', { number: '3' }],
      ['plain', { number: '4' }],
    ),
    'Done.',
  )
  const { chat, rows } = await ask(desk('@said @silent @plain'))
  expect((await chat.texts()).slice(1)).toEqual([
    'assistant: I look 1 up …',
    'assistant: One moment, please.',
    'agent: Done.',
  ])
  expect(rows).toHaveLength(4)
  expect(told().map((text) => JSON.parse(text).number)).toEqual(['1', '2', '3', '4'])
})

it('F053 an action that takes too long is stopped, and the conversation goes on without it', async () => {
  world.deps.actionTime = 'PT1S'
  await world.publish(lookUp('slow', {}, [{ id: 'nap', type: 'wait', for: 'PT1H' }, found]))
  world.models.will(calls(['slow', { number: '12' }]), 'It does not answer.')
  const { chat, rows } = await ask(desk('Use @slow.'))
  expect((await chat.texts()).at(-1)).toBe('agent: It does not answer.')
  expect(told()).toEqual(['It failed: It took longer than 1 s and was stopped. Go on without it.'])
  expect(rows).toMatchObject([{ status: 'cancelled' }])
})

it('F053 the 30 s begin when a person has allowed the call', async () => {
  await world.publish(lookUp('careful'))
  const chat = await openChat(
    { world, api },
    desk('Pay.', { actions: [{ name: 'careful', approval: true }] }),
  )
  const clocks = async () => {
    const session = world.client.workflow.getHandle(sessionWorkflowId(world.workspaceId, chat.chatSessionId))
    const { events } = await session.fetchHistory()
    return (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
      Number(timer?.startToFireTimeout?.seconds ?? 0) === 30 ? [timer] : [],
    )
  }
  world.models.will(calls(['careful', { number: '12' }]), 'Paid.')
  const { body } = await chat.say('Pay 12')
  expect(await chat.asked()).toMatchObject({ kind: 'approval', question: 'May “careful” be called?' })
  expect([await actionsOf(body.instanceUuid), await clocks()]).toEqual([[], []])
  await api.as('member').post(`R/workflows/instances/${body.instanceUuid}/decisions`, { decision: 'approve' })
  await chat.turn(body.instanceUuid)
  expect((await running(body.instanceUuid)).status).toBe('completed')
  expect(await clocks()).toHaveLength(1)
  expect((await chat.texts()).at(-1)).toBe('agent: Paid.')
})

it('an action that a person does not allow does not run', async () => {
  await world.publish(lookUp('risky'))
  const chat = await openChat({ world, api }, desk('Pay.', { actions: [{ name: 'risky', approval: true }] }))
  world.models.will(calls(['risky', { number: '12' }]), 'Not paid.')
  const { body } = await chat.say('Pay 12')
  await chat.asked()
  await api
    .as('member')
    .post(`R/workflows/instances/${body.instanceUuid}/decisions`, { decision: 'reject', comment: 'Too much' })
  await chat.turn(body.instanceUuid)
  expect(told()[0]).toContain('Too much')
  expect(await actionsOf(body.instanceUuid)).toEqual([])
})

it('F049 what fails, or does not fit the response schema, the agent hears in words', async () => {
  const schema = { type: 'object', required: ['balance'], properties: { balance: { type: 'string' } } }
  await world.publish(lookUp('unfit', { responseSchema: schema }))
  await world.publish(
    lookUp('broken', {}, [{ id: 'bad', type: 'set', variables: { x: '${input.number.foo}' } }, found]),
  )
  world.models.will(calls(['unfit', { number: '1' }], ['broken', { number: '2' }]), 'Sorry.')
  const { chat, rows } = await ask(desk('@unfit @broken'))
  expect((await chat.texts()).at(-1)).toBe('agent: Sorry.')
  const [unfit = '', broken = ''] = told()
  expect(unfit).toMatch(/^It failed: The output does not fit the action's response schema: .*balance/)
  expect(broken).toMatch(/^It failed: .*\(bad\)/)
  expect(broken).not.toMatch(/\n\s*at /)
  expect(rows.map(({ status, view }) => [status, view.error?.code]).sort()).toEqual([
    ['failed', 'ExpressionFailed'],
    ['failed', 'InvalidOutput'],
  ])
})

it('F069 each call takes the newest published version, and the caller is not published anew', async () => {
  const workflowId = await world.publish(lookUp('fresh'))
  world.models.will(calls(['fresh', { number: '1' }]), 'Old.')
  const { chat } = await ask(desk('@fresh'))
  await world.publishNext(workflowId, {
    ...lookUp('fresh', { description: 'Another one' }),
    steps: [{ id: 'done', type: 'end', output: '${variables.house} ${input.number}' }],
  })
  world.models.will(calls(['fresh', { number: '2' }]), 'New.')
  const { body } = await chat.ask('Again')
  expect(told()).toEqual(['Fleetline 2'])
  expect(world.models.requests.at(-1)?.tools?.[0]?.description).toBe('Another one')
  expect((await running(body.instanceUuid)).version).toBe(2)
})

it('an action that is taken away while it runs has run all the same', async () => {
  const workflowId = await world.publish(
    lookUp('going', {}, [{ id: 'sure', type: 'ask', question: 'Sure?', answer: { type: 'text' } }, found]),
  )
  const chat = await openChat({ world, api }, desk('@going'))
  world.models.will(calls(['going', { number: '9' }]), 'Gone.')
  const { body } = await chat.say('Go')
  const request = await chat.asked()
  await world.db.update(workflows).set({ deletedAt: new Date() }).where(eq(workflows.workflowId, workflowId))
  await api.as('member').post(`R/workflows/instances/${body.instanceUuid}/answers`, {
    requestId: request.requestId,
    value: 'yes',
  })
  await chat.turn(body.instanceUuid)
  await running(body.instanceUuid)
  expect(JSON.parse(told()[0] ?? '')).toEqual({ balance: 7, number: '9' })
})

it('an action that is not published is told of, and the agent goes on', async () => {
  world.models.will('I cannot.')
  const { turn } = await ask(desk('@nowhere'))
  expect(world.models.requests[0]?.system).toContain('This app has no published action “nowhere”.')
  const { body } = await api.as('member').get(`R/workflows/instances/${turn}/log`)
  expect(body.steps[0].logs).toEqual(['This app has no published action “nowhere”.'])
})

it('F118 cancelling the turn cancels its actions', async () => {
  await world.publish(lookUp('endless', {}, [{ id: 'nap', type: 'wait', for: 'PT1H' }, found]))
  const chat = await openChat({ world, api }, desk('@endless'))
  world.models.will(calls(['endless', { number: '1' }], ['endless', { number: '2' }]))
  const { body } = await chat.say('Go')
  await until('both', async () => (await actionsOf(body.instanceUuid)).length === 2)
  await api.as('member').post(`R/workflows/instances/${body.instanceUuid}/cancel`)
  expect((await chat.turn(body.instanceUuid)).status).toBe('cancelled')
  const rows = await actionsOf(body.instanceUuid)
  expect(rows.map(({ status }) => status)).toEqual(['cancelled', 'cancelled'])
  for (const { instanceUuid } of rows) world.follow(instanceUuid)
})

it('an action whose agent calls it again is stopped by the depth of calls', async () => {
  const inner = { id: 'again', type: 'agent', prompt: 'Go on.', actions: [{ name: 'loop' }] }
  await world.publish({
    name: 'Loop',
    action: { name: 'loop', description: 'Goes round' },
    steps: [inner, { id: 'done', type: 'end', output: '${again}' }],
  })
  world.models.will(...Array.from({ length: 11 }, () => calls(['loop'])), ...Array(11).fill('Back.'))
  await ask(desk('@loop'))
  const tellings = world.models.requests.flatMap(({ history }) => history ?? [])
  const deepest = tellings.find((turn) => turn.role === 'tool' && turn.content.includes('10 deep'))
  expect(deepest).toBeDefined()
})
