import { createLog } from '../../shared/log.ts'
import { startSweeper } from '../../workers/sweep.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { openChat } from '../harness/chat.ts'
import { calls } from '../harness/scripted-models.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let place: { world: World; api: TestApi }
let sweeper: { stop: () => Promise<void> }
beforeAll(async () => {
  world = await createWorld((deps) => ({
    ...deps,
    models: {
      generate: async (request, call) => ({
        ...(await deps.models.generate(request, call)),
        tokensIn: 1_000,
        tokensOut: 900,
      }),
    },
  }))
  api = await startApi({ world })
  place = { world, api }
  sweeper = startSweeper({ db: world.db, client: world.client, log: createLog('test', 'silent'), every: 100 })
})
beforeEach(() => {
  world.models.requests.length = 0
})
afterEach(() => world.replay())
afterAll(async () => {
  await sweeper.stop()
  await api.close()
  await world.close()
})

const drafts = (count: number) => ({
  steps: [
    ...Array.from({ length: count }, (_, index) => ({
      id: `draft${index}`,
      type: 'draft',
      format: 'text',
      prompt: 'Say something about it. '.repeat(200),
    })),
    { id: 'done', type: 'end' },
  ],
})
const replying = (budget: object, chat: object = {}) => ({
  budget,
  chat,
  steps: [
    { id: 'reply', type: 'agent', chatReply: true, suggestions: true, prompt: '${userMessage}' },
    { id: 'end', type: 'end' },
  ],
})

it('F026 an admin sets, sees, replaces and deletes budgets; a builder sees them', async () => {
  const admin = api.as('admin')
  const workflowId = await api.publish(drafts(1))
  const made = await admin.post('A/budgets', {
    per: 'workflow',
    workflowId,
    period: 'month',
    tokens: 5_000,
    money: { amount: 2, currency: 'EUR' },
  })
  expect(made).toMatchObject({
    status: 201,
    body: {
      per: 'workflow',
      workflowId,
      period: 'month',
      tokens: 5_000,
      money: { amount: 2, currency: 'EUR' },
      used: { tokens: 0, money: 0 },
      reserved: { tokens: 0, money: 0 },
      limit: { tokens: 5_000, money: 2 },
    },
  })
  const at = `A/budgets/${made.body.budgetId}`
  const again = await admin.post('A/budgets', { per: 'workflow', workflowId, period: 'month', tokens: 1 })
  expect(again).toMatchObject({ status: 409, body: { code: 'Conflict' } })

  world.models.will('One.')
  const { body: run } = await api.as('member').post(`R/workflows/${workflowId}/runs`, {})
  world.follow(run.instanceUuid)
  await world.ended(run.instanceUuid)
  expect((await api.as('builder').get(at)).body).toMatchObject({
    used: { tokens: 1_900, money: 0 },
    reserved: { tokens: 0, money: 0 },
  })
  const replaced = await admin.put(at, { per: 'workflow', workflowId, period: 'month', tokens: 9_000 })
  expect(replaced.body).toMatchObject({
    money: null,
    used: { tokens: 1_900 },
    limit: { tokens: 9_000, money: null },
  })
  expect((await api.as('builder').get('A/budgets')).body.items).toEqual([replaced.body])
  expect((await api.as('foreigner').get('A/budgets')).status).toBe(404)
  expect((await admin.delete(at)).status).toBe(204)
  expect((await admin.get(at)).status).toBe(404)
})

it.each([
  [{ per: 'workspace' }, 'tokens'],
  [{ per: 'workspace', tokens: 0 }, 'tokens'],
  [{ per: 'workflow', tokens: 1 }, 'workflowId'],
  [{ per: 'run', tokens: 1 }, 'per'],
  [{ per: 'workspace', tokens: 1, period: 'year' }, 'period'],
  [{ per: 'workspace', money: { amount: 1, currency: 'euro' } }, 'money.currency'],
])('F026 the budget %j is refused', async (body, path) => {
  const answer = await api.as('admin').post('A/budgets', body)
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } })
})

