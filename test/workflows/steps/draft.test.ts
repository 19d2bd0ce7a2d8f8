import { eq } from 'drizzle-orm'
import { defaultBrand } from '../../../shared/contract/brand.ts'
import { calls, steps, workspaces } from '../../../storage/sql/schema.ts'
import { hang } from '../../harness/scripted-models.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
  const brand = {
    ...defaultBrand,
    name: 'Nordlys',
    voice: 'Warm and brief.',
    words: { use: ['partner'], avoid: ['cheap', 'synergy'] },
  }
  await world.db.update(workspaces).set({ brand }).where(eq(workspaces.workspaceId, world.workspaceId))
})
afterEach(() => world.replay())
afterAll(() => world.close())

const drafting = (more: Record<string, unknown>) => ({
  steps: [
    { id: 'd', type: 'draft', prompt: 'Write to ${input.who}.', ...more },
    { id: 'done', type: 'end', output: '${d}' },
  ],
})
const draft = async (more: Record<string, unknown>) => {
  const run = await world.begin(drafting(more), { input: { who: 'Kari' } })
  return { run, view: (await world.ended(run)).view }
}

const person = {
  type: 'object',
  required: ['name', 'age'],
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
}

it('F018 F124 a text is written by the prompt, in the voice and words of the workspace', async () => {
  world.models.will('  Dear Kari.\n')
  const { view } = await draft({ format: 'text' })
  expect(view.output).toBe('Dear Kari.')
  const { system, user, json } = world.models.requests.at(-1)!
  expect(user).toBe('Write to Kari.')
  expect(json).toBeUndefined()
  for (const words of [
    'Nordlys',
    'Voice: Warm and brief.',
    'Words to use: partner',
    'Words to avoid: cheap, synergy',
    'plain text',
  ])
    expect(system).toContain(words)
})

it.each([
  ['markdown', '```markdown\n# Hello\n```', '# Hello'],
  ['markdown', '# Hello\n\n```js\nlet a\n```\n\nand more', '# Hello\n\n```js\nlet a\n```\n\nand more'],
  ['text', '```\nplain\n```', 'plain'],
])(
  'F018 a code fence around a whole %s answer is taken off, one inside it stays',
  async (format, answer, text) => {
    world.models.will(answer)
    expect((await draft({ format })).view.output).toBe(text)
  },
)

it('F018 an answer in JSON is read, also out of a code fence', async () => {
  world.models.will('```json\n{ "name": "Kari", "age": 7 }\n```')
  expect((await draft({ format: 'json', responseSchema: person })).view.output).toEqual({
    name: 'Kari',
    age: 7,
  })
  expect(world.models.requests.at(-1)?.json).toEqual({ schema: person })
  world.models.will([1, 2])
  expect((await draft({ format: 'json' })).view.output).toEqual([1, 2])
})

it('F018 a wrong form is sent back with what is wrong with it, twice at most', async () => {
  world.models.will('Here you are!', { name: 'Kari', age: 'seven' }, { name: 'Kari', age: 7 })
  expect((await draft({ format: 'json', responseSchema: person })).view.output).toEqual({
    name: 'Kari',
    age: 7,
  })
  const { history } = world.models.requests.at(-1)!
  expect(history?.map(({ role, content }) => [role, content])).toEqual([
    ['assistant', 'Here you are!'],
    ['user', expect.stringContaining('not JSON')],
    ['assistant', '{"name":"Kari","age":"seven"}'],
    ['user', expect.stringContaining('age must be a whole number, but text came')],
  ])
})

it('F018 a model that never finds the form fails the step, in words a builder understands', async () => {
  world.models.will('no', 'no', { name: 'Kari' })
  const { run, view } = await draft({ format: 'json', responseSchema: person, title: 'Read the person' })
  expect(view.error).toMatchObject({
    code: 'ModelOutputInvalid',
    message: expect.stringMatching(/Step “Read the person” \(d\): .*age is needed/),
  })
  expect(await world.db.select().from(calls).where(eq(calls.instanceUuid, run))).toHaveLength(3)
})

it('F018 an empty answer is asked for again, then fails the step', async () => {
  world.models.will('', ' \n', 'Here.')
  expect((await draft({ format: 'text' })).view.output).toBe('Here.')
  world.models.will('', '```\n\n```', '')
  expect((await draft({ format: 'markdown' })).view.error).toMatchObject({
    code: 'ModelOutputInvalid',
    message: expect.stringContaining('nothing'),
  })
})

