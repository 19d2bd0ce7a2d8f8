import { randomUUID } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import type { Person } from '../../shared/contract/person.ts'
import type { CountedBudget } from '../../shared/contract/spending.ts'
import { createLog } from '../../shared/log.ts'
import { hasRoom, reserve, settle } from '../../storage/sql/reserve-budget.ts'
import {
  budgetAccounts,
  budgetReservations,
  budgets,
  calls,
  notices,
  requests,
} from '../../storage/sql/schema.ts'
import { takeRaised } from '../../storage/sql/take-raised.ts'
import { startSweeper } from '../../workers/sweep.ts'
import { refusal } from '../harness/refusal.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

const chief: Person = { userId: 'chief', name: 'Chief', roles: ['admin'] }

let world: World
let sweeper: { stop: () => Promise<void> }
/** What a call takes, as the provider says. */
let used = { tokensIn: 1_000, tokensOut: 900 }
let atOnce = { now: 0, most: 0 }
beforeAll(async () => {
  world = await createWorld((deps) => ({
    ...deps,
    prices: { scripted: { inputPerMillion: 100, outputPerMillion: 200, currency: 'EUR' } },
    models: {
      model: 'scripted',
      generate: async (request, call) => {
        atOnce.now++
        atOnce.most = Math.max(atOnce.most, atOnce.now)
        try {
          return { ...(await deps.models.generate(request, call)), ...used }
        } finally {
          atOnce.now--
        }
      },
    },
    images: {
      model: 'painter',
      paint: async () => ({ bytes: new Uint8Array([1]), model: 'painter', tokensIn: 10, tokensOut: 4_000 }),
    },
  }))
  const { db, client } = world
  sweeper = startSweeper({ db, client, log: createLog('test', 'silent'), every: 100 })
})
beforeEach(() => {
  world.models.requests.length = 0
  used = { tokensIn: 1_000, tokensOut: 900 }
  atOnce = { now: 0, most: 0 }
})
afterEach(async () => {
  await world.replay()
  await world.db.delete(budgets)
})
afterAll(async () => {
  await sweeper.stop()
  await world.close()
})

/** About 1,200 tokens, as they are estimated before they are sent. */
const long = 'Say something about it. '.repeat(200)
const draft = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  type: 'draft',
  format: 'text',
  prompt: long,
  ...more,
})
const end = { id: 'done', type: 'end', output: '${second}' }
const two = (budget: Record<string, unknown>) => ({
  name: 'Two drafts',
  budget,
  steps: [draft('first'), draft('second'), end],
})
const asked = () => world.models.requests.length
const callsOf = (run: string) => world.db.select().from(calls).where(eq(calls.instanceUuid, run))
const account = async (name: string) => {
  const [row] = await world.db.select().from(budgetAccounts).where(eq(budgetAccounts.account, name))
  return row
}
const held = async () => (await world.db.select().from(budgetReservations)).length
const decide = (run: string, requestId: string, decision: 'approve' | 'reject', by: Person = ana) =>
  world.runs.decide(run, { requestId, decision, by })
/** A budget that admins set. */
const set = async (fields: Partial<typeof budgets.$inferInsert>) => {
  const budgetId = randomUUID()
  await world.db
    .insert(budgets)
    .values({ budgetId, workspaceId: world.workspaceId, period: 'total', ...fields })
  return budgetId
}

