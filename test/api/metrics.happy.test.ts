import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import * as table from '../../storage/sql/schema.ts'
import { writeEntries } from '../../storage/sql/write-journal.ts'
import { type ScriptedRun, scriptRun, startApi, type TestApi } from '../harness/api.ts'
import { figure } from '../harness/figure.ts'
import { until } from '../harness/until.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const page = async () => (await api.as('admin').get('/metrics')).body as string

/** A page that was made after this moment: one look into the database serves two seconds. */
const nextPage = (what: string, shows: (page: string) => boolean) =>
  until(what, async () => {
    const now = await page()
    return shows(now) ? now : undefined
  })

const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000)
const isoAgo = (seconds: number) => ago(seconds).toISOString()

/** What happened in a run at its time. */
const happened = ({ ref }: ScriptedRun, ...entries: JournalEntry[]) => writeEntries(api.db, ref, entries)

it('says what is open and for how long, what waits for people, what is stuck, and what ended lately', async () => {
  const text = { path: 'text', stepId: 'text', title: 'Text', type: 'draft' }
  const run = await scriptRun(api)
  await happened(
    run,
    { event: 'stepStarted', ...text, status: 'running', key: 'text:started', at: isoAgo(130) },
    { event: 'stepFinished', ...text, status: 'completed', key: 'text:finished', at: isoAgo(100) },
  )
  const asking = await scriptRun(api)
  await asking.ask({ answer: { type: 'text' }, openedAt: isoAgo(5_000) })
  const requestId = randomUUID()
  await happened(asking, {
    key: 'approval',
    event: 'requestOpened',
    kind: 'approval',
    requestId,
    stepId: 'ok',
    path: 'ok',
    question: 'Is it right?',
    openedAt: isoAgo(90),
    at: isoAgo(90),
  })
  const failed = await scriptRun(api)
  const error = { code: 'ProviderRefused', message: 'no' }
  await failed.tell(
    { event: 'stepStarted', ...text, status: 'running', key: 'text:started' },
    { event: 'stepFailed', ...text, status: 'failed', error, key: 'text:failed' },
    { event: 'instanceFinished', status: 'failed', error },
  )
  const { workspaceId, instanceUuid } = run.ref
  await api.db.insert(table.calls).values({
    workspaceId,
    instanceUuid,
    path: 'text',
    ordinal: 0,
    kind: 'model',
    request: {},
    response: {},
    model: 'test-model',
    tokensIn: 70,
    tokensOut: 30,
  })
  await api.db
    .insert(table.effects)
    .values({ key: 'k', workspaceId, instanceUuid, kind: 'email', state: 'handedOver', at: ago(700) })
  const stuck = await scriptRun(api)
  await api.db
    .update(table.instances)
    .set({ dispatched: false, startedAt: ago(400) })
    .where(eq(table.instances.instanceUuid, stuck.ref.instanceUuid))
  const reader = await api.as('admin').stream(`R/workflows/instances/${instanceUuid}/stream`)

  const now = await nextPage('the stuck start', (one) => figure(one, 'parley_starts_undispatched') === 1)
  expect(figure(now, 'parley_runs_open', { status: 'running' })).toBe(2)
  expect(figure(now, 'parley_runs_open', { status: 'waiting' })).toBe(1)
  expect(figure(now, 'parley_runs_quiet_seconds')).toBeGreaterThanOrEqual(100)
  expect(figure(now, 'parley_runs_quiet_seconds')).toBeLessThan(200)
  expect(figure(now, 'parley_starts_undispatched_oldest_seconds')).toBeGreaterThanOrEqual(400)
  expect(figure(now, 'parley_requests_open', { kind: 'answer' })).toBe(1)
  expect(figure(now, 'parley_requests_open_oldest_seconds', { kind: 'approval' })).toBeGreaterThanOrEqual(90)
  expect(figure(now, 'parley_effects_unknown', { kind: 'email', state: 'handedOver' })).toBe(1)
  expect(figure(now, 'parley_effects_unknown_oldest_seconds', { kind: 'email' })).toBeGreaterThanOrEqual(700)
  expect(figure(now, 'parley_steps_recent', { type: 'draft', outcome: 'completed' })).toBe(1)
  expect(figure(now, 'parley_steps_recent', { type: 'draft', outcome: 'failed' })).toBe(1)
  const median = { type: 'draft', outcome: 'completed', quantile: '0.5' }
  expect(figure(now, 'parley_steps_recent_seconds', median)).toBeCloseTo(30, 0)
  expect(figure(now, 'parley_calls_recent', { model: 'test-model' })).toBe(1)
  expect(figure(now, 'parley_tokens_recent', { model: 'test-model', direction: 'in' })).toBe(70)
  expect(figure(now, 'parley_stream_readers')).toBe(1)
  expect(figure(now, 'parley_up', { part: 'database' })).toBe(1)
  expect(figure(now, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0)
  expect(now).not.toContain(instanceUuid)
  reader.drop()

  await api.db.update(table.effects).set({ state: 'done' })
  const later = await nextPage(
    'the effect to be done',
    (one) => figure(one, 'parley_effects_unknown') === undefined,
  )
  expect(later).not.toContain('email')
})

it('counts requests under the template of their route, also those that lead nowhere', async () => {
  await api.as('admin').get(`R/workflows/instances/${randomUUID()}`)
  await fetch(`${api.url}/some/secret/path?of=somebody`)
  await fetch(`${api.url}/api/me`, { method: 'DELETE' })
  const text = await page()
  const one = 'parley_http_request_duration_seconds_count'
  const instance = '/api/runtime/wks/{workspaceId}/app/{appId}/workflows/instances/{instanceUuid}'
  expect(figure(text, one, { method: 'GET', route: instance, status: '404' })).toBe(1)
  expect(figure(text, one, { route: 'none', status: '404' })).toBe(1)
  expect(figure(text, one, { method: 'DELETE', route: '/api/me', status: '405' })).toBe(1)
  expect(text).not.toContain('secret')
})

it('is for this machine, and for admins and services of the first workspace', async () => {
  const local = await fetch(`${api.url}/metrics`)
  expect([local.status, local.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^text\/plain/),
  ])
  const elsewhere = await fetch(`${api.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.5' } })
  expect(elsewhere.status).toBe(401)
  const statuses = async (...who: Parameters<TestApi['as']>) => (await api.as(...who).get('/metrics')).status
  expect(await statuses('service')).toBe(200)
  for (const who of ['member', 'builder', 'approver', 'foreigner'] as const)
    expect(await statuses(who)).toBe(403)
})

it('where the database does not answer the look into it, it says so, and gives no figures of before', async () => {
  const transaction = () => Promise.reject(new Error('canceling statement due to statement timeout'))
  const broken = await startApi({ over: { db: Object.assign(Object.create(api.db), { transaction }) } })
  const text = await (await fetch(`${broken.url}/metrics`)).text()
  expect(figure(text, 'parley_up', { part: 'database' })).toBe(0)
  expect(figure(text, 'parley_up', { part: 'temporal' })).toBe(1)
  expect(figure(text, 'parley_runs_open')).toBeUndefined()
  await broken.close()
})
