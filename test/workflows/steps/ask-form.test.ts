import { refusal } from '../../harness/refusal.ts'
import { until } from '../../harness/until.ts'
import { ana, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const asking = (
  schema: object,
  { form = {}, ...more }: { form?: object; onError?: object; attempts?: number } = {},
) => ({
  steps: [
    {
      id: 'order',
      type: 'ask',
      question: 'What do you need?',
      answer: { type: 'form', schema, ...form },
      ...more,
    },
    { id: 'done', type: 'end', output: '${order.orValue(null)}' },
  ],
})

const order = {
  type: 'object',
  required: ['name', 'amount'],
  properties: {
    name: { type: 'string', title: 'Name' },
    amount: { type: 'integer', minimum: 1, title: 'Amount' },
    due: { type: 'string', format: 'date', title: 'Due by' },
  },
}

const inOrder = ['name', 'amount', 'due']

it('F009 a form is filled in with words, is echoed with its titles, and gives an object', async () => {
  const run = await world.begin(asking(order, { form: { order: inOrder } }))
  expect((await world.request(run)).answer).toEqual({ type: 'form', schema: order, order: inOrder })
  await world.runs.answer(run, { value: 'Name: Ann, amount: 12k, due by: 1 December 2026', by: ana })
  expect((await world.ended(run)).view.output).toEqual({ name: 'Ann', amount: 12_000, due: '2026-12-01' })
  expect((await world.events(run, 'message')).map(({ text }) => text)).toEqual([
    'Name: Ann · Amount: 12,000 · Due by: Tuesday 1 December 2026',
  ])
})

it('F009 an update that does not fit is refused with what is wrong with each field; the request stays open', async () => {
  const run = await world.begin(asking(order))
  const { requestId } = await world.request(run)
  expect(await refusal(world.runs.answer(run, { value: { amount: 0 }, by: ana }))).toEqual({
    code: 'AnswerRefused',
    message: 'Name: is needed; Amount: must be at least 1.',
  })
  await world.runs.answer(run, { requestId, value: { name: 'Ann', amount: 2 }, by: ana })
  await world.ended(run)
})

it('F009 a signal that does not fit is asked again with the reason, then `onError`', async () => {
  const run = await world.begin(
    asking(order, {
      attempts: 2,
      onError: { steps: [{ id: 'out', type: 'end', output: '${error.message}' }] },
    }),
  )
  await world.request(run)
  await world.signal(run, 'answer', { value: 'just send it', by: ana })
  const again = await until('the question again', async () => {
    const request = await world.request(run)
    return request.reason !== undefined && request
  })
  expect(again.reason).toMatch(/is not a filled-in form.*“Due by: next Friday, Name: …, Amount: 12”/)
  await world.signal(run, 'answer', { value: 'name: Ann, amount: none', by: ana })
  expect((await world.ended(run)).view.output).toMatch(/in 2 attempts.*Amount: must be at least 1/)
})

it('F009 titles, defaults and choices are made from what is known', async () => {
  const run = await world.begin(
    asking({
      type: 'object',
      title: 'For ${input.who}',
      properties: {
        amount: { type: 'number', title: 'How many for ${input.who}', default: '${input.amount}' },
        colour: { enum: ['${input.colour}', 'none'] },
      },
    }),
    { input: { who: 'Kari', amount: 7, colour: 'red' } },
  )
  expect((await world.request(run)).answer).toMatchObject({
    schema: {
      title: 'For Kari',
      properties: { amount: { title: 'How many for Kari', default: 7 }, colour: { enum: ['red', 'none'] } },
    },
  })
  await world.runs.answer(run, { value: { colour: 'Red' }, by: ana })
  expect((await world.ended(run)).view.output).toEqual({ amount: 7, colour: 'red' })
})

it('F009 a form that comes out unfit to be asked fails the step, and says where', async () => {
  const schema = { type: 'object', properties: { amount: { type: 'number', default: '${input.amount}' } } }
  const run = await world.begin(asking(schema), { input: { amount: 'a heap' } })
  expect((await world.ended(run)).view.error).toMatchObject({
    code: 'ExpressionFailed',
    message: expect.stringMatching(/schema\.properties\.amount\.default: the default does not fit: “a heap”/),
  })
})