it('B05 a run at its limit waits and asks its owner, and goes on from there when the same is granted again', async () => {
  world.models.will('One.', 'Two.')
  const run = await world.begin(two({ tokens: 2_000, per: 'run' }))
  const request = await world.request(run, 'second')
  expect(request).toMatchObject({
    kind: 'budget',
    question: 'The budget of this run is used up: 1,900 of 2,000 tokens. Grant 2,000 tokens more?',
    approvers: { users: ['ana'], role: 'admin' },
    budget: { per: 'run', unit: 'tokens', used: 1_900, limit: 2_000 },
  })
  expect(asked()).toBe(1)
  expect(await held()).toBe(0)
  expect(await world.db.select().from(notices).where(eq(notices.instanceUuid, run))).toMatchObject([
    { userId: 'ana', kind: 'budgetRequested', text: expect.stringContaining('1,900 of 2,000 tokens') },
  ])
  expect((await world.runs.progress(run)).waitingFor).toBe(
    'more budget at `second` by user ana or role admin',
  )

  await decide(run, request.requestId, 'approve')
  expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: 'Two.' })
  expect(asked()).toBe(2)
  expect(await account(`run:${run}`)).toMatchObject({ tokensUsed: 3_800 })
  expect(await world.events(run, 'stepFailed')).toEqual([])
  expect(world.models.requests.map(({ maxTokens }) => maxTokens)).toEqual([16_384, 16_384])
})

it('B05 a step that comes to its limit between two calls pays nothing twice', async () => {
  used = { tokensIn: 1_000, tokensOut: 1_000 }
  const finding = { criterion: 'plain', severity: 'high', quote: '', message: 'Too loud' }
  world.models.will({ findings: [finding] }, 'Softly.', { findings: [] })
  const run = await world.begin({
    budget: { tokens: 2_000, per: 'run' },
    steps: [
      { id: 'second', type: 'review', of: 'Loud!', criteria: [{ name: 'plain', rules: long }], revise: 1 },
      end,
    ],
  })
  for (let pauses = 1; asked() < 3; pauses++) {
    const request = await world.request(run, 'second')
    expect(asked()).toBe(pauses)
    await decide(run, request.requestId, 'approve')
    await until('the next call', () => asked() > pauses)
    if (asked() < 3)
      await until('that it waits', async () => (await world.request(run)).requestId !== request.requestId)
  }
  expect((await world.ended(run)).view.output).toMatchObject({ passed: true, text: 'Softly.' })
  expect(await callsOf(run)).toHaveLength(3)
})

it('B05 a grant leaves room for the call that waits, however small the budget is', async () => {
  world.models.will('One.')
  const run = await world.begin({ budget: { tokens: 1, per: 'run' }, steps: [draft('second'), end] })
  const request = await world.request(run, 'second')
  expect(asked()).toBe(0)
  await decide(run, request.requestId, 'approve')
  expect((await world.ended(run)).view.status).toBe('completed')
})

it('B05 who rejects cancels the run, whatever its steps do about errors', async () => {
  world.models.will('One.')
  const steps = [draft('first'), draft('second', { onError: 'continue' }), { id: 'done', type: 'end' }]
  const run = await world.begin({ budget: { tokens: 2_000, per: 'run' }, steps })
  const request = await world.request(run, 'second')
  await decide(run, request.requestId, 'reject')
  expect((await world.ended(run)).view).toMatchObject({ status: 'cancelled', error: null, requests: [] })
  expect(await world.events(run, 'stepFailed')).toEqual([])
  expect((await refusal(world.handle(run).result())).message).toBe('Ana did not raise the budget.')
})

it('B05 what a subworkflow uses counts for the run that called it, and its refusal cancels both', async () => {
  world.models.will('One.')
  const child = await world.publish({ name: 'Child', steps: [draft('second'), end] })
  const run = await world.begin({
    budget: { tokens: 2_000, per: 'run' },
    steps: [
      draft('first'),
      { id: 'call', type: 'subworkflow', workflowId: child, onError: 'continue' },
      { id: 'out', type: 'end' },
    ],
  })
  const request = await world.request(run, 'second')
  expect(request.instanceUuid).not.toBe(run)
  expect(request.budget?.account).toBe(`run:${run}`)
  world.follow(request.instanceUuid)
  await decide(request.instanceUuid, request.requestId, 'reject')
  expect((await world.ended(run)).view.status).toBe('cancelled')
  expect((await world.ended(request.instanceUuid)).view.status).toBe('cancelled')
})

