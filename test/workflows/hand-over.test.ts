import { eq } from 'drizzle-orm'
import { instances } from '../../storage/sql/schema.ts'
import { until } from '../harness/until.ts'
import { ana, boss, createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
// Thousands of rounds take long to replay beside other tests.
afterEach(() => world.replay(), 300_000)
afterAll(() => world.close())

const executions = async (run: string) => (await world.histories(run)).length

const counted = { id: 'count', type: 'set', variables: { n: '${variables.n + 1}' } }

it('a loop of 2,000 rounds that asks in between goes on over several executions, and loses and doubles nothing', async () => {
  const run = await world.begin({
    variables: { n: 0, answers: '' },
    steps: [
      {
        id: 'rounds',
        type: 'repeat',
        until: '${variables.n >= 2000}',
        max: 2000,
        steps: [
          counted,
          {
            id: 'every',
            type: 'branch',
            cases: [
              {
                when: '${variables.n % 100 == 0}',
                steps: [
                  {
                    id: 'more',
                    type: 'ask',
                    question: 'More after ${variables.n}?',
                    answer: { type: 'text' },
                  },
                  { id: 'keep', type: 'set', variables: { answers: '${variables.answers}${more} ' } },
                ],
              },
              // A step with an activity of its own, so that history grows as it does in real life.
              {
                when: '${variables.n % 5 == 0}',
                steps: [
                  {
                    id: 'tell',
                    type: 'notify',
                    to: { users: ['ana'] },
                    text: 'At ${variables.n}',
                    by: ['inbox'],
                  },
                ],
              },
            ],
          },
        ],
      },
      { id: 'done', type: 'end', output: { n: '${variables.n}', answers: '${variables.answers}' } },
    ],
  })
  for (let hundred = 1; hundred <= 20; hundred++) {
    const request = await until(
      `question ${hundred}`,
      async () => {
        const one = await world.request(run)
        return one.question === `More after ${hundred * 100}?` ? one : undefined
      },
      120_000,
    )
    await world.runs.answer(run, { requestId: request.requestId, value: `a${hundred}`, by: ana })
  }
  const ended = await world.ended(run)
  expect(ended.view.error).toBeNull()
  expect(ended.view.output).toEqual({
    n: 2000,
    answers: Array.from({ length: 20 }, (_, index) => `a${index + 1} `).join(''),
  })
  const told = (await world.journal(run)).filter(({ event }) => event === 'stepFinished')
  const counts = told.filter(({ data }) => data.stepId === 'count')
  expect(counts).toHaveLength(2000)
  expect(told.filter(({ data }) => data.stepId === 'tell' && data.status === 'completed')).toHaveLength(380)
  expect(await executions(run)).toBeGreaterThanOrEqual(2)
}, 400_000)

it('what lies open when a run is handed over stays open under the same ids, on every line', async () => {
  const busy = {
    id: 'busy',
    type: 'repeat',
    until: '${false}',
    max: 300,
    steps: [{ id: 'tell', type: 'notify', to: { users: ['ana'] }, text: 'Round ${index}', by: ['inbox'] }],
  }
  const run = await world.begin({
    steps: [
      {
        id: 'lines',
        type: 'parallel',
        arms: [
          { name: 'busy', steps: [busy] },
          {
            name: 'asks',
            steps: [
              {
                id: 'q',
                type: 'ask',
                question: 'Well?',
                answer: { type: 'number' },
                attempts: 3,
                remind: { after: 'PT1S', text: 'Well, well?' },
              },
            ],
          },
          {
            name: 'waits for an approval',
            steps: [
              {
                id: 'ok',
                type: 'approval',
                title: 'Go?',
                artifact: { text: 'x' },
                approvers: { users: ['boss'] },
                onReject: { steps: [{ id: 'why', type: 'ask', question: 'Why?', answer: { type: 'text' } }] },
              },
            ],
          },
        ],
      },
      { id: 'done', type: 'end', output: { q: '${q}', ok: '${ok.decision}', why: '${why.orValue("")}' } },
    ],
  })
  const q = await world.request(run, 'q')
  const ok = await world.request(run, 'ok')
  await world.signal(run, 'answer', { requestId: q.requestId, value: 'no number', by: ana })
  await world.runs.decide(run, { requestId: ok.requestId, decision: 'reject', by: boss })
  const why = await world.request(run, 'why')
  await until('the reminder', async () => (await world.events(run, 'requestReminded'))[0])
  await until('the hand-over', async () => ((await executions(run)) > 1 ? true : undefined), 120_000)
  const after = await world.runs.state(run)
  expect(after.requests.map(({ requestId }) => requestId).sort()).toEqual([q.requestId, why.requestId].sort())
  await expect(
    world.runs.decide(run, { requestId: ok.requestId, decision: 'approve', by: boss }),
  ).rejects.toThrow()
  await world.runs.answer(run, { requestId: q.requestId, value: 4, by: ana })
  await world.runs.answer(run, { requestId: why.requestId, value: 'late', by: ana })
  const [row] = await world.db.select().from(instances).where(eq(instances.instanceUuid, run))
  expect(row?.finishedAt).toBeNull()
  const ended = await until(
    'the end',
    async () => {
      const [found] = await world.db.select().from(instances).where(eq(instances.instanceUuid, run))
      return found?.finishedAt ? found : undefined
    },
    240_000,
  )
  expect(ended.view.output).toEqual({ q: 4, ok: 'reject', why: 'late' })
  const opened = await world.events(run, 'requestOpened')
  // The question was asked again once, with the reason; nothing was asked anew.
  expect(opened.map(({ stepId }) => stepId).sort()).toEqual(['ok', 'q', 'q', 'why'])
  // What the step says behind the hand-over is not taken for what it said before.
  const said = await world.events(run, 'message')
  expect(said.filter(({ stepId }) => stepId === 'q').map(({ text }) => text)).toEqual(['Well, well?', '4'])
}, 400_000)

it('a loop of nothing but variables lets others have their turn, and can be cancelled', async () => {
  const inner = { id: 'inner', type: 'repeat', until: '${false}', max: 10_000, steps: [counted] }
  const busy = await world.begin({
    variables: { n: 0 },
    steps: [{ id: 'outer', type: 'repeat', until: '${false}', max: 10_000, steps: [inner] }],
  })
  await until('some rounds', async () => (await world.events(busy, 'stepFinished')).length > 300)
  const started = Date.now()
  const other = await world.begin({ steps: [{ id: 'm', type: 'message', text: 'Hello' }] })
  expect((await world.ended(other)).status).toBe('completed')
  expect(Date.now() - started).toBeLessThan(5_000)
  await world.runs.cancel(busy)
  expect((await world.ended(busy)).status).toBe('cancelled')
}, 60_000)
