import { and, asc, eq } from 'drizzle-orm'
import { notices, requests } from '../../../storage/sql/schema.ts'
import { refusal } from '../../harness/refusal.ts'
import { until } from '../../harness/until.ts'
import { ana, boss, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const approval = (more: object = {}) => ({
  id: 'ok',
  type: 'approval',
  title: 'Send it?',
  artifact: { text: 'Dear Kari' },
  ...more,
})
const say = (id: string, text: string) => ({ id, type: 'message', text })
const done = { id: 'done', type: 'end', output: '${ok}' }

const noticesOf = (run: string) =>
  world.db
    .select()
    .from(notices)
    .where(and(eq(notices.instanceUuid, run), eq(notices.workspaceId, world.workspaceId)))
    .orderBy(asc(notices.createdAt))
const texts = async (run: string) => (await world.events(run, 'message')).map(({ text }) => text)

describe('B11 an approval', () => {
  it('says until when it waits, then takes its own steps with the decision `expired`', async () => {
    const run = await world.begin({
      steps: [
        approval({
          approvers: { role: 'approver' },
          deadline: {
            after: 'PT1S',
            steps: [
              say('late', '${ok.decision}: ${ok.text}'),
              { id: 'q', type: 'ask', question: '?', answer: { type: 'text' } },
            ],
          },
        }),
        done,
      ],
    })
    const { requestId, deadline } = await world.request(run, 'ok')
    expect(deadline).toEqual(expect.any(String))
    await world.request(run, 'q')
    const late = { requestId, decision: 'approve', by: boss } as const
    expect(await refusal(world.runs.decide(run, late))).toMatchObject({ code: 'NotOpen' })
    await world.runs.answer(run, { value: 'x', by: ana })
    expect((await world.ended(run)).view.output).toEqual({
      decision: 'expired',
      by: null,
      at: expect.stringMatching(/Z$/),
      comment: null,
      text: 'Dear Kari',
    })
    expect(await texts(run)).toEqual(['expired: Dear Kari', 'x'])
    const [row] = await world.db.select().from(requests).where(eq(requests.requestId, requestId))
    expect(row).toMatchObject({ outcome: 'expired', closedBy: null })
    expect(await noticesOf(run)).toEqual([
      expect.objectContaining({ userId: 'boss', readAt: expect.any(Date) }),
    ])
  })

  it('reminds each approver once, with words of its own or its question, and says nothing in the conversation', async () => {
    const begin = (remind: object) =>
      world.begin({
        steps: [
          approval({
            approvers: { users: ['boss', 'mia'], role: 'approver' },
            remind,
            deadline: { after: 'PT3S', steps: [] },
          }),
        ],
      })
    const [own, plain] = [
      await begin({ after: 'PT1S', text: 'Please, boss.' }),
      await begin({ after: 'PT1S' }),
    ]
    await Promise.all([world.ended(own), world.ended(plain)])
    for (const [run, text] of [
      [own, 'Please, boss.'],
      [plain, '“Send it?” is still waiting.'],
    ] as const) {
      const found = await noticesOf(run)
      expect(found.map(({ userId, kind }) => `${kind} ${userId}`).sort()).toEqual([
        'approvalRequested boss',
        'approvalRequested mia',
        'reminder boss',
        'reminder mia',
      ])
      expect(found.filter(({ kind }) => kind === 'reminder').map((one) => one.text)).toEqual([text, text])
      expect(found.every(({ readAt }) => readAt !== null)).toBe(true)
      expect(await texts(run)).toEqual([])
    }
  })

  it('decided in time neither reminds nor expires', async () => {
    const run = await world.begin({
      steps: [
        approval({ remind: { after: 'PT1S' }, deadline: { after: 'PT1S', steps: [say('late', 'Late.')] } }),
        { id: 'pause', type: 'wait', for: 'PT2S' },
        done,
      ],
    })
    await world.request(run)
    await world.runs.decide(run, { decision: 'approve', by: ana })
    expect((await world.ended(run)).view.output).toMatchObject({ decision: 'approve', by: 'ana' })
    expect([await texts(run), await noticesOf(run)]).toEqual([[], []])
  })

  it('has the whole time again in each round of changes, and a notice for each', async () => {
    const run = await world.begin({
      steps: [
        approval({
          approvers: { users: ['boss'] },
          deadline: { after: 'PT3S', steps: [] },
          onChanges: { steps: [{ id: 'q', type: 'ask', question: 'What?', answer: { type: 'text' } }] },
        }),
        done,
      ],
    })
    const first = await world.request(run, 'ok')
    await world.runs.decide(run, { decision: 'changes', comment: 'x', by: boss })
    await world.request(run, 'q')
    await world.runs.answer(run, { value: 'y', by: ana })
    const second = await world.request(run, 'ok')
    expect(second.requestId).not.toBe(first.requestId)
    expect(Date.parse(second.deadline ?? '')).toBeGreaterThan(Date.parse(first.deadline ?? ''))
    expect((await noticesOf(run)).map(({ kind, readAt }) => [kind, readAt !== null])).toEqual([
      ['approvalRequested', true],
      ['approvalRequested', false],
    ])
    expect((await world.ended(run)).view.output).toMatchObject({ decision: 'expired' })
  })

  it('expires on time though another worker took over', async () => {
    const run = await world.begin({ steps: [approval({ deadline: { after: 'PT2S', steps: [] } }), done] })
    await world.request(run)
    await world.restartWorker()
    expect((await world.ended(run)).view.output).toMatchObject({ decision: 'expired' })
  })

  it('whose steps fail is a failure of the step, which `onError` takes', async () => {
    const run = await world.begin({
      steps: [
        approval({
          deadline: { after: 'PT1S', steps: [{ id: 'bad', type: 'set', variables: { x: '${1 / 0}' } }] },
          onError: { steps: [say('sorry', '${error.code} after ${ok.?decision.orValue("nothing")}')] },
        }),
      ],
    })
    expect((await world.ended(run)).status).toBe('completed')
    expect(await texts(run)).toEqual(['ExpressionFailed after expired'])
  })

  it('is cancelled while it waits; whoever was told of it needs not look any more', async () => {
    const run = await world.begin({
      steps: [
        approval({
          approvers: { users: ['boss'] },
          remind: { after: 'PT1H' },
          deadline: { after: 'PT2H', steps: [] },
        }),
      ],
    })
    await world.request(run)
    expect(await noticesOf(run)).toEqual([expect.objectContaining({ userId: 'boss', readAt: null })])
    await world.runs.cancel(run)
    await world.ended(run)
    expect(await noticesOf(run)).toEqual([expect.objectContaining({ readAt: expect.any(Date) })])
  })
})

describe('F012 who may decide is told when an approval opens', () => {
  const open = async (approvers: object | undefined, order?: object) => {
    const run = await world.begin(
      { name: 'Offer', steps: [approval(approvers ? { approvers } : {}), done] },
      order,
    )
    const request = await world.request(run)
    return { run, request, told: (await noticesOf(run)).map(({ userId }) => userId).sort() }
  }

  it.each<[string, object | undefined, string[]]>([
    ['named people', { users: ['mia', 'boss'] }, ['boss', 'mia']],
    ['everyone with the role', { role: 'approver' }, ['boss']],
    ['just once', { users: ['boss'], role: 'approver' }, ['boss']],
    ['nobody who approves alone what they run', undefined, []],
    ['nor when they are named', { users: ['ana'] }, []],
    ['whoever runs it among others', { users: ['ana', 'boss'] }, ['ana', 'boss']],
  ])('%s', async (_, approvers, expected) => {
    const { run, told } = await open(approvers)
    expect(told).toEqual(expected)
    if (told.includes('boss'))
      expect((await noticesOf(run))[0]).toMatchObject({
        kind: 'approvalRequested',
        text: '“Offer” asks for your approval: Send it?',
        href: `/runs/${run}`,
      })
    await world.runs.cancel(run)
    await world.ended(run)
  })

  it('nobody where nobody started it; it waits all the same', async () => {
    const { run, request, told } = await open(undefined, { startedBy: undefined })
    expect([request.approvers, told]).toEqual([undefined, []])
    await until('the run', async () => (await world.runs.state(run)).requests.length === 1)
    await world.runs.decide(run, { decision: 'approve', by: boss })
    await world.ended(run)
  })
})
