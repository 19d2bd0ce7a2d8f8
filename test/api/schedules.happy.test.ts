import { randomUUID } from 'node:crypto'
import { ServiceError } from '@temporalio/client'
import { asc, eq } from 'drizzle-orm'
import type { Schedule } from '../../shared/contract/api/schedules.ts'
import { createLog } from '../../shared/log.ts'
import { runWorkflowId, temporalScheduleId } from '../../shared/temporal/names.ts'
import * as table from '../../storage/sql/schema.ts'
import { startSweeper } from '../../workers/sweep.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { saveHistory, savesHistories } from '../harness/history-file.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
})
afterEach(async () => {
  // Nothing fires into the next test.
  for (const { scheduleId } of await world.db.select().from(table.schedules))
    await inTemporal(scheduleId)
      .delete()
      .catch(() => {})
  await world.replay()
})
afterAll(async () => {
  await api?.close()
  await world?.close()
})

const echo = {
  name: 'Digest',
  input: { type: 'object', properties: { topic: { type: 'string' } }, required: ['topic'] },
  steps: [{ id: 'done', type: 'end', output: { about: '${input.topic}' } }],
}
const input = { topic: 'Batteries' }

const inTemporal = (scheduleId: string) =>
  world.client.schedule.getHandle(temporalScheduleId(world.workspaceId, scheduleId))

/** A schedule of a new workflow; gives its address. */
async function make(definition: Record<string, unknown> = echo, over: object = {}) {
  const workflowId = await api.publish(definition)
  const made = await api
    .as('admin')
    .post(`A/workflows/${workflowId}/schedules`, { name: 'Weekly', every: 'PT1H', input, ...over })
  expect(made.status).toBe(201)
  const { scheduleId } = made.body as Schedule
  return { workflowId, scheduleId, at: `A/workflows/${workflowId}/schedules/${scheduleId}` }
}

/** Past the check of replies: some schedules here fire more often than the contract allows. */
async function ask(method: 'GET' | 'POST', path: string): Promise<Schedule> {
  const response = await api.as('admin').send(path, { method })
  expect(response.status).toBe(200)
  return (await response.json()) as Schedule
}

const read = (at: string): Promise<Schedule> => ask('GET', at)

/** With its next runs, which are left out while Temporal is too busy to tell. */
const planned = (at: string): Promise<Schedule> =>
  until('the next runs', async () => {
    const schedule = await read(at)
    return (schedule.nextRuns?.length ?? 0) > 0 && schedule
  })

/** From here on it fires every second, which the API alone would not allow. */
async function hurry({ scheduleId, at }: { scheduleId: string; at: string }): Promise<void> {
  await world.db
    .update(table.schedules)
    .set({ times: { every: 'PT1S' } })
    .where(eq(table.schedules.scheduleId, scheduleId))
  await ask('POST', `${at}/resume`)
}

const firingsOf = (scheduleId: string) =>
  world.db
    .select()
    .from(table.firings)
    .where(eq(table.firings.scheduleId, scheduleId))
    .orderBy(asc(table.firings.firedAt))

/** The job that a run was started by, to be replayed with it. */
async function followJobOf(instanceUuid: string): Promise<string> {
  const parent = (await world.handle(instanceUuid).describe()).raw.workflowExecutionInfo?.parentExecution
  const workflowId = String(parent?.workflowId)
  await until('the end of the job', async () => {
    const { status } = await world.client.workflow.getHandle(workflowId).describe()
    return status.name !== 'RUNNING'
  })
  world.followJob(workflowId)
  return workflowId
}

