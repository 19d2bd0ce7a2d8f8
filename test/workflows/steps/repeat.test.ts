import { until } from '../../harness/until.ts'
import { ana, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const counting = { id: 'count', type: 'set', variables: { n: '${variables.n + 1}' } }
const loop = (more: object, steps: object[] = [counting]) => ({
  variables: { n: 0 },
  steps: [
    { id: 'again', type: 'repeat', steps, ...more },
    { id: 'done', type: 'end', output: '${variables.n}' },
  ],
})

it.each([
  ['until something is true, looked at after each round', { until: '${variables.n >= 3}', max: 10 }, 3],
  ['once at least, with until', { until: '${true}', max: 10 }, 1],
  ['while something is true, looked at before each round', { while: '${variables.n < 4}', max: 10 }, 4],
  ['not at all, with while', { while: '${false}', max: 10 }, 0],
  ['as often as max allows, and then it goes on', { until: '${false}', max: 5 }, 5],
])('a loop repeats %s', async (_, more, rounds) => {
  const run = await world.begin(loop(more))
  expect((await world.ended(run)).view.output).toBe(rounds)
})

it('a round sees what the round before gave, and steps behind the loop see the last', async () => {
  world.models.will('first', 'second')
  const run = await world.begin({
    steps: [
      {
        id: 'again',
        type: 'repeat',
        max: 5,
        until: "${better == 'second'}",
        steps: [
          {
            id: 'better',
            type: 'draft',
            format: 'text',
            prompt: "Round ${index}, after ${better.orValue('nothing')}.",
          },
        ],
      },
      { id: 'done', type: 'end', output: '${better}' },
    ],
  })
  expect((await world.ended(run)).view.output).toBe('second')
  expect(world.models.requests.slice(-2).map(({ user }) => user)).toEqual([
    'Round 0, after nothing.',
    'Round 1, after first.',
  ])
})

it('each round asks anew', async () => {
  const steps = [{ id: 'more', type: 'ask', question: 'More?', answer: { type: 'text' } }]
  const run = await world.begin(loop({ until: "${more == 'no'}", max: 10 }, steps))
  const asked: string[] = []
  for (const value of ['yes', 'yes', 'no']) {
    const requestId = await until('a new question', async () => {
      const { requests } = await world.runs.state(run)
      return requests.map((one) => one.requestId).find((id) => !asked.includes(id))
    })
    asked.push(requestId)
    await world.runs.answer(run, { requestId, value, by: ana })
  }
  await world.ended(run)
  expect(new Set(asked).size).toBe(3)
  const paths = (await world.events(run, 'requestOpened')).map(({ path }) => path)
  expect(paths).toEqual(['again[0].more', 'again[1].more', 'again[2].more'])
})