it('B05 what a subworkflow uses counts for the budgets of the workflow that called it, its own and that of the admins', async () => {
  world.models.will('One.', 'Two.')
  const child = await world.publish({ name: 'Child', steps: [draft('second'), end] })
  const between = await world.publish({
    name: 'Between',
    steps: [
      { id: 'call', type: 'subworkflow', workflowId: child },
      { id: 'out', type: 'end' },
    ],
  })
  const caller = await world.publish({
    name: 'Caller',
    budget: { tokens: 1_900, per: 'workflow' },
    steps: [
      { id: 'call', type: 'subworkflow', workflowId: between },
      { id: 'out', type: 'end' },
    ],
  })
  const budgetId = await set({ workflowId: caller, tokens: 1_900 })
  await world.ended(await world.start(caller))
  expect(await account(`workflow:${caller}`)).toMatchObject({ tokensUsed: 1_900 })
  expect(await account(`budget:${budgetId}`)).toMatchObject({ tokensUsed: 1_900 })

  const run = await world.start(caller)
  const request = await world.request(run, 'second')
  expect(request.budget).toMatchObject({ account: `workflow:${caller}`, used: 1_900 })
  expect(request.approvers).toEqual({ role: 'admin' })
  await decide(request.instanceUuid, request.requestId, 'approve', chief)
  const next = await until('the question of the other budget', async () => {
    const one = await world.request(run, 'second')
    return one.requestId !== request.requestId && one
  })
  expect(next.budget).toMatchObject({ account: `budget:${budgetId}` })
  await decide(next.instanceUuid, next.requestId, 'approve', chief)
  expect((await world.ended(run)).view.status).toBe('completed')
  expect(await account(`budget:${budgetId}`)).toMatchObject({ tokensUsed: 3_800 })
})

it('B05 a workflow that calls itself is counted once', async () => {
  world.models.will('One.', 'Two.')
  const budget = { tokens: 100_000, per: 'workflow' }
  const own = await world.publish({ name: 'Again', budget, steps: [draft('second'), end] })
  const input = { type: 'object', properties: { again: { type: 'boolean' } } }
  const call = {
    id: 'call',
    type: 'subworkflow',
    workflowId: own,
    input: { again: false },
    when: '${input.again}',
  }
  await world.publishNext(own, { name: 'Again', budget, input, steps: [draft('second'), call, end] })
  const run = await world.start(own, { input: { again: true } })
  expect((await world.ended(run)).view.status).toBe('completed')
  expect(await account(`workflow:${own}`)).toMatchObject({ tokensUsed: 3_800 })
})

it('B05 money counts by the operator’s prices', async () => {
  world.models.will('One.', 'Two.')
  const run = await world.begin(two({ money: { amount: 0.3, currency: 'EUR' }, per: 'run' }))
  const request = await world.request(run, 'second')
  expect(request.question).toBe('The budget of this run is used up: 0.28 of 0.3 EUR. Grant 0.3 EUR more?')
  await decide(run, request.requestId, 'approve')
  await world.ended(run)
  expect((await account(`run:${run}`))?.moneyUsed).toBeCloseTo(0.56)
})

it('B05 money in another currency than the prices cannot be counted, and stops nobody', async () => {
  world.models.will('One.', 'Two.')
  const run = await world.begin(two({ money: { amount: 0.001, currency: 'USD' }, per: 'run' }))
  expect((await world.ended(run)).view.status).toBe('completed')
})

it('B05 the budget of a workspace is for its admins to raise, in each run that waits', async () => {
  const budgetId = await set({ tokens: 2_000, period: 'day' })
  world.models.will('One.', 'Two.')
  const run = await world.begin({ steps: two({ per: 'run' }).steps })
  const request = await world.request(run, 'second')
  expect(request).toMatchObject({
    question:
      'The budget of the workspace for today is used up: 1,900 of 2,000 tokens. Grant 2,000 tokens more?',
    approvers: { role: 'admin' },
  })
  const day = new Date().toISOString().slice(0, 10)
  expect(request.budget?.account).toBe(`budget:${budgetId}:${day}`)
  expect((await refusal(decide(run, request.requestId, 'approve'))).message).toContain(
    'ana is not an approver',
  )
  await decide(run, request.requestId, 'approve', chief)
  expect((await world.ended(run)).view.status).toBe('completed')
})

