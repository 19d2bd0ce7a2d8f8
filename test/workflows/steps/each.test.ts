import { until } from '../../harness/until.ts'
import { ana, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const output = async (run: string) => {
  const { status, view } = await world.ended(run)
  expect([status, view.error]).toEqual(['completed', null])
  return view.output
}

/** A loop over `list`, whose rounds end with a template document, and an end that gives the loop's result. */
const over = (list: string, steps: object[], more: object = {}) => ({
  steps: [
    { id: 'rounds', type: 'each', in: list, steps, ...more },
    { id: 'done', type: 'end', output: '${rounds}' },
  ],
})

const note = (id: string, text: string) => ({ id, type: 'draft', format: 'text', prompt: text })

it("each gives the list of its rounds' last results, in the order of the items", async () => {
  world.models.will('A', 'B', 'C')
  const run = await world.begin(over('${[1, 2, 3]}', [note('first', 'n ${item} at ${index}')]))
  expect(await output(run)).toEqual(['A', 'B', 'C'])
  expect(world.models.requests.slice(-3).map(({ user }) => user)).toEqual([
    'n 1 at 0',
    'n 2 at 1',
    'n 3 at 2',
  ])
})

it('each round has results of its own, and its item may have a name', async () => {
  world.models.will('one', 'ONE', 'two', 'TWO')
  const run = await world.begin(
    over("${['x', 'y']}", [note('low', 'low ${letter}'), note('high', '${letter}: ${low}')], {
      as: 'letter',
    }),
  )
  expect(await output(run)).toEqual(['ONE', 'TWO'])
  expect(world.models.requests.at(-1)?.user).toBe('y: two')
})

it('each over nothing gives an empty list, and a round without a result gives null', async () => {
  expect(await output(await world.begin(over('${[]}', [{ id: 'm', type: 'message', text: 'x' }])))).toEqual(
    [],
  )
  expect(
    await output(await world.begin(over('${[1, 2]}', [{ id: 'm', type: 'message', text: 'x' }]))),
  ).toEqual([null, null])
})

it('rounds run side by side, as many as allowed, and their questions are open at once', async () => {
  const steps = [{ id: 'q', type: 'ask', question: 'About ${item}?', answer: { type: 'text' } }]
  const run = await world.begin(over("${['a', 'b', 'c']}", steps, { parallel: 2 }))
  await world.request(run)
  const open = async () =>
    (await world.runs.state(run)).requests.map(({ question, requestId }) => ({ question, requestId }))
  expect((await open()).map(({ question }) => question)).toEqual(['About a?', 'About b?'])
  for (const [said, question] of [
    ['B', 'About b?'],
    ['C', 'About c?'],
    ['A', 'About a?'],
  ]) {
    const asked = await until(question ?? '', async () =>
      (await open()).find((one) => one.question === question),
    )
    await world.runs.answer(run, { requestId: asked.requestId, value: said ?? '', by: ana })
  }
  expect(await output(run)).toEqual(['A', 'B', 'C'])
})

it('a failing round stops the others, and onError takes over with nothing left open', async () => {
  const steps = [
    {
      id: 'split',
      type: 'branch',
      cases: [{ when: '${item == 1}', steps: [{ id: 'bad', type: 'set', variables: { x: '${item / 0}' } }] }],
      otherwise: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } }],
    },
  ]
  const run = await world.begin({
    steps: [
      {
        id: 'rounds',
        type: 'each',
        in: '${[0, 1]}',
        steps,
        parallel: 2,
        onError: { steps: [{ id: 'sorry', type: 'message', text: 'Failed: ${error.code}' }] },
      },
      { id: 'done', type: 'end', output: { list: '${rounds.orValue([])}' } },
    ],
  })
  expect(await output(run)).toEqual({ list: [] })
  const messages = await world.events(run, 'message')
  expect(messages.map(({ text }) => text)).toEqual(['Failed: ExpressionFailed'])
  const closed = await world.events(run, 'requestClosed')
  expect(closed.map(({ outcome }) => outcome)).toEqual(['ExpressionFailed'])
})

it('an end inside a loop ends the run, the rounds beside it too', async () => {
  const steps = [
    {
      id: 'split',
      type: 'branch',
      cases: [{ when: '${item == 1}', steps: [{ id: 'out', type: 'end', output: 'early' }] }],
      otherwise: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } }],
    },
  ]
  const run = await world.begin(over('${[0, 1]}', steps, { parallel: 2 }))
  expect(await output(run)).toBe('early')
})

it('what is no list fails the step, and so do more than 10,000 items', async () => {
  const bad = await world.begin(over('${input}', [{ id: 'm', type: 'message', text: 'x' }]), {
    input: { a: 1 },
  })
  expect((await world.ended(bad)).view.error?.message).toContain('must give a list')
  const items = Array.from({ length: 10_001 }, () => 0)
  const many = await world.begin(over('${input.items}', [{ id: 'm', type: 'message', text: 'x' }]), {
    input: { items },
  })
  expect((await world.ended(many)).view.error).toMatchObject({ code: 'TooLarge' })
})

it('words of the demo model stay told apart in the list that a loop gives', async () => {
  const labelled = await createWorld((deps) => ({
    ...deps,
    models: {
      generate: async () => ({
        text: 'Said.',
        model: 'demo',
        label: 'Demo model',
        tokensIn: 1,
        tokensOut: 1,
      }),
    },
  }))
  try {
    const run = await labelled.begin({
      steps: [
        { id: 'rounds', type: 'each', in: '${[1, 2]}', steps: [note('text', 'x')] },
        { id: 'm', type: 'message', text: '${rounds[1]}' },
      ],
    })
    await labelled.ended(run)
    expect(await labelled.events(run, 'message')).toEqual([expect.objectContaining({ label: 'Demo model' })])
  } finally {
    await labelled.close()
  }
})
