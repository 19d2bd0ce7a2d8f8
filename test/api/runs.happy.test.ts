import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { ServiceError } from '@temporalio/client'
import { eq } from 'drizzle-orm'
import { markBody } from '../../storage/secrets/mark-body.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { contentHash } from '../../storage/sql/content-hash.ts'
import * as table from '../../storage/sql/schema.ts'
import { scriptRun, silentEngine, startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
let workflowId: string
const engine = silentEngine()
beforeAll(async () => {
  api = await startApi({ engine })
  workflowId = await api.publish({
    name: 'Brief',
    steps: [
      { id: 'topic', type: 'ask', question: 'What?', answer: { type: 'text' } },
      { id: 'done', type: 'end' },
    ],
    input: {
      type: 'object',
      properties: { customer: { type: 'string', minLength: 3 } },
      required: ['customer'],
    },
  })
})
afterAll(() => api.close())

const rowOf = async (instanceUuid: string) =>
  (await api.db.select().from(table.instances).where(eq(table.instances.instanceUuid, instanceUuid)))[0]

test('F011 F074: a start is accepted, kept, and handed to Temporal under the same id, pinned to the newest version', async () => {
  const started = await api
    .as('service')
    .post(`R/workflows/${workflowId}/runs`, { input: { customer: 'Northwind' }, variables: { tone: 'warm' } })
  expect(started.status).toBe(202)
  expect(started.body).toEqual({
    instanceUuid: expect.any(String),
    workflowId,
    version: 1,
    status: 'running',
  })
  const order = engine.calls.find(
    ([name, order]) =>
      name === 'startRun' && (order as { instanceUuid: string }).instanceUuid === started.body.instanceUuid,
  )
  expect(order?.[1]).toEqual({
    instanceUuid: started.body.instanceUuid,
    workflowId,
    version: 1,
    startedBy: { userId: 'service', name: 'service', roles: ['service'] },
    input: { customer: 'Northwind' },
    variables: { tone: 'warm' },
    summary: 'Run of Brief v1',
    details: expect.stringContaining(workflowId),
  })
  expect(await rowOf(started.body.instanceUuid)).toMatchObject({
    dispatched: true,
    startOrder: { input: { customer: 'Northwind' }, variables: { tone: 'warm' } },
    temporalWorkflowId: `ws:${api.workspaceId}:run:${started.body.instanceUuid}`,
  })
})

test('a start is accepted while Temporal is away: the row waits for the sweeper', async () => {
  const away = await startApi({
    engine: silentEngine({
      startRun: async () => {
        throw new ServiceError('no connection', { cause: new Error('14 UNAVAILABLE') })
      },
    }),
  })
  const id = await away.publish({ steps: [{ id: 'done', type: 'end' }] })
  const started = await away.as('member').post(`R/workflows/${id}/runs`, {})
  expect(started.status).toBe(202)
  const [row] = await away.db.select().from(table.instances)
  expect(row).toMatchObject({ instanceUuid: started.body.instanceUuid, dispatched: false, status: 'running' })
  const cancelled = await away.as('member').post(`R/workflows/instances/${started.body.instanceUuid}/cancel`)
  expect([cancelled.status, cancelled.body.status]).toEqual([202, 'cancelled'])
  expect(
    (await away.as('member').get(`R/workflows/instances/${started.body.instanceUuid}`)).body,
  ).toMatchObject({ status: 'cancelled', finishedAt: expect.any(String) })
  await away.close()
})

test('a run that was cancelled while its start was under way is cancelled in Temporal, too', async () => {
  let begun = () => {}
  const reached = new Promise<void>((resolve) => {
    begun = resolve
  })
  let goOn = () => {}
  const held = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const slow = silentEngine({
    startRun: async (order) => {
      begun()
      await held
      return { instanceUuid: order.instanceUuid as string }
    },
  })
  const one = await startApi({ engine: slow })
  const id = await one.publish({ steps: [{ id: 'done', type: 'end' }] })
  const starting = one.as('member').post(`R/workflows/${id}/runs`, {})
  await reached
  const [row] = await one.db.select().from(table.instances)
  await one.as('member').post(`R/workflows/instances/${row?.instanceUuid}/cancel`)
  goOn()
  expect((await starting).status).toBe(202)
  expect(slow.calls.filter(([name]) => name === 'cancel')).toEqual([['cancel', row?.instanceUuid]])
  await one.close()
})

test('20 requests at once with one key make one run and one answer; another body is refused', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const body = { input: { customer: 'Northwind' } }
  const before = (await api.as('member').get('R/workflows/instances?limit=100')).body.items.length
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => api.as('member').post(`R/workflows/${workflowId}/runs`, body, headers)),
  )
  expect(new Set(answers.map((answer) => `${answer.status} ${JSON.stringify(answer.body)}`)).size).toBe(1)
  expect(answers[0]?.status).toBe(202)
  expect((await api.as('member').get('R/workflows/instances?limit=100')).body.items).toHaveLength(before + 1)
  const reused = await api
    .as('member')
    .post(`R/workflows/${workflowId}/runs`, { input: { customer: 'Other' } }, headers)
  expect([reused.status, reused.body.code]).toEqual([422, 'KeyReused'])
  // The same words in another order are the same body; another caller's key is another key.
  const other = await api.as('other').post(`R/workflows/${workflowId}/runs`, body, headers)
  expect(other.body.instanceUuid).not.toBe(answers[0]?.body.instanceUuid)
})