it('characters that no database can hold are left out of an answer, and cost nothing', async () => {
  world.models.will('Dear\u0000 Kari\ud800.')
  const { run, view } = await draft({ format: 'text' })
  expect(view.output).toBe('Dear Kari\ufffd.')
  expect(await world.db.select().from(calls).where(eq(calls.instanceUuid, run))).toHaveLength(1)
})

it('the run log holds the prompt as it was sent, the answer, the model and the tokens', async () => {
  world.models.will('Text.')
  const { run } = await draft({ format: 'text', model: 'large' })
  expect(world.models.requests.at(-1)?.model).toBe('large')
  const [call] = await world.db.select().from(calls).where(eq(calls.instanceUuid, run))
  expect(call).toMatchObject({
    path: 'd',
    kind: 'model',
    request: { user: 'Write to Kari.' },
    response: { text: 'Text.' },
    model: 'scripted',
    tokensIn: 10,
    tokensOut: 5,
  })
  const [step] = await world.db.select().from(steps).where(eq(steps.instanceUuid, run))
  expect(step).toMatchObject({
    attempts: 1,
    input: { prompt: 'Write to Kari.' },
    output: 'Text.',
    error: null,
  })
})

describe('when a step fails', () => {
  const broken = { format: 'text', prompt: '${input.missing.name}' }

  it('`onError: "continue"` goes on without a result', async () => {
    const run = await world.begin(
      {
        steps: [
          { id: 'd', type: 'draft', ...broken, onError: 'continue' },
          { id: 'done', type: 'end', output: "${d.orValue('none')}" },
        ],
      },
      { input: {} },
    )
    expect((await world.ended(run)).view).toMatchObject({ status: 'completed', percent: 100, output: 'none' })
    expect((await world.events(run, 'stepFailed')).map(({ path, error }) => [path, error.code])).toEqual([
      ['d', 'ExpressionFailed'],
    ])
    // A step that failed is not told as finished as well.
    expect((await world.events(run, 'stepFinished')).map(({ path }) => path)).toEqual(['done'])
  })

  it('`onError` steps see the error, and may fail themselves', async () => {
    const onError = {
      steps: [
        { id: 'say', type: 'message', text: '${error.code}' },
        { id: 'worse', type: 'draft', ...broken },
      ],
    }
    const run = await world.begin(
      { steps: [{ id: 'd', type: 'draft', ...broken, title: 'First', onError }] },
      { input: {} },
    )
    const { view } = await world.ended(run)
    expect(view).toMatchObject({
      status: 'failed',
      error: { code: 'ExpressionFailed', message: expect.stringContaining('(worse)') },
    })
    expect((await world.events(run, 'message')).map(({ text }) => text)).toEqual(['ExpressionFailed'])
    expect((await world.events(run, 'stepFailed')).map(({ path }) => path)).toEqual(['d', 'd.worse'])
  })

  it('`when` that cannot be evaluated fails the step, and its `onError` counts', async () => {
    const when = '${input.missing.flag}'
    const run = await world.begin(
      {
        steps: [
          { id: 'a', type: 'message', text: 'a', when, onError: 'continue' },
          { id: 'b', type: 'message', text: 'b', when },
        ],
      },
      { input: {} },
    )
    expect((await world.ended(run)).view.error?.message).toMatch(/\(b\): .*missing/)
    expect((await world.events(run, 'stepFailed')).map(({ path }) => path)).toEqual(['a', 'b'])
  })
})

it('a step that takes longer than its `timeout` is stopped and fails, whatever it waits for', async () => {
  let aborted = false
  world.models.will((request, call) => {
    call.signal.addEventListener('abort', () => {
      aborted = true
    })
    return hang('Dear')(request, call)
  })
  const run = await world.begin({
    steps: [
      { id: 'd', type: 'draft', format: 'text', prompt: 'x', timeout: 'PT1S', onError: 'continue' },
      { id: 'q', type: 'ask', question: 'Still there?', answer: { type: 'text' }, timeout: 'PT1S' },
    ],
  })
  const { view } = await world.ended(run)
  expect(view).toMatchObject({
    status: 'failed',
    requests: [],
    error: { code: 'TimedOut', message: expect.stringMatching(/\(q\): It took longer than PT1S/) },
  })
  expect((await world.events(run, 'stepFailed')).map(({ path, error }) => [path, error.code])).toEqual([
    ['d', 'TimedOut'],
    ['q', 'TimedOut'],
  ])
  expect(aborted).toBe(true)
  expect(await world.db.select().from(calls).where(eq(calls.instanceUuid, run))).toEqual([])
})