it('B05 the budget question of a run is among the approvals of its owner, who decides it over HTTP', async () => {
  world.models.will('One.', 'Two.')
  const workflowId = await api.publish({ ...drafts(2), budget: { tokens: 2_000, per: 'run' } })
  const { body: run } = await api.as('member').post(`R/workflows/${workflowId}/runs`, {})
  world.follow(run.instanceUuid)
  const at = `R/workflows/instances/${run.instanceUuid}`
  await world.request(run.instanceUuid)
  const { body: shown } = await api.as('member').get(at)
  expect(shown).toMatchObject({ status: 'waiting', requests: [{ kind: 'budget', stepId: 'draft1' }] })
  expect(shown.actions).toContain('decide')
  const [open] = (await api.as('member').get('R/approvals')).body.items
  expect(open).toMatchObject({ kind: 'budget', workflowId, budget: { used: 1_900, limit: 2_000 } })
  expect((await api.as('other').get('R/approvals')).body.items).toEqual([])
  expect((await api.as('admin').get('R/approvals')).body.items).toHaveLength(1)
  const [notice] = (await api.as('member').get('R/inbox')).body.items
  expect(notice).toMatchObject({ kind: 'budgetRequested', readAt: null })
  const metrics = await (await fetch(`${api.url}/metrics`)).text()
  expect(metrics).toContain('parley_requests_open{kind="budget"} 1')

  const { requestId } = open
  const decide = (who: 'member' | 'other', body: object) => api.as(who).post(`${at}/decisions`, body)
  expect(await decide('other', { requestId, decision: 'approve' })).toMatchObject({ status: 403 })
  expect(await decide('member', { requestId, decision: 'changes' })).toMatchObject({ status: 422 })
  expect(await decide('member', { decision: 'approve' })).toMatchObject({ status: 200 })
  expect((await world.ended(run.instanceUuid)).status).toBe('completed')
  expect(await decide('member', { requestId, decision: 'approve' })).toMatchObject({
    status: 409,
    body: { code: 'AlreadyDecided' },
  })
})

it('B05 a conversation at its limit: messages wait, a grant lets the turn go on, a refusal cancels the turn alone', async () => {
  world.models.will('Hello.', 'Again.', 'And again.')
  const chat = await openChat(place, replying({ tokens: 1_900, per: 'session' }))
  // The reply stands; nobody is asked to pay for prompts to go on with.
  const first = await chat.ask('One')
  expect(first.body).toMatchObject({ status: 'completed', replies: [{ text: 'Hello.' }] })

  const second = await chat.say('Two')
  const asked = await chat.asked()
  expect(asked).toMatchObject({ kind: 'budget', budget: { per: 'session', used: 1_900 } })
  expect((await chat.say('Three')).body.status).toBe('queued')
  await api
    .as('member')
    .post(`R/workflows/instances/${second.body.instanceUuid}/decisions`, { decision: 'approve' })
  await chat.turn(second.body.instanceUuid)

  const third = await until('the next question', async () => {
    const one = await chat.asked()
    return one.requestId === asked.requestId ? undefined : one
  })
  await api.as('member').post(`R/workflows/instances/${third.instanceUuid}/decisions`, { decision: 'reject' })
  expect(await chat.turn(third.instanceUuid)).toMatchObject({ status: 'cancelled' })
  expect(await chat.session()).toMatchObject({ status: 'open', requests: [] })
  expect(await chat.texts()).toEqual([
    'user: One',
    'agent: Hello.',
    'user: Two',
    'agent: Again.',
    'user: Three (cancelled)',
  ])
  world.models.takeLeft()
})

it('B05 while a budget question is open, whileBusy says what becomes of a message', async () => {
  world.models.will('Hello.')
  const chat = await openChat(place, replying({ tokens: 1, per: 'session' }, { whileBusy: 'reject' }))
  await chat.say('One')
  const asked = await chat.asked()
  expect(await chat.say('Two')).toMatchObject({ status: 409, body: { code: 'Busy' } })
  await api
    .as('member')
    .post(`R/workflows/instances/${asked.instanceUuid}/decisions`, { decision: 'approve' })
  await chat.turn(asked.instanceUuid)
})

it('B05 a conversation that waits goes on when an admin raises the budget; what its action uses counts for its workflow', async () => {
  const admin = api.as('admin')
  await api.publish({
    name: 'Look-up',
    action: { name: 'look_up', description: 'Looks it up.' },
    steps: [
      { id: 'text', type: 'draft', format: 'text', prompt: 'Say something.' },
      { id: 'done', type: 'end', output: '${text}' },
    ],
  })
  const workflowId = await api.publish({
    name: 'Desk',
    type: 'chat_driven',
    steps: [
      { id: 'reply', type: 'agent', chatReply: true, prompt: 'Run @look_up. ${userMessage}' },
      { id: 'end', type: 'end' },
    ],
  })
  const per = { per: 'workflow', workflowId }
  const { body: budget } = await admin.post('A/budgets', { ...per, tokens: 3_800 })
  const at = `A/budgets/${budget.budgetId}`
  world.models.will(calls(['look_up', {}]), 'Found.', 'It is found.')
  const chat = await openChat(place, workflowId)
  const { body: turn } = await chat.say('Look it up')
  const asked = await chat.asked()
  expect(asked).toMatchObject({ kind: 'budget', budget: { per: 'workflow', used: 3_800 } })
  expect((await admin.get(at)).body.used.tokens).toBe(3_800)
  await admin.put(at, { ...per, tokens: 100_000 })
  expect(await chat.turn(turn.instanceUuid)).toMatchObject({ status: 'completed' })
  expect((await admin.get(at)).body.used.tokens).toBe(5_700)
  expect(await world.events(turn.instanceUuid, 'requestClosed')).toMatchObject([{ outcome: 'lifted' }])
  await admin.delete(at)
})
