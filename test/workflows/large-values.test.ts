import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const question = (id: string) => ({ id, type: 'ask', question: `${id}?`, answer: { type: 'text' } })

/** Answers the question of a step with this many characters. */
async function answer(run: string, stepId: string, length: number): Promise<void> {
  await world.request(run, stepId)
  await world.runs.answer(run, { value: 'x'.repeat(length), by: ana })
}

it('F002 an answer that is told of in more than one payload is taken', async () => {
  const run = await world.begin({
    steps: [question('first'), question('second'), { id: 'done', type: 'end', output: '${size(first)}' }],
  })
  await answer(run, 'first', 3_400_000)
  await answer(run, 'second', 10)
  expect(await world.runs.result(run)).toBe(3_400_000)
})

it('F002 values that are too large together fail the step that names them, with what to do', async () => {
  const steps = [
    { id: 'words', type: 'draft', format: 'text', prompt: '${variables.one} and ${variables.two}' },
  ]
  const variables = { one: 'x'.repeat(2_800_000), two: 'y'.repeat(2_800_000) }
  const run = await world.begin({ steps }, { variables })
  expect((await world.ended(run)).view.error).toEqual({
    code: 'TooLarge',
    message:
      'Step “Draft” (words): What it names has 5.6 MB; at most 5.0 MB fit: name less, or shorter values.',
  })
})

it('F002 a message and an output that are too large fail the run with what to do', async () => {
  const end = (more: object) => ({ steps: [question('first'), { ...more, id: 'last' }] })
  const said = await world.begin(end({ type: 'message', text: '${first} ${first}' }))
  await answer(said, 'first', 2_800_000)
  expect((await world.ended(said)).view.error?.code).toBe('TooLarge')
  const given = await world.begin(end({ type: 'end', output: ['${first}', '${first}'] }))
  await answer(given, 'first', 2_800_000)
  expect((await world.ended(given)).view.error?.message).toContain('The output has 5.6 MB')
})

it('F018 a draft that is too large fails the step instead of being tried for ever', async () => {
  world.models.will('ä'.repeat(2_800_000))
  const run = await world.begin({ steps: [{ id: 'words', type: 'draft', format: 'text', prompt: 'Write' }] })
  expect((await world.ended(run)).view.error).toMatchObject({
    code: 'TooLarge',
    message: expect.stringContaining('The result has 5.6 MB'),
  })
})
