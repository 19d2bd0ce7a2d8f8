import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, startApi, type TestApi } from '../harness/api.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

const limit = 60_000
/** Milliseconds that 19 of 20 requests of somebody else may take meanwhile, also on a machine that does other things. */
const neighbourly = 1_000

let world: World
let api: TestApi
let ids: Record<'output_focused' | 'chat_driven', string>
const waits: number[] = []
let neighbour: { stop: () => Promise<void> }
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  const make = async (type: string) =>
    (await api.as('admin').post('A/workflows', { name: 'Hostile', type })).body.workflowId
  ids = { output_focused: await make('output_focused'), chat_driven: await make('chat_driven') }
  neighbour = startNeighbour()
}, limit)
afterEach(() => world.replay())
afterAll(async () => {
  await neighbour?.stop()
  await api?.close()
  await world?.close()
})

/** Somebody else, who asks for something small again and again. */
function startNeighbour() {
  let goesOn = true
  const asking = (async () => {
    while (goesOn) {
      const began = performance.now()
      const { status } = await api.as('member').get('R/catalog')
      waits.push(performance.now() - began)
      expect(status).toBe(200)
      await pause(10)
    }
  })()
  return {
    stop: async () => {
      goesOn = false
      await asking
    },
  }
}

/** Saves a draft as it comes, and gives how long that took. */
async function save(definition: Record<string, unknown>): Promise<Answer & { took: number }> {
  const { type = 'output_focused' } = definition as { type?: keyof typeof ids }
  const began = performance.now()
  const answer = await api
    .as('admin')
    .put(`A/workflows/${ids[type]}/draft`, { name: 'Hostile', type, steps: [], ...definition })
  return { ...answer, took: performance.now() - began }
}

const times = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, at) => make(at))
const text = (content: string, id = 'bad') => ({ id, type: 'message', text: content })
const inside = (depth: number): object =>
  depth === 0
    ? text('x')
    : { id: `s${depth}`, type: 'repeat', until: '${true}', max: 2, steps: [inside(depth - 1)] }
const sum = (nodes: number) => `\${${Array(nodes).fill('1').join('+')}}`
const nested = (depth: number, make: (inner: object) => object): object =>
  times(depth, () => make).reduce<object>((inner, wrap) => wrap(inner), { type: 'string' })
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

const row = (
  what: string,
  definition: Record<string, unknown>,
  status: number,
  words: RegExp,
  stepId?: string,
) => [what, { definition, status, words, stepId }] as const