test('a refusal is repeated under its key, a fault of ours is tried again with the same ids', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const refused = await api.as('member').post(`R/workflows/${workflowId}/runs`, { input: {} }, headers)
  const again = await api.as('member').post(`R/workflows/${workflowId}/runs`, { input: {} }, headers)
  expect([refused.status, again.body]).toEqual([422, refused.body])

  const run = await scriptRun(api, 'member')
  await run.ask({ answer: { type: 'text' } })
  const seen: unknown[] = []
  let isAway = true
  const flaky = await startApi({
    engine: silentEngine({
      answer: async (_, given, more) => {
        seen.push(more?.updateId)
        if (isAway) throw new ServiceError('no connection', { cause: new Error('x') })
        return { requestId: given.requestId as string }
      },
    }),
    over: { db: api.db },
  })
  const at = `/api/runtime/wks/${api.workspaceId}/app/${api.appId}/workflows/instances/${run.ref.instanceUuid}/answers`
  const send = () =>
    fetch(`${flaky.url}${at}`, {
      method: 'POST',
      body: '{"value":"x"}',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${api.keys.member}`,
        'idempotency-key': 'a',
      },
    })
  const first = await send()
  expect([first.status, first.headers.get('retry-after')]).toEqual([503, '2'])
  isAway = false
  expect((await send()).status).toBe(200)
  expect((await send()).status).toBe(200)
  expect(seen).toHaveLength(2)
  expect(seen[0]).toBe(seen[1])
  await flaky.close()
})

test('where the first try died in the middle, the next takes over with the same seed', async () => {
  const key = randomUUID()
  const body = { input: { customer: 'Northwind' } }
  const first = await api
    .as('member')
    .post(`R/workflows/${workflowId}/runs`, body, { 'idempotency-key': key })
  // As if the process had been killed before it stored its answer.
  await api.db
    .update(table.idempotency)
    .set({ status: null, answer: null, claimedUntil: new Date(Date.now() + 400) })
    .where(eq(table.idempotency.key, key))
  const second = await api
    .as('member')
    .post(`R/workflows/${workflowId}/runs`, body, { 'idempotency-key': key })
  expect(second.body).toEqual(first.body)
  expect(
    await api.db
      .select()
      .from(table.instances)
      .where(eq(table.instances.instanceUuid, first.body.instanceUuid)),
  ).toHaveLength(1)
})

test('F066 what is kept of a body tells no weak secret in it, and keys can be changed between two tries', async () => {
  const usual = api.deps.markBody
  const under = (...keys: Buffer[]) => {
    api.deps.markBody = (sha256) => markBody(masterKeysOf(keys, tmpdir()), sha256)
  }
  const [old, fresh] = [randomBytes(32), randomBytes(32)]
  const key = randomUUID()
  const bodyWith = (value: string) => ({
    input: { customer: 'Northwind' },
    secureMetadata: { pin: { value, hosts: ['bank.example.com'] } },
  })
  const send = async (pin: string) => {
    const { status, body } = await api
      .as('member')
      .post(`R/workflows/${workflowId}/runs`, bodyWith(pin), { 'idempotency-key': key })
    return status === 202 ? body.instanceUuid : body.code
  }
  under(old)
  const first = await send('summer-1')
  const [row] = await api.db.select().from(table.idempotency).where(eq(table.idempotency.key, key))
  const guess = contentHash(bodyWith('summer-1'))
  expect(row?.bodyMark).toBe((await markBody(masterKeysOf([old], tmpdir()), guess))[0])
  expect(JSON.stringify(row)).not.toContain(guess)
  expect(row?.bodyMark).not.toBe((await markBody(masterKeysOf([fresh], tmpdir()), guess))[0])
  under(fresh, old)
  expect([await send('summer-1'), await send('summer-2')]).toEqual([first, 'KeyReused'])
  // Without the old key nobody can tell any more: a repetition is likelier than a key that is used twice.
  under(fresh)
  expect(await send('summer-1')).toBe(first)
  api.deps.markBody = usual
})

test('a key is free again after 24 hours', async () => {
  const key = randomUUID()
  const send = (customer: string) =>
    api
      .as('member')
      .post(`R/workflows/${workflowId}/runs`, { input: { customer } }, { 'idempotency-key': key })
  const first = await send('Northwind')
  await api.db
    .update(table.idempotency)
    .set({ createdAt: new Date(Date.now() - 25 * 3_600_000) })
    .where(eq(table.idempotency.key, key))
  const second = await send('Contoso')
  expect(second.status).toBe(202)
  expect(second.body.instanceUuid).not.toBe(first.body.instanceUuid)
})

test('F013: History shows progress, filtered and in pages', async () => {
  const run = await scriptRun(api, 'other', { workflowName: 'Sales package' })
  await run.tell(
    {
      event: 'stepStarted',
      status: 'running',
      stepId: 'draft',
      path: 'draft',
      title: 'Draft',
      type: 'draft',
    },
    { event: 'progress', percent: 40, label: 'Draft' },
  )
  for (let n = 0; n < 4; n++) await scriptRun(api, 'other')
  const found = await api.as('other').get('R/workflows/instances?q=sales&status=running')
  expect(found.body.items).toMatchObject([
    {
      instanceUuid: run.ref.instanceUuid,
      progress: 40,
      currentStep: { stepId: 'draft', title: 'Draft' },
      workflowName: 'Sales package',
      kind: 'run',
    },
  ])
  expect(
    (await api.as('other').get(`R/workflows/instances?workflowId=${run.ref.workflowId}`)).body.items,
  ).toHaveLength(1)
  expect((await api.as('other').get('R/workflows/instances?status=failed')).body.items).toEqual([])
  expect((await api.as('other').get('R/workflows/instances?kind=turn')).body.items).toEqual([])
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const { body } = await api.as('other').get(`R/workflows/instances?limit=2${cursor}`)
    seen.push(...body.items.map(({ instanceUuid }: { instanceUuid: string }) => instanceUuid))
    if (!body.nextCursor) break
    cursor = `&cursor=${body.nextCursor}`
  }
  expect(seen).toHaveLength((await api.as('other').get('R/workflows/instances?limit=100')).body.items.length)
  expect(new Set(seen).size).toBe(seen.length)
})

test('the page of a run has what it asks, what was said and made, and where Temporal shows it', async () => {
  const run = await scriptRun(api, 'member')
  const requestId = await run.ask({
    question: 'Which?',
    answer: { type: 'choice', options: [{ value: 'a', label: 'A' }] },
  })
  await run.tell(
    {
      event: 'message',
      messageId: randomUUID(),
      role: 'assistant',
      text: '**Hi**',
      attachments: [],
      label: 'Demo model',
    },
    { event: 'asset', fileId: randomUUID(), name: 'Brief.docx', mediaType: 'x/y', bytes: 5 },
  )
  const { body } = await api.as('member').get(`R/workflows/instances/${run.ref.instanceUuid}`)
  expect(body).toMatchObject({
    status: 'waiting',
    requests: [
      { requestId, question: 'Which?', answer: { type: 'choice' }, instanceUuid: run.ref.instanceUuid },
    ],
    messages: [{ role: 'assistant', text: '**Hi**', label: 'Demo model', at: expect.any(String) }],
    assets: [{ name: 'Brief.docx', mediaType: 'x/y' }],
    temporal: {
      workflowId: run.ref.temporalWorkflowId,
      runId: run.ref.temporalRunId,
      url: expect.stringContaining(encodeURIComponent(run.ref.temporalWorkflowId)),
    },
  })
  expect(Object.keys(body.assets[0])).toEqual(['fileId', 'name', 'mediaType'])
})

test('the log joins the journal with what activities kept', async () => {
  const run = await scriptRun(api, 'member')
  const step = { stepId: 'draft', path: 'draft', title: 'Draft', type: 'draft' }
  await run.tell({ event: 'stepStarted', status: 'running', ...step })
  const { workspaceId, instanceUuid } = run.ref
  await api.db.insert(table.steps).values({
    workspaceId,
    instanceUuid,
    path: 'draft',
    attempts: 2,
    input: { prompt: 'p' },
    output: 'text',
    logs: ['began', 'again'],
  })
  await api.db.insert(table.calls).values({
    workspaceId,
    instanceUuid,
    path: 'draft',
    ordinal: 1,
    kind: 'model',
    request: { messages: [] },
    response: 'text',
    model: 'm',
    tokensIn: 5,
    tokensOut: 7,
  })
  expect((await api.as('member').get(`R/workflows/instances/${instanceUuid}/log`)).body.steps[0].status).toBe(
    'running',
  )
  await run.tell(
    { event: 'stepFinished', ...step, status: 'completed' },
    { event: 'instanceFinished', status: 'completed', output: { ok: true } },
  )
  const { body } = await api.as('member').get(`R/workflows/instances/${instanceUuid}/log`)
  expect(body).toMatchObject({
    output: { ok: true },
    memory: null,
    start: { output: { user_message_type: null, trigger: null, user_message: null } },
    steps: [
      {
        stepId: 'draft',
        status: 'completed',
        attempts: 2,
        input: { prompt: 'p' },
        output: 'text',
        logs: ['began', 'again'],
        modelCalls: [{ model: 'm', tokens: { in: 5, out: 7 }, cost: null }],
        toolCalls: [],
      },
    ],
  })
})
