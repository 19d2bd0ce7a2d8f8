import { createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const waiting = (fields: object) => ({
  steps: [
    { id: 'pause', type: 'wait', ...fields },
    { id: 'done', type: 'end', output: 'over' },
  ],
})

const took = async (definition: Record<string, unknown>, input?: Record<string, string>) => {
  const run = await world.begin(definition, input ? { input } : {})
  const { startedAt, finishedAt, view } = await world.ended(run)
  expect(view.output).toBe('over')
  return (finishedAt?.getTime() ?? 0) - startedAt.getTime()
}

it('B11 a wait lasts as long as it says', async () => {
  expect(await took(waiting({ for: 'PT1S' }))).toBeGreaterThanOrEqual(1_000)
  expect(await took(waiting({ for: '${input.long}' }), { long: 'PT1S' })).toBeGreaterThanOrEqual(1_000)
})

it('a wait until a moment that has passed goes on at once', async () => {
  await took(waiting({ until: '2020-01-01' }))
})

it('a wait until a moment ends then', async () => {
  const until = new Date(Date.now() + 2_000).toISOString()
  await took(waiting({ until }))
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until))
})

it('a condition is looked at when something happens in the run', async () => {
  const run = await world.begin({
    variables: { ready: false },
    steps: [
      {
        id: 'both',
        type: 'parallel',
        arms: [
          {
            name: 'waits',
            steps: [{ id: 'pause', type: 'wait', condition: '${variables.ready}', every: 'PT1H' }],
          },
          {
            name: 'works',
            steps: [
              { id: 'first', type: 'wait', for: 'PT1S' },
              { id: 'now', type: 'set', variables: { ready: true } },
            ],
          },
        ],
      },
    ],
  })
  expect((await world.ended(run)).status).toBe('completed')
})

it.each([
  ['a duration that is none', { for: '${input.x}' }, 'must give a duration'],
  ['a time that is none', { until: '${input.x}' }, 'must give a date or a time'],
  ['a condition that cannot be evaluated', { condition: '${input.y.z}', every: 'PT1S' }, '${input.y.z}'],
])('%s fails the step and says so', async (_, fields, message) => {
  const run = await world.begin(waiting(fields), { input: { x: 'soon' } })
  const { view } = await world.ended(run)
  expect(view.error?.message).toContain(message)
})
