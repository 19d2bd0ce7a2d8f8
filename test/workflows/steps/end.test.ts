import { createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const outcomeOf = async (run: string) => ({
  view: (await world.ended(run)).view,
  output: await world.runs.result(run),
})

it('F074 gives the run its output, in the types of its parts', async () => {
  const run = await world.begin(
    {
      steps: [
        {
          id: 'done',
          type: 'end',
          output: { sum: '${input.a + 1}', list: '${input.l}', text: 'a is ${input.a}' },
        },
      ],
    },
    { input: { a: 2, l: [1, 'x', null] } },
  )
  const { view, output } = await outcomeOf(run)
  expect(output).toEqual({ sum: 3, list: [1, 'x', null], text: 'a is 2' })
  expect(view).toMatchObject({ status: 'completed', percent: 100, output })
})

it('an end in the middle of nested steps ends the whole run: nothing after it happens', async () => {
  const run = await world.begin({
    steps: [
      {
        id: 'outer',
        type: 'branch',
        cases: [
          {
            when: '${true}',
            steps: [
              {
                id: 'inner',
                type: 'branch',
                cases: [{ when: '${true}', steps: [{ id: 'stop', type: 'end', output: 'early' }] }],
              },
              { id: 'never', type: 'message', text: 'never' },
            ],
          },
        ],
      },
      { id: 'neither', type: 'message', text: 'neither' },
      { id: 'late', type: 'end', output: 'late' },
    ],
  })
  const { view, output } = await outcomeOf(run)
  expect(output).toBe('early')
  expect(view).toMatchObject({ status: 'completed', percent: 100 })
  expect(await world.events(run, 'message')).toEqual([])
})

it('a run without an end step completes with no output', async () => {
  const run = await world.begin({ steps: [{ id: 'hi', type: 'message', text: 'Hi.' }] })
  const { view, output } = await outcomeOf(run)
  expect(output).toBeNull()
  expect(view).toMatchObject({ status: 'completed', percent: 100 })
})

it('F074 an output that does not fit the schema fails the run and says where; an end without one needs none', async () => {
  const schema = { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] }
  const ending = (end: object) => ({ output: schema, steps: [{ id: 'done', type: 'end', ...end }] })
  const bad = await world.ended(await world.begin(ending({ output: { sum: 'many' } })))
  expect(bad.view.error).toMatchObject({
    code: 'InvalidOutput',
    message: expect.stringContaining('sum must be a number, but '),
  })
  expect((await world.ended(await world.begin(ending({ output: { sum: 2 } })))).view.output).toEqual({
    sum: 2,
  })
  expect((await world.ended(await world.begin(ending({})))).status).toBe('completed')
})