it('B05 a run that waits goes on by itself when the budget is raised or taken away', async () => {
  const budgetId = await set({ tokens: 2_000 })
  world.models.will('One.', 'Two.')
  const run = await world.begin({ steps: two({ per: 'run' }).steps })
  await world.request(run, 'second')
  await world.db.update(budgets).set({ tokens: 10_000 }).where(eq(budgets.budgetId, budgetId))
  expect((await world.ended(run)).view.status).toBe('completed')
  expect(await world.events(run, 'requestClosed')).toMatchObject([{ kind: 'budget', outcome: 'lifted' }])
})

it('B05 runs that wait for the same budget go on when one of them is granted more', async () => {
  used = { tokensIn: 100, tokensOut: 100 }
  await set({ tokens: 1_000 })
  world.models.will('One.', 'Two.')
  const order = { steps: [draft('second'), end] }
  const [one, other] = [await world.begin(order), await world.begin(order)]
  const { requestId } = await world.request(one)
  await world.request(other)
  await decide(one, requestId, 'approve', chief)
  expect((await world.ended(one)).view.status).toBe('completed')
  expect((await world.ended(other)).view.status).toBe('completed')
  expect(await world.events(other, 'requestClosed')).toMatchObject([{ outcome: 'lifted' }])
})

it('B05 a run that waits for the budget of a day goes on when the next one has begun', async () => {
  const budgetId = await set({ tokens: 1, period: 'day' })
  const run = await world.begin({ steps: [draft('second'), end] })
  const { requestId, budget } = await world.request(run)
  const yesterday = `budget:${budgetId}:${new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)}`
  expect(await takeRaised(world.db)).toEqual([])
  await world.db
    .update(requests)
    .set({ request: sql`jsonb_set(${requests.request}, '{budget,account}', to_jsonb(${yesterday}::text))` })
    .where(eq(requests.requestId, requestId))
  await until('that it is told', async () => {
    const [row] = await world.db.select().from(requests).where(eq(requests.requestId, requestId))
    return row?.toldAt !== null
  })
  expect(budget?.account).not.toBe(yesterday)
  await decide(run, requestId, 'reject', chief)
  expect((await world.ended(run)).view.status).toBe('cancelled')
})

it('B05 twenty calls at once go over a limit by one call at most, and ask once', async () => {
  used = { tokensIn: 1_000, tokensOut: 3_000 }
  const answers = Array.from({ length: 20 }, () => async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return 'Said.'
  })
  world.models.will(...answers)
  const run = await world.begin({
    budget: { tokens: 50_000, per: 'run' },
    steps: [
      {
        id: 'all',
        type: 'each',
        in: '${[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}',
        parallel: 20,
        steps: [draft('one')],
      },
      { id: 'done', type: 'end', output: '${all}' },
    ],
  })
  const request = await world.request(run)
  await until('that no call is under way', async () => (await held()) === 0)
  // Not one more than fits: 16,384 for the answer and 1,250 for the prompt are held for each.
  expect(atOnce.most).toBeLessThanOrEqual(2)
  const before = await account(`run:${run}`)
  expect(before?.tokensUsed).toBe(asked() * 4_000)
  expect(before?.tokensUsed).toBeLessThanOrEqual(50_000 + 4_000)
  expect((await world.events(run, 'requestOpened')).length).toBe(1)
  await decide(run, request.requestId, 'approve')
  expect((await world.ended(run)).view.status).toBe('completed')
  expect(asked()).toBe(20)
})