it.each([
  row('more than 1 MB', { steps: [text('x'.repeat(1_050_000))] }, 413, /1 MB/),
  row('1,001 steps', { steps: times(1_001, (at) => text('x', `s${at}`)) }, 422, /1000 steps/),
  row('21 deep', { steps: [inside(21)] }, 422, /20/),
  row(
    'JSON 99 deep',
    { variables: { a: times(99, () => 0).reduce<unknown>((inner) => [inner], 0) } },
    400,
    /nested/,
  ),
  row(
    'an expression of 4,001 characters',
    { steps: [text(`\${'${'x'.repeat(4_000)}'}`)] },
    422,
    /4000 characters/,
    'bad',
  ),
  row('an expression of 501 nodes', { steps: [text(sum(400))] }, 422, /500/, 'bad'),
  row('a template of 100 KB', { steps: [text('x'.repeat(100_001))] }, 422, /100000/, 'bad'),
  row(
    '21 triggers',
    { type: 'chat_driven', triggers: times(21, (at) => ({ id: `t${at}`, name: 'T', message: 'x' })) },
    422,
    /20/,
  ),
  row(
    'a trigger’s message of 2,001 characters',
    { type: 'chat_driven', triggers: [{ id: 't', name: 'T', message: 'x'.repeat(2_001) }] },
    422,
    /2000/,
  ),
  row(
    '10,001 placeholders',
    { steps: times(20, (at) => text('${1}'.repeat(501), `s${at}`)) },
    422,
    /10000 placeholders/,
  ),
  row(
    'expressions of 200,001 characters together',
    { steps: times(60, (at) => text(`\${'${'x'.repeat(3_500)}'}`, `s${at}`)) },
    422,
    /200000 characters/,
  ),
  row(
    'brackets in brackets',
    { steps: [text(`\${${'('.repeat(1_900)}1${')'.repeat(1_900)}}`)] },
    422,
    /is not an expression/,
    'bad',
  ),
  row(
    'lists in lists',
    { steps: [text(`\${${'['.repeat(1_900)}${']'.repeat(1_900)}}`)] },
    422,
    /is not an expression/,
    'bad',
  ),
  row(
    'a choice in a choice',
    { steps: [text(`\${${'true?1:'.repeat(490)}1}`)] },
    422,
    /is not an expression/,
    'bad',
  ),
  row(
    'a chain of nots',
    { steps: [text(`\${${'!'.repeat(3_900)}true}`)] },
    422,
    /is not an expression/,
    'bad',
  ),
  row(
    'a schema 60 deep',
    { steps: [answering(nested(30, (inner) => ({ type: 'object', properties: { a: inner } })))] },
    422,
    /20 levels deep/,
    'bad',
  ),
  row(
    'a schema that only refers to itself',
    { steps: [answering({ $ref: '#' })] },
    422,
    /refers to itself/,
    'bad',
  ),
  row(
    'a schema with a pattern that multiplies',
    {
      steps: [
        answering({
          type: 'object',
          properties: { a: { type: 'string', pattern: '((a{1000}){1000}){1000}' } },
        }),
      ],
    },
    422,
    /pattern/,
    'bad',
  ),
  row(
    'a schema from elsewhere',
    { steps: [answering({ $ref: 'http://169.254.169.254/schema' })] },
    422,
    /\$ref/,
    'bad',
  ),
  row(
    'a schema of $data',
    { steps: [answering({ type: 'object', properties: { a: { pattern: { $data: '1/b' } } } })] },
    422,
    /\$data/,
    'bad',
  ),
  row(
    'schemas of 2,001 parts',
    { input: { type: 'object', properties: Object.fromEntries(times(2_100, (at) => [`p${at}`, {}])) } },
    422,
    /parts|schemas/,
  ),
  row('a result called constructor', { steps: [{ ...text('x'), id: 'constructor' }] }, 422, /reserved word/),
  row(
    '__proto__ among the variables',
    { variables: JSON.parse('{"__proto__":{"polluted":true}}') },
    400,
    /__proto__/,
  ),
])(
  'a definition with %s is refused soon, and by name',
  async (_, { definition, status, words, stepId }) => {
    const refused = await save(definition)
    const said = JSON.stringify([refused.body.detail, refused.body.errors])
    expect([refused.status, said.slice(0, 500)]).toEqual([status, expect.stringMatching(words)])
    if (stepId) expect(refused.body.errors[0]).toMatchObject({ stepId })
    expect(refused.took).toBeLessThan(3 * neighbourly)
  },
  limit,
)

it('the same limits hold where one step is saved', async () => {
  expect((await save({ steps: [text('x')] })).status).toBe(200)
  for (const [step, words] of [
    [text('x'.repeat(100_001)), /100000/],
    [text(sum(400)), /500/],
    [answering({ $ref: '#' }), /refers to itself/],
  ] as const) {
    const refused = await api.as('admin').put(`A/workflows/${ids.output_focused}/draft/steps/bad`, step)
    expect([refused.status, JSON.stringify(refused.body.errors)]).toEqual([422, expect.stringMatching(words)])
  }
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
        save({
          steps: [
            { id: 'bad', type: 'tool', integration: 'shop', operation: 'getOrder', arguments: polluted },
          ],
        }),
    ],
    ['what is set', () => save({ steps: [{ id: 'bad', type: 'set', variables: polluted }] })],
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
    const refused = await save({ steps: [{ id: 'bad', type: 'extract', from: 'x', properties }] })
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
  await until('requests enough to tell', () => waits.length >= 100)
  const sorted = waits.toSorted((a, b) => a - b)
  expect(sorted[Math.floor(sorted.length * 0.95)]).toBeLessThan(neighbourly)
})
