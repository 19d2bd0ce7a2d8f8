import { until } from '../../harness/until.ts'
import { ana, boss, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const ask = (id: string) => ({ id, type: 'ask', question: `${id}?`, answer: { type: 'text' } })
const arms = (...lists: object[][]) => lists.map((steps, index) => ({ name: `Arm ${index}`, steps }))

const openOf = (run: string, count: number) =>
  until(`${count} open requests`, async () => {
    const { requests } = await world.runs.state(run)
    return requests.length === count ? requests : undefined
  })

it('F009 several questions are open at once, are told apart by their id, and all their results are there behind', async () => {
  const run = await world.begin({
    steps: [
      { id: 'both', type: 'parallel', arms: arms([ask('name')], [ask('town')]) },
      { id: 'done', type: 'end', output: '${name} of ${town}' },
    ],
  })
  const open = await openOf(run, 2)
  await expect(world.runs.answer(run, { value: 'Ann', by: ana })).rejects.toThrow()
  for (const { requestId, stepId } of open.reverse())
    await world.runs.answer(run, { requestId, value: stepId === 'name' ? 'Ann' : 'Ulm', by: ana })
  expect((await world.ended(run)).view.output).toBe('Ann of Ulm')
})

it('arms go on by themselves: an approval in one does not hold up the other', async () => {
  world.models.will('A text.')
  const run = await world.begin({
    steps: [
      {
        id: 'both',
        type: 'parallel',
        arms: arms(
          [
            {
              id: 'ok',
              type: 'approval',
              title: 'Go?',
              artifact: { text: 'x' },
              approvers: { users: ['boss'] },
            },
          ],
          [
            { id: 'text', type: 'draft', format: 'text', prompt: 'Write.' },
            { id: 'said', type: 'message', text: '${text}' },
          ],
        ),
      },
    ],
  })
  const { requestId } = await world.request(run, 'ok')
  await until('the other arm', async () => (await world.events(run, 'message')).length > 0 || undefined)
  await world.runs.decide(run, { requestId, decision: 'approve', by: boss })
  expect((await world.ended(run)).status).toBe('completed')
})

it('a failing arm stops the others', async () => {
  const run = await world.begin({
    steps: [
      {
        id: 'both',
        type: 'parallel',
        arms: arms([ask('q')], [{ id: 'bad', type: 'set', variables: { x: '${1 / 0}' } }]),
      },
    ],
  })
  const { status, view } = await world.ended(run)
  expect([status, view.error?.code, view.requests]).toEqual(['failed', 'ExpressionFailed', []])
})

it('a cancel stops every arm', async () => {
  const run = await world.begin({
    steps: [{ id: 'both', type: 'parallel', arms: arms([ask('a')], [ask('b')]) }],
  })
  await openOf(run, 2)
  await world.runs.cancel(run)
  expect((await world.ended(run)).status).toBe('cancelled')
})