it('B05 a call that fails gives back what was held for it', async () => {
  world.models.will(() => Promise.reject(new Error('broken')), 'One.', 'Two.')
  const run = await world.begin(two({ tokens: 100_000, per: 'run' }))
  expect((await world.ended(run)).view.status).toBe('completed')
  expect(await held()).toBe(0)
  expect((await account(`run:${run}`))?.tokensUsed).toBe(3_800)
})

it('B05 a picture counts, too', async () => {
  const run = await world.begin({
    budget: { tokens: 4_000, per: 'run' },
    steps: [
      { id: 'first', type: 'image', prompt: 'A dot' },
      { id: 'second', type: 'image', prompt: 'A line' },
      { id: 'done', type: 'end' },
    ],
  })
  expect(await world.request(run, 'second')).toMatchObject({ budget: { used: 4_010, limit: 4_000 } })
})

describe('what is held', () => {
  const budget = (): CountedBudget => ({ account: `run:${randomUUID()}`, per: 'run', tokens: 100 })
  const place = (ordinal: number) => ({
    workspaceId: world.workspaceId,
    instanceUuid: '00000000-0000-4000-8000-000000000001',
    path: 'step',
    ordinal,
  })
  const wanted = { least: { tokens: 1 }, most: { tokens: 60 } }

  it('B05 what a killed process held goes with the next attempt of its call', async () => {
    const one = budget()
    expect((await reserve(world.db, [one], place(1), wanted)).kind).toBe('held')
    expect((await reserve(world.db, [one], place(2), wanted)).kind).toBe('wait')
    expect((await reserve(world.db, [one], place(1), wanted)).kind).toBe('held')
    expect((await reserve(world.db, [one], place(2), wanted)).kind).toBe('wait')
  })

  it('B05 what nobody settles or repeats expires', async () => {
    const one = budget()
    await reserve(world.db, [one], place(3), wanted)
    await world.db
      .update(budgetReservations)
      .set({ expiresAt: sql`now() - interval '1 second'` })
      .where(eq(budgetReservations.account, one.account))
    expect((await reserve(world.db, [one], place(4), wanted)).kind).toBe('held')
  })

  it('B05 twenty processes that hold and settle at once lose nothing', async () => {
    const one = { ...budget(), tokens: 1_000 }
    const take = async (ordinal: number): Promise<string> => {
      for (;;) {
        const verdict = await reserve(world.db, [one], place(ordinal), wanted)
        if (verdict.kind === 'spent') return 'spent'
        if (verdict.kind === 'wait') continue
        await world.db.transaction((tx) => settle(tx, verdict.reservation, { tokens: 55 }))
        return 'made'
      }
    }
    const ends = await Promise.all(Array.from({ length: 20 }, (_, index) => take(100 + index)))
    const made = ends.filter((one) => one === 'made').length
    const { tokensUsed = 0 } = (await account(one.account)) ?? {}
    expect(tokensUsed).toBe(made * 55)
    // The last one may go over what is left, and no other.
    expect(tokensUsed).toBeGreaterThanOrEqual(1_000)
    expect(tokensUsed).toBeLessThan(1_000 + 60)
  })

  it('B05 a call goes alone, or not at all, in all of its budgets', async () => {
    const wide = { ...budget(), tokens: 10_000 }
    const narrow = { ...budget(), tokens: 0 }
    expect(await reserve(world.db, [wide, narrow], place(5), wanted)).toMatchObject({
      kind: 'spent',
      spent: { account: narrow.account, unit: 'tokens', used: 0, limit: 0 },
    })
    const rows = await world.db
      .select()
      .from(budgetReservations)
      .where(eq(budgetReservations.account, wide.account))
    expect(rows).toEqual([])
    const spent = { ...narrow, unit: 'tokens', used: 0, limit: 0, least: { tokens: 1, money: 0 } }
    const run = { workspaceId: world.workspaceId, workflowId: randomUUID(), budgets: [narrow] }
    expect(await hasRoom(world.db, run, spent)).toBe(false)
    expect(await hasRoom(world.db, { ...run, budgets: [] }, spent)).toBe(true)
  })
})