test('F125: a schedule is made in Temporal, shows when it runs next, and is replaced and deleted', async () => {
  const before = Date.now()
  const { at, scheduleId, workflowId } = await make(echo, {
    calendar: { at: ['08:30', '17:00'], weekdays: ['monday'] },
    every: undefined,
    timeZone: 'Europe/Oslo',
  })
  const made = await planned(at)
  expect(made).toMatchObject({
    workflowId,
    name: 'Weekly',
    timeZone: 'Europe/Oslo',
    overlap: 'skip',
    paused: false,
    input,
    owner: { userId: 'admin' },
    recentRuns: [],
  })
  const local = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/Oslo',
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
  })
  const next = (made.nextRuns ?? []).map((time) => local.format(new Date(time)))
  expect(next.length).toBeGreaterThan(3)
  expect(new Set(next)).toEqual(new Set(['Monday 08:30', 'Monday 17:00']))
  const described = await inTemporal(scheduleId).describe()
  expect(described.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 24 * 3_600_000 })
  expect(JSON.stringify(described.raw.schedule)).not.toContain('Weekly')

  const replaced = await api
    .as('admin')
    .put(at, { name: 'Hourly', every: 'PT1H', input, overlap: 'allowAll' })
  expect(replaced.body).toMatchObject({ name: 'Hourly', every: 'PT1H', timeZone: 'UTC', overlap: 'allowAll' })
  expect(replaced.body.calendar).toBeUndefined()
  const first = Date.parse(String((await planned(at)).nextRuns?.[0]))
  expect(Math.abs(first - before - 3_600_000)).toBeLessThan(60_000)
  const listed = (await api.as('builder').get(`A/workflows/${workflowId}/schedules`)).body.items
  expect(listed).toMatchObject([{ scheduleId, name: 'Hourly' }])

  expect((await api.as('admin').delete(at)).status).toBe(204)
  expect((await api.as('admin').get(at)).status).toBe(404)
  expect((await api.as('admin').delete(at)).status).toBe(404)
  await expect(inTemporal(scheduleId).describe()).rejects.toThrow(/not found/i)
})

test('F125: cron is read as cron does it: either of two days fits, 7 is Sunday', async () => {
  const { at } = await make(echo, { every: undefined, cron: '15 6 1 * 7' })
  for (const time of (await planned(at)).nextRuns ?? []) {
    const day = new Date(time)
    expect([day.getUTCHours(), day.getUTCMinutes()]).toEqual([6, 15])
    expect(day.getUTCDay() === 0 || day.getUTCDate() === 1).toBe(true)
  }
  const months = await make(echo, { every: undefined, cron: '0 9-10 */10 jan,jul mon-fri' })
  const next = (await planned(months.at)).nextRuns ?? []
  expect(next.length).toBeGreaterThan(0)
  for (const time of next) {
    const day = new Date(time)
    expect([0, 6]).toContain(day.getUTCMonth())
    expect([1, 11, 21, 31]).toContain(day.getUTCDate())
    expect([9, 10]).toContain(day.getUTCHours())
    expect([1, 2, 3, 4, 5]).toContain(day.getUTCDay())
  }
})

