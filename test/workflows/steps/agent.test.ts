import { asc, eq } from 'drizzle-orm'
import type { ModelRequest } from '../../../activities/providers/models/port.ts'
import { calls as callRows, steps as stepRows } from '../../../storage/sql/schema.ts'
import { calls, hang, saysAndCalls } from '../../harness/scripted-models.ts'
import { type Shop, startShop } from '../../harness/shop.ts'
import { until } from '../../harness/until.ts'
import { sendJson } from '../../harness/web-server.ts'
import { ana, boss, createWorld, type World } from '../../harness/world.ts'

let world: World
let shop: Shop

beforeAll(async () => {
  shop = await startShop()
  world = await createWorld(shop.adapt)
  await shop.join(world)
})
beforeEach(() => {
  shop.calm()
  world.models.requests.length = 0
})
afterEach(() => world.replay())
afterAll(async () => {
  await world.close()
  await shop.server.close()
})

const getOrder = { integration: 'shop', operation: 'getOrder' }
const refund = { integration: 'shop', operation: 'refund' }
const agent = (more: Record<string, unknown> = {}) => ({
  id: 'answer',
  type: 'agent',
  prompt: 'Look after order ${input.id}.',
  ...more,
})
const end = { id: 'done', type: 'end', output: '${answer}' }
const begin = (more: Record<string, unknown> = {}, input: Record<string, string> = { id: 'A7' }) =>
  world.begin({ steps: [agent(more), end] }, { input })
const endOf = async (run: string) => (await world.ended(run)).view
const outputOf = async (run: string) => {
  const { output, error } = await endOf(run)
  return error ?? output
}
const asked = () => shop.server.received.map(({ method, path }) => `${method} ${path}`)
/** What the model was told of its calls, last. */
const told = (at = -1) =>
  (world.models.requests.at(at)?.history ?? []).flatMap((turn) =>
    turn.role === 'tool' ? [turn.content] : [],
  )
const madeBy = (run: string) =>
  world.db.select().from(callRows).where(eq(callRows.instanceUuid, run)).orderBy(asc(callRows.ordinal))

it('F041 F086 an agent answers by its prompt and rules, and its result stands under its response key', async () => {
  world.models.will('```\nAll is well.\n```')
  const run = await world.begin(
    {
      steps: [
        agent({ rules: ['Be brief about ${input.id}.'], responseKey: 'reply', model: 'large' }),
        { id: 'done', type: 'end', output: '${reply}' },
      ],
    },
    { input: { id: 'A7' } },
  )
  expect(await outputOf(run)).toBe('All is well.')
  const [request] = world.models.requests
  expect(request?.system).toContain('<task>\nLook after order A7.\n</task>')
  expect(request?.system).toContain('- Be brief about A7.')
  expect(request).toMatchObject({ user: 'Do now what the task says.', model: 'large', history: [] })
})

it('F086 the tool calls of one answer are made side by side, each once, and written down before they are used', async () => {
  let open = () => {}
  const together = new Promise<void>((resolve) => {
    open = resolve
  })
  shop.answer = async (request, response) => {
    if (shop.server.received.length === 2) open()
    await together
    sendJson(response, { of: request.path })
  }
  world.models.will(calls(['getOrder', { id: 'A7' }], ['getOrder', { id: 'B8' }]), 'Both are on their way.')
  const run = await begin({ tools: [getOrder, refund] })
  expect(await outputOf(run)).toBe('Both are on their way.')
  expect(asked().sort()).toEqual(['GET /orders/A7', 'GET /orders/B8'])
  const [first, second] = world.models.requests as [ModelRequest, ModelRequest]
  expect(first.tools).toEqual([
    {
      name: 'getOrder',
      description: 'Finds an order by its number',
      parameters: expect.objectContaining({ type: 'object', required: ['id'] }),
    },
    expect.objectContaining({ name: 'refund' }),
  ])
  // The ids that the model gave were the same for both: ours are not.
  expect(second.history).toMatchObject([
    {
      role: 'assistant',
      calls: [
        { id: 'call_1', name: 'getOrder' },
        { id: 'call_2', name: 'getOrder' },
      ],
    },
    { role: 'tool', callId: 'call_1', content: '{"of":"/orders/A7"}' },
    { role: 'tool', callId: 'call_2', content: '{"of":"/orders/B8"}' },
  ])
  expect((await madeBy(run)).map(({ kind, ordinal }) => [ordinal, kind])).toEqual([
    [0, 'model'],
    [1, 'tool'],
    [2, 'tool'],
    [3, 'model'],
  ])
})

