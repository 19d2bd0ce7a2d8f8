import { createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

it('sets variables of every type, each from those before', async () => {
  const run = await world.begin(
    {
      variables: { attempts: 1, tags: ['a'] },
      steps: [
        {
          id: 'one',
          type: 'set',
          variables: { attempts: '${variables.attempts + 1}', name: 'Run of ${input.who}' },
        },
        {
          id: 'two',
          type: 'set',
          variables: { tags: '${variables.tags + ["b"]}', nested: { total: '${variables.attempts * 10}' } },
        },
        { id: 'done', type: 'end', output: '${variables}' },
      ],
    },
    { input: { who: 'Ana' } },
  )
  await world.ended(run)
  expect(await world.runs.result(run)).toEqual({
    attempts: 2,
    name: 'Run of Ana',
    tags: ['a', 'b'],
    nested: { total: 20 },
  })
})

it('F064 a start may give variables other values, and the query `state` shows them', async () => {
  const run = await world.begin(
    {
      variables: { tone: 'plain', count: 1 },
      steps: [{ id: 'q', type: 'ask', question: '${variables.tone}?', answer: { type: 'text' } }],
    },
    { variables: { tone: 'warm' } },
  )
  expect((await world.request(run)).question).toBe('warm?')
  expect((await world.runs.state(run)).variables).toEqual({ tone: 'warm', count: 1 })
})

it('an expression that cannot be evaluated fails the step in words a builder understands', async () => {
  const run = await world.begin(
    { steps: [{ id: 'sum', type: 'set', title: 'Add up', variables: { n: '${input.a + input.b}' } }] },
    { input: { a: 1, b: 'x' } },
  )
  const { view } = await world.ended(run)
  expect(view.error).toMatchObject({
    code: 'ExpressionFailed',
    message: expect.stringContaining('Step “Add up” (sum): ${input.a + input.b}'),
  })
})
