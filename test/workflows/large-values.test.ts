import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const text = { type: 'text' }

it('F002 an answer of a megabyte does not stall the run', async () => {
  const run = await world.begin({
    steps: [
      { id: 'first', type: 'ask', question: 'First?', answer: text },
      { id: 'second', type: 'ask', question: 'Second?', answer: text },
      { id: 'done', type: 'end', output: '${size(first)}' },
    ],
  })
  await world.request(run, 'first')
  await world.runs.answer(run, { value: 'x'.repeat(1_000_000), by: ana })
  await world.request(run, 'second')
  await world.runs.answer(run, { value: 'short', by: ana })
  expect(await world.runs.result(run)).toBe(1_000_000)
})

it('F002 values that are too large together fail the step that names them, with what to do', async () => {
  const run = await world.begin({
    steps: [
      { id: 'first', type: 'ask', question: 'First?', answer: text },
      { id: 'second', type: 'ask', question: 'Second?', answer: text },
      { id: 'words', type: 'draft', format: 'text', prompt: '${first} and ${second}' },
    ],
  })
  for (const step of ['first', 'second']) {
    await world.request(run, step)
    await world.runs.answer(run, { value: 'x'.repeat(1_000_000), by: ana })
  }
  const { view } = await world.ended(run)
  expect(view.error).toMatchObject({ code: 'TooLarge', message: expect.stringContaining('words') })
})