it('F086 what changes something carries a key of its own', async () => {
  world.models.will(
    calls(['refund', { id: 'A7', amount: 5 }], ['refund', { id: 'A7', amount: 6 }]),
    'Paid back.',
  )
  const run = await begin({ tools: [refund] })
  expect(await outputOf(run)).toBe('Paid back.')
  const keys = shop.server.received.map(({ headers }) => headers['idempotency-key'])
  expect([...keys].sort()).toEqual([`${run}:answer:1:tool`, `${run}:answer:2:tool`])
})

it.each([
  ['a tool that is not there', ['fly', {}], 'There is no tool “fly”. There is getOrder.'],
  ['arguments that are not JSON', ['getOrder', '{"id": '], 'The arguments are not JSON'],
  ['arguments that are no object', ['getOrder', '[1]'], 'The arguments are no JSON object'],
  [
    'arguments of another shape',
    ['getOrder', { id: 7 }],
    'The arguments do not fit: id must be text, but a number came',
  ],
] as const)('a model that asks for %s is told so, and nothing is sent', async (_, call, words) => {
  world.models.will(calls([...call] as [string, string]), 'Then not.')
  expect(await outputOf(await begin({ tools: [getOrder] }))).toBe('Then not.')
  expect(told()).toEqual([expect.stringContaining(words)])
  expect(asked()).toEqual([])
})

it('a tool that fails is told to the model, which may go on without it', async () => {
  shop.answer = (_, response) => sendJson(response, { why: 'no such order' }, 404)
  world.models.will(calls(['getOrder', { id: 'A7' }]), 'There is no such order.')
  expect(await outputOf(await begin({ tools: [getOrder] }))).toBe('There is no such order.')
  expect(told()).toEqual([expect.stringContaining('It failed: ')])
})

it('a system that stays busy is asked again, then the model hears of it; its other calls are not repeated', async () => {
  shop.answer = ({ method }, response) =>
    method === 'GET' ? sendJson(response, {}, 503) : sendJson(response, { refunded: true })
  world.models.will(
    calls(['getOrder', { id: 'A7' }], ['refund', { id: 'A7', amount: 1 }]),
    'The shop does not answer.',
  )
  const run = await begin({ tools: [getOrder, refund], retry: { attempts: 9, backoff: 'PT1S' } })
  expect(await outputOf(run)).toBe('The shop does not answer.')
  expect(asked().filter((one) => one.startsWith('POST'))).toHaveLength(1)
  expect(asked().filter((one) => one.startsWith('GET'))).toHaveLength(3)
  expect(world.models.requests).toHaveLength(2)
})

it('an empty answer is asked for again, twice at most', async () => {
  world.models.will('', '  ', 'Here I am.')
  expect(await outputOf(await begin())).toBe('Here I am.')
  world.models.will('', '', '')
  expect(await outputOf(await begin())).toMatchObject({ code: 'ModelOutputInvalid' })
})

describe('F094 a response schema', () => {
  const responseSchema = {
    type: 'object',
    required: ['status'],
    properties: { status: { type: 'string', enum: ['open', 'closed'] } },
  }

  it('F094 is asked for, and what does not fit is sent back until it does', async () => {
    world.models.will(calls(['getOrder', { id: 'A7' }]), { status: 'lost' }, 'open', { status: 'open' })
    const run = await world.begin(
      {
        steps: [
          agent({ responseSchema, tools: [getOrder] }),
          { id: 'done', type: 'end', output: '${answer.status}' },
        ],
      },
      { input: { id: 'A7' } },
    )
    expect(await outputOf(run)).toBe('open')
    expect(world.models.requests.map(({ json }) => json)).toEqual(Array(4).fill({ schema: responseSchema }))
    expect(world.models.requests[2]?.history?.at(-1)).toMatchObject({
      role: 'user',
      content: expect.stringContaining('must be one of '),
    })
  })

  it('F094 is mended twice at most, then the step takes its error path', async () => {
    world.models.will({}, {}, {})
    const onError = { steps: [{ id: 'why', type: 'end', output: '${error.code}' }] }
    const run = await world.begin(
      { steps: [agent({ responseSchema, onError }), { id: 'done', type: 'end', output: 'never' }] },
      { input: { id: 'A7' } },
    )
    expect(await outputOf(run)).toBe('ModelOutputInvalid')
  })
})

