import { type Answer, startApi, type TestApi } from '../harness/api.ts'
import { type Neighbour, startNeighbour } from '../harness/neighbour.ts'
import { createWorld, type World } from '../harness/world.ts'

const limit = 60_000
/** Milliseconds that 19 of 20 requests of somebody else may take meanwhile, also on a machine that does other things. */
const neighbourly = 1_000

let world: World
let api: TestApi
let neighbour: Neighbour
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  neighbour = startNeighbour(api)
}, limit)
afterEach(() => world.replay())
afterAll(async () => {
  await neighbour?.stop()
  await api?.close()
  await world?.close()
})

/** Saves a draft as it comes. */
async function save(steps: object[]): Promise<Answer> {
  const fields = { name: 'Hostile', type: 'output_focused' }
  const { body } = await api.as('admin').post('A/workflows', fields)
  return api.as('admin').put(`A/workflows/${body.workflowId}/draft`, { ...fields, steps })
}

const times = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, at) => make(at))
const text = (content: string, id = 'bad') => ({ id, type: 'message', text: content })
const answering = (schema: object) => ({
  id: 'bad',
  type: 'ask',
  question: 'x',
  answer: { type: 'form', schema },
})
/** Each definition twice the one before: two to the power of `n` ways through it. */
const doubling = (n: number) => ({
  type: 'object',
  properties: { a: { $ref: '#/$defs/d0' } },
  $defs: Object.fromEntries(
    times(n, (at) => [
      `d${at}`,
      at === n - 1 ? { type: 'string' } : { allOf: Array(2).fill({ $ref: `#/$defs/d${at + 1}` }) },
    ]),
  ),
})

/** Publishes a definition and starts it, both through HTTP. */
async function start(definition: Record<string, unknown>, given: object = {}): Promise<string> {
  const workflowId = await api.publish(definition)
  const { status, body } = await api.as('member').post(`R/workflows/${workflowId}/runs`, given)
  expect([status, body.detail]).toEqual([202, undefined])
  world.follow(body.instanceUuid)
  return body.instanceUuid
}
const answer = async (run: string, value: unknown) => {
  const { requestId } = await world.request(run)
  const began = performance.now()
  const { status, body } = await api
    .as('member')
    .post(`R/workflows/instances/${run}/answers`, { requestId, value })
  return { status, body, took: performance.now() - began }
}

describe('what is small as it is written, and large when it is run', () => {
  it(
    'a schema whose ways double: the answer is refused soon, and its question stays open',
    async () => {
      const run = await start({ steps: [answering(doubling(24))] })
      const refused = await answer(run, { a: 'x' })
      expect([refused.status, refused.body.detail]).toEqual([
        422,
        expect.stringMatching(/too large or too deeply nested/),
      ])
      expect(refused.took).toBeLessThan(3 * neighbourly)
      expect((await world.request(run)).stepId).toBe('bad')
    },
    limit,
  )

  it.each<[what: string, definition: Record<string, unknown>, input: object, code: string, words: RegExp]>([
    [
      'a pattern that multiplies',
      { steps: [text("${re('a', '((a{1000}){1000}){1000}')}")] },
      {},
      'ExpressionFailed',
      /pattern/,
    ],
    [
      'a list of 10,001',
      { steps: [{ id: 'bad', type: 'each', in: '${input.list}', steps: [text('x', 'inner')] }] },
      { list: times(10_001, () => 0) },
      'TooLarge',
      /10000/,
    ],
    [
      'a list in a list in a list',
      { steps: [text('${input.list.map(a, input.list.map(b, input.list.map(c, a + b + c))).size()}')] },
      { list: times(1_000, () => 1) },
      'ExpressionFailed',
      /./,
    ],
  ])(
    '%s: that run fails at its step',
    async (_, definition, input, code, words) => {
      const ended = await world.ended(await start(definition, { input }))
      expect([ended.status, ended.view.error?.code]).toEqual(['failed', code])
      expect(ended.view.error?.message).toMatch(words)
      expect(ended.view.error?.message).toContain('(bad)')
    },
    limit,
  )
})

describe('keys of the prototype', () => {
  const inherited = { toString: 'a', hasOwnProperty: 1, constructor: { prototype: { polluted: true } } }
  const polluted = JSON.parse('{"__proto__":{"polluted":true}}')
  const form = answering({ type: 'object', properties: { name: { type: 'string' } } })
  const echo = {
    id: 'done',
    type: 'end',
    output: { input: '${input}', form: '${bad}', none: '${input.?valueOf.orValue("none")}' },
  }
  afterEach(() => {
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it(
    'that every object has are names like others in what a run is given',
    async () => {
      const run = await start(
        { input: { type: 'object' }, steps: [form, echo] },
        { input: inherited, variables: inherited },
      )
      expect((await answer(run, { name: 'x', ...inherited })).status).toBe(200)
      const { view } = await world.ended(run)
      expect(view.error).toBeNull()
      expect(view.output).toEqual({ input: inherited, form: { name: 'x', ...inherited }, none: 'none' })
    },
    limit,
  )

  it.each<[where: string, send: (workflowId: string) => Promise<Answer>]>([
    ['the start input', (id) => api.as('member').post(`R/workflows/${id}/runs`, { input: polluted })],
    [
      'the variables',
      (id) => api.as('member').post(`R/workflows/${id}/runs`, { variables: { a: polluted } }),
    ],
    [
      'a schedule’s input',
      (id) =>
        api.as('admin').post(`A/workflows/${id}/schedules`, { name: 'x', every: 'PT1H', input: polluted }),
    ],
    [
      'a test’s input',
      (id) => api.as('admin').post(`A/workflows/${id}/test`, { mode: 'text', input: polluted }),
    ],
    [
      'the arguments of a tool',
      () =>
        save([{ id: 'bad', type: 'tool', integration: 'shop', operation: 'getOrder', arguments: polluted }]),
    ],
    ['what is set', () => save([{ id: 'bad', type: 'set', variables: polluted }])],
  ])('`__proto__` in %s is a 400', async (_, send) => {
    const workflowId = await api.publish({ input: { type: 'object' }, steps: [text('x')] })
    const { status, body } = await send(workflowId)
    expect([status, body.detail]).toEqual([400, '"__proto__" is not accepted as a key'])
  })

  it(
    '`__proto__` in a form is a 400, and the question stays open',
    async () => {
      const run = await start({ steps: [form] })
      expect((await answer(run, polluted)).status).toBe(400)
      expect((await answer(run, { name: 'x' })).status).toBe(200)
      expect((await world.ended(run)).status).toBe('completed')
    },
    limit,
  )

  it.each(['__proto__', 'constructor', 'toString'])('%s is no name for what is extracted', async (name) => {
    const properties = [{ name, type: 'string', description: 'x' }]
    const refused = await save([{ id: 'bad', type: 'extract', from: 'x', properties }])
    expect([refused.status, refused.body.errors]).toEqual([422, [expect.objectContaining({ stepId: 'bad' })]])
  })

  it('inherited names in a schedule’s input reach its run as they are', async () => {
    const workflowId = await api.publish({ input: { type: 'object' }, steps: [text('x')] })
    const made = await api.as('admin').post(`A/workflows/${workflowId}/schedules`, {
      name: 'x',
      every: 'PT1H',
      paused: true,
      input: inherited,
    })
    expect([made.status, made.body.input]).toEqual([201, inherited])
  })
})

it('meanwhile somebody else was served', async () => {
  expect(await neighbour.p95()).toBeLessThan(neighbourly)
})
