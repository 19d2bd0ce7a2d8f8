import { type Answer, startApi, type TestApi } from '../harness/api.ts'
import { type Neighbour, startNeighbour } from '../harness/neighbour.ts'

const limit = 60_000
/** Milliseconds that 19 of 20 requests of somebody else may take meanwhile, also on a machine that does other things. */
const neighbourly = 1_000

let api: TestApi
let ids: Record<'output_focused' | 'chat_driven', string>
let neighbour: Neighbour
beforeAll(async () => {
  api = await startApi()
  const make = async (type: string) =>
    (await api.as('admin').post('A/workflows', { name: 'Hostile', type })).body.workflowId
  ids = { output_focused: await make('output_focused'), chat_driven: await make('chat_driven') }
  neighbour = startNeighbour(api)
}, limit)
afterAll(async () => {
  await neighbour?.stop()
  await api?.close()
})

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

it('meanwhile somebody else was served', async () => {
  expect(await neighbour.p95()).toBeLessThan(neighbourly)
})