describe('an agent is stopped', () => {
  const another = () => {
    let number = 0
    return () => calls(['getOrder', { id: `A${number++}` }])
  }

  it('when it still calls tools after all its model calls, the last of which comes without tools', async () => {
    const next = another()
    world.models.will(next, next, next)
    const run = await begin({ tools: [getOrder], limits: { steps: 3 } })
    expect(await outputOf(run)).toEqual({
      code: 'AgentStopped',
      message: expect.stringContaining('after 3 model calls'),
    })
    expect(world.models.requests.map(({ toolChoice }) => toolChoice)).toEqual([undefined, undefined, 'none'])
    expect(asked()).toHaveLength(2)
  })

  it('when it has used its tokens', async () => {
    const next = another()
    world.models.will(next, next)
    const run = await begin({ tools: [getOrder], limits: { tokens: 20 } })
    expect(await outputOf(run)).toMatchObject({
      code: 'AgentStopped',
      message: expect.stringContaining('used 30 tokens, and may use 20'),
    })
  })

  it('when its time is over', async () => {
    world.models.will(hang('Well'))
    expect(await outputOf(await begin({ limits: { time: 'PT1S' } }))).toMatchObject({
      code: 'AgentStopped',
      message: expect.stringContaining('longer than its limit of PT1S'),
    })
  })

  it('when it makes the very same call over and over, which is done once', async () => {
    const same = calls(['refund', { id: 'A7', amount: 5 }])
    const turned = calls(['refund', { amount: 5, id: 'A7' }])
    world.models.will(same, turned, same)
    expect(await outputOf(await begin({ tools: [refund] }))).toMatchObject({
      code: 'AgentStopped',
      message: expect.stringContaining('the very same call of “shop.refund” 3 times'),
    })
    expect(asked()).toEqual(['POST /orders/A7/refunds'])
    expect(told()[1]).toContain('You have just made this very call')
  })
})

it('a call that was made before may be made again after another one', async () => {
  const look = calls(['getOrder', { id: 'A7' }])
  world.models.will(look, calls(['refund', { id: 'A7', amount: 5 }]), look, 'Done.')
  expect(await outputOf(await begin({ tools: [getOrder, refund] }))).toBe('Done.')
  expect(asked()).toEqual(['GET /orders/A7', 'POST /orders/A7/refunds', 'GET /orders/A7'])
})

