import { ana, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const say = (id: string, text = id) => ({ id, type: 'message', text })
const said = async (run: string) => {
  await world.ended(run)
  return (await world.events(run, 'message')).map(({ text }) => text)
}

const sizes = {
  steps: [
    {
      id: 'pick',
      type: 'branch',
      cases: [
        { when: '${input.amount > 1000}', steps: [say('large')] },
        { when: '${input.amount > 100}', steps: [say('middle')] },
      ],
      otherwise: [say('small')],
    },
    say('after'),
  ],
}

it.each([
  [5000, 'large'],
  [1000, 'middle'],
  [100, 'small'],
])('F022 takes the first arm that holds for %d: %s', async (amount, arm) => {
  expect(await said(await world.begin(sizes, { input: { amount } }))).toEqual([arm, 'after'])
})

it('F022 branches on what a step before it gave, and goes on when no arm holds', async () => {
  world.models.will({ mood: 'bad' }, { mood: 'good' })
  const steps = [
    { id: 'read', type: 'draft', format: 'json', prompt: 'How does it sound?' },
    { id: 'b', type: 'branch', cases: [{ when: "${read.mood == 'bad'}", steps: [say('sorry')] }] },
    say('after'),
  ]
  expect(await said(await world.begin({ steps }))).toEqual(['sorry', 'after'])
  expect(await said(await world.begin({ steps }))).toEqual(['after'])
})

it('F022 arms nest, and a result of an arm not taken is read through ?-access', async () => {
  world.models.will('A warm text.')
  const run = await world.begin(
    {
      steps: [
        {
          id: 'outer',
          type: 'branch',
          cases: [
            {
              when: '${input.write}',
              steps: [
                {
                  id: 'inner',
                  type: 'branch',
                  cases: [
                    {
                      when: '${input.cold}',
                      steps: [{ id: 'cold', type: 'draft', format: 'text', prompt: 'Cold.' }],
                    },
                  ],
                  otherwise: [{ id: 'warm', type: 'draft', format: 'text', prompt: 'Warm.' }],
                },
              ],
            },
          ],
        },
        say('last', "${cold.orValue(warm.orValue('nothing'))} ${cold.?text.orValue('no cold one')}"),
      ],
    },
    { input: { write: true, cold: false } },
  )
  expect(await said(run)).toEqual(['A warm text. no cold one'])
  const paths = (await world.events(run, 'stepFinished')).map(({ path }) => path)
  expect(paths).toContain('outer.inner.warm')
})

it('`when` skips a step unless it is true, and the log says so', async () => {
  const run = await world.begin(
    {
      steps: [
        { ...say('yes'), when: '${input.n == 1}' },
        { ...say('no'), when: '${input.n == 2}' },
        { ...say('text'), when: "${'true'}" },
        { id: 'q', type: 'ask', when: '${input.n > 5}', question: 'Never asked?', answer: { type: 'text' } },
      ],
    },
    { input: { n: 1 } },
  )
  expect(await said(run)).toEqual(['yes'])
  expect((await world.events(run, 'stepFinished')).map(({ stepId, status }) => [stepId, status])).toEqual([
    ['yes', 'completed'],
    ['no', 'skipped'],
    ['text', 'skipped'],
    ['q', 'skipped'],
  ])
})

it('F013 the percentage never falls, whichever arm is taken, and is 100 at the end', async () => {
  const run = await world.begin({
    steps: [
      { id: 'q', type: 'ask', question: 'Short?', answer: { type: 'text' } },
      {
        id: 'b',
        type: 'branch',
        cases: [{ when: "${q == 'yes'}", steps: [] }],
        otherwise: [{ id: 'd', type: 'draft', format: 'text', prompt: 'x' }],
      },
      say('after'),
    ],
  })
  await world.request(run)
  await world.runs.answer(run, { value: 'yes', by: ana })
  expect((await world.ended(run)).view.percent).toBe(100)
  const shown = (await world.events(run, 'progress')).map(({ percent }) => percent)
  expect(shown).toEqual([...shown].sort((a, b) => a - b))
})