test('F125: run now starts a run in the name of the schedule, once for a key', async () => {
  const { at, workflowId } = await make()
  const key = { 'idempotency-key': randomUUID() }
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => api.as('admin').post(`${at}/run`, undefined, key)),
  )
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.instanceUuid}`)).size).toBe(1)
  const instanceUuid = String(answers[0]?.body.instanceUuid)
  world.follow(instanceUuid)
  expect(await world.ended(instanceUuid)).toMatchObject({ status: 'completed' })
  const run = (await api.as('admin').get(`R/workflows/instances/${instanceUuid}`)).body
  expect(run).toMatchObject({
    workflowId,
    output: { about: 'Batteries' },
    startedBy: { userId: 'admin', name: 'Schedule: Weekly' },
  })
  const { recentRuns } = await read(at)
  expect(recentRuns).toMatchObject([{ instanceUuid, status: 'completed', problem: null }])
})

test('F125 F074: it fires by itself, on the version that is newest then; paused it does not', async () => {
  const schedule = await make()
  await hurry(schedule)
  const [first] = await until('a firing', async () => {
    const fired = await firingsOf(schedule.scheduleId)
    return fired.length > 0 && fired
  })
  const firstRun = String(first?.instanceUuid)
  expect(await world.ended(firstRun)).toMatchObject({
    version: 1,
    status: 'completed',
    kind: 'run',
    temporalWorkflowId: runWorkflowId(world.workspaceId, firstRun),
    startedBy: { userId: 'admin', name: 'Schedule: Weekly' },
  })
  const jobId = await followJobOf(firstRun)
  expect(jobId).toContain(`ws:${world.workspaceId}:job:${schedule.scheduleId}-`)
  world.follow(firstRun)
  if (savesHistories)
    await saveHistory('schedule-firing', await world.client.workflow.getHandle(jobId).fetchHistory())

  const admin = api.as('admin')
  const better = { ...echo, type: 'output_focused', description: 'Better' }
  await admin.put(`A/workflows/${schedule.workflowId}/draft`, better)
  await admin.post(`A/workflows/${schedule.workflowId}/publish`)
  await until('a run of the second version', async () => {
    const rows = await world.db
      .select()
      .from(table.instances)
      .where(eq(table.instances.workflowId, schedule.workflowId))
    return rows.some(({ version }) => version === 2)
  })

  expect(await ask('POST', `${schedule.at}/pause`)).toMatchObject({ paused: true, nextRuns: [] })
  const { info, state } = await inTemporal(schedule.scheduleId).describe()
  expect(state.paused).toBe(true)
  const at = Date.now()
  await until('three seconds to go by', () => Date.now() > at + 3_000)
  expect((await inTemporal(schedule.scheduleId).describe()).info.numActionsTaken).toBe(info.numActionsTaken)

  await ask('POST', `${schedule.at}/resume`)
  await until('it to fire again', async () => {
    const { info: now } = await inTemporal(schedule.scheduleId).describe()
    return now.numActionsTaken > info.numActionsTaken
  })
})

test('F125: while its run is open it fires no second time, and goes on afterwards', async () => {
  const asks = {
    name: 'Asks',
    steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } }],
  }
  const schedule = await make(asks)
  await hurry(schedule)
  await until('two firings to be left out', async () => {
    const { info } = await inTemporal(schedule.scheduleId).describe()
    return info.numActionsSkippedOverlap >= 2
  })
  const fired = await firingsOf(schedule.scheduleId)
  expect(fired).toHaveLength(1)
  const instanceUuid = String(fired[0]?.instanceUuid)
  expect((await read(schedule.at)).recentRuns).toMatchObject([{ instanceUuid, status: 'waiting' }])
  await world.runs.answer(instanceUuid, { value: 'Good', by: { userId: 'admin' } })
  await until('the next firing', async () => (await firingsOf(schedule.scheduleId)).length > 1)
  await followJobOf(instanceUuid)
  world.follow(instanceUuid)
})

test('F125: with cancelOther the next firing cancels the run before', async () => {
  const asks = {
    name: 'Asks',
    steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } }],
  }
  const schedule = await make(asks, { overlap: 'cancelOther' })
  await hurry(schedule)
  const [first] = await until('two firings', async () => {
    const fired = await firingsOf(schedule.scheduleId)
    return fired.length > 1 && fired
  })
  const instanceUuid = String(first?.instanceUuid)
  expect(await world.ended(instanceUuid)).toMatchObject({ status: 'cancelled' })
  await followJobOf(instanceUuid)
  await api.as('admin').delete(schedule.at)
})

const noticesOf = async () =>
  (await api.as('admin').get('R/inbox?limit=100')).body.items as {
    kind: string
    text: string
    instanceUuid: string | null
  }[]

test('F125: a firing without a published version, or with an input that does not fit any more, tells its owner', async () => {
  const schedule = await make(echo, { name: 'Orphan' })
  await world.db
    .update(table.workflows)
    .set({ publishedVersion: null })
    .where(eq(table.workflows.workflowId, schedule.workflowId))
  await hurry(schedule)
  const notice = await until('the notice', async () =>
    (await noticesOf()).find(({ text }) => text.includes('Orphan')),
  )
  expect(notice).toMatchObject({ kind: 'scheduleFailed', instanceUuid: null })
  expect(notice.text).toContain('The workflow has no published version')
  const [fired] = (await read(schedule.at)).recentRuns
  expect(fired).toMatchObject({
    instanceUuid: null,
    status: null,
    problem: expect.stringContaining('no published version'),
  })
  const described = await inTemporal(schedule.scheduleId).describe()
  const jobId = String(described.info.recentActions[0]?.action.workflow.workflowId)
  const job = world.client.workflow.getHandle(jobId)
  await expect(job.result()).rejects.toMatchObject({ cause: { type: 'Conflict' } })
  world.followJob(jobId)

  await world.db
    .update(table.workflows)
    .set({ publishedVersion: 1 })
    .where(eq(table.workflows.workflowId, schedule.workflowId))
  await world.db
    .update(table.schedules)
    .set({ input: { topic: 7 } })
    .where(eq(table.schedules.scheduleId, schedule.scheduleId))
  const misfit = await until('the other notice', async () =>
    (await noticesOf()).find(({ text }) => text.includes('does not fit')),
  )
  expect(misfit.text).toContain('input.topic: must be text, but ')
})

test('F125: a scheduled run that fails tells the owner, with the run', async () => {
  const schedule = await make(
    { name: 'Breaks', steps: [{ id: 'done', type: 'end', output: { x: '${input.nothing.here}' } }] },
    { name: 'Breaking' },
  )
  await hurry(schedule)
  const notice = await until('the notice', async () =>
    (await noticesOf()).find(({ text }) => text.includes('Breaking')),
  )
  expect(notice.text).toContain('The run that it started failed.')
  const instanceUuid = String(notice.instanceUuid)
  expect(await world.ended(instanceUuid)).toMatchObject({ status: 'failed' })
  await followJobOf(instanceUuid)
  world.follow(instanceUuid)
})

test('F125: what Temporal was not told of, the sweeper tells it: making, and deleting with the workflow', async () => {
  const away = async () => {
    throw new ServiceError('no connection', { cause: new Error('x') })
  }
  const engine = {
    ...api.deps.engine(world),
    putSchedule: away,
    removeSchedule: away,
    describeSchedule: away,
  }
  const cut = await startApi({ over: { engine: () => engine }, databaseUrl: databaseUrl() })
  const workflowId = await api.publish(echo)
  const made = await as(cut).post(`A/workflows/${workflowId}/schedules`, {
    name: 'Cut',
    every: 'PT1H',
    input,
  })
  expect(made).toMatchObject({ status: 201, body: { nextRuns: null, paused: false } })
  await cut.close()
  const { scheduleId } = made.body as Schedule
  const at = `A/workflows/${workflowId}/schedules/${scheduleId}`

  const { db, client } = world
  const log = createLog('test', 'silent')
  const sweeper = startSweeper({ db, client, log, every: 50, stuckAfter: 0 })
  await until('Temporal to have it', async () => ((await read(at)).nextRuns?.length ?? 0) > 0)
  await api.as('admin').delete(`A/workflows/${workflowId}`)
  expect((await api.as('admin').get(at)).status).toBe(404)
  await until('Temporal to have let go of it', () =>
    inTemporal(scheduleId)
      .describe()
      .then(() => false)
      .catch(() => true),
  )
  await until('its row to be gone', async () => {
    const rows = await db.select().from(table.schedules).where(eq(table.schedules.scheduleId, scheduleId))
    return rows.length === 0
  })
  await sweeper.stop()
})

const databaseUrl = () => String(world.db.$client.options.connectionString)
/** The admin of this world's workspace at another API over the same database. */
const as = (other: TestApi) => ({
  post: async (path: string, body: object) => {
    const { workspaceId, appId } = world
    const address = path.replace('A/', `${other.url}/api/admin/wks/${workspaceId}/app/${appId}/`)
    const response = await fetch(address, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.keys.admin}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as unknown }
  },
})

test('F125: an Idempotency-Key makes one schedule of many requests', async () => {
  const workflowId = await api.publish(echo)
  const key = { 'idempotency-key': randomUUID() }
  const body = { name: 'Once', every: 'PT1H', input }
  const made = await Promise.all(
    Array.from({ length: 10 }, () => api.as('admin').post(`A/workflows/${workflowId}/schedules`, body, key)),
  )
  expect(new Set(made.map(({ status, body: { scheduleId } }) => `${status} ${scheduleId}`)).size).toBe(1)
  expect((await api.as('builder').get(`A/workflows/${workflowId}/schedules`)).body.items).toHaveLength(1)
})