describe('a tool with approval', () => {
  const tools = [getOrder, { ...refund, approval: true }]
  const wanted = saysAndCalls('One moment.', ['getOrder', { id: 'A7' }], ['refund', { id: 'A7', amount: 5 }])

  it('is called when a person allows it: they see the arguments, and nothing is asked or done twice', async () => {
    world.models.will(wanted, 'Paid back.')
    const run = await begin({ tools })
    const request = await world.request(run)
    expect(request).toMatchObject({
      kind: 'approval',
      question: 'May “shop.refund” be called?',
      approvers: { users: ['ana'] },
      artifact: { text: expect.stringContaining('"amount": 5') },
    })
    expect(asked()).toEqual(['GET /orders/A7'])
    await expect(
      world.runs.decide(run, { requestId: request.requestId, decision: 'approve', by: boss }),
    ).rejects.toThrow()
    await world.restartWorker()
    await world.runs.decide(run, { requestId: request.requestId, decision: 'approve', by: ana })
    expect(await outputOf(run)).toBe('Paid back.')
    expect(asked()).toEqual(['GET /orders/A7', 'POST /orders/A7/refunds'])
    expect(world.models.requests).toHaveLength(2)
    const finished = (await world.events(run, 'stepFinished')).filter(({ path }) => path === 'answer')
    expect(finished).toHaveLength(1)
  })

  it('is not called when they do not: the model hears why', async () => {
    world.models.will(wanted, 'Then not.')
    const run = await begin({ tools })
    const { requestId } = await world.request(run)
    await world.runs.decide(run, { requestId, decision: 'reject', comment: 'too much', by: ana })
    expect(await outputOf(run)).toBe('Then not.')
    expect(asked()).toEqual(['GET /orders/A7'])
    expect(told()[1]).toContain('did not allow this call, and says: too much')
  })

  it('asks for each call of an answer, one after the other', async () => {
    world.models.will(
      calls(['refund', { id: 'A7', amount: 1 }], ['refund', { id: 'B8', amount: 2 }]),
      'One of them.',
    )
    const run = await begin({ tools })
    const first = await world.request(run)
    await world.runs.decide(run, { requestId: first.requestId, decision: 'reject', by: ana })
    const second = await until('the second question', async () => {
      const request = await world.request(run)
      return request.requestId !== first.requestId && request
    })
    expect(second.artifact?.text).toContain('B8')
    await world.runs.decide(run, { requestId: second.requestId, decision: 'approve', by: ana })
    expect(await outputOf(run)).toBe('One of them.')
    expect(asked()).toEqual(['POST /orders/B8/refunds'])
  })
})

it('a call that waits for a person is not lost when the run goes on in a new execution', async () => {
  world.models.will(calls(['refund', { id: 'A7', amount: 5 }]), 'Paid back.')
  const busy = {
    id: 'busy',
    type: 'repeat',
    until: '${false}',
    max: 300,
    steps: [{ id: 'tell', type: 'notify', to: { users: ['ana'] }, text: 'Round ${index}', by: ['inbox'] }],
  }
  const run = await world.begin({
    steps: [
      {
        id: 'lines',
        type: 'parallel',
        arms: [
          {
            name: 'agent',
            steps: [agent({ prompt: 'Pay back.', tools: [{ ...refund, approval: true }] })],
          },
          { name: 'busy', steps: [busy] },
        ],
      },
      end,
    ],
  })
  const before = await world.request(run)
  await until('the new execution', async () => (await world.histories(run)).length > 1, 120_000)
  expect(await world.request(run)).toEqual(before)
  await world.runs.decide(run, { requestId: before.requestId, decision: 'approve', by: ana })
  const ended = () => world.ended(run).catch(() => undefined)
  expect((await until('the end', ended, 120_000)).view).toMatchObject({ output: 'Paid back.' })
  expect(asked()).toEqual(['POST /orders/A7/refunds'])
  expect(world.models.requests).toHaveLength(2)
}, 240_000)

it('a tool that was taken away is left out, and the model and the log are told', async () => {
  world.models.will('I cannot look it up now.')
  const run = await begin({ tools: [{ integration: 'shop', operation: 'gone' }] })
  expect(await outputOf(run)).toBe('I cannot look it up now.')
  expect(world.models.requests[0]?.tools).toBeUndefined()
  expect(world.models.requests[0]?.system).toContain('has no operation “gone” any more')
  const [row] = await world.db.select().from(stepRows).where(eq(stepRows.instanceUuid, run))
  expect(row?.logs).toEqual([expect.stringContaining('gone')])
})

it('cancelling closes the model’s connection, and nothing of the answer is kept', async () => {
  let aborted = false
  world.models.will((request, call) => {
    call.signal.addEventListener('abort', () => {
      aborted = true
    })
    return hang('Half an ans')(request, call)
  })
  const run = await begin()
  await until('the model to be asked', () => world.models.requests.length > 0)
  await world.runs.cancel(run)
  expect(await endOf(run)).toMatchObject({ status: 'cancelled' })
  expect(aborted).toBe(true)
  expect(await madeBy(run)).toEqual([])
  expect(JSON.stringify(await world.journal(run))).not.toContain('Half an ans')
})
