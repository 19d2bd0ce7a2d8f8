import { randomUUID } from 'node:crypto'
import { and, asc, eq, sql } from 'drizzle-orm'
import { embedded } from '../../shared/contract/api/embedded.ts'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { hasGiven, hasKeys } from '../../storage/sql/lock-run.ts'
import { recentRows } from '../../storage/sql/recent-rows.ts'
import { instances, journal, memoryTurns, sessions } from '../../storage/sql/schema.ts'
import { writeEntries } from '../../storage/sql/write-journal.ts'
import { writeSession } from '../../storage/sql/write-session.ts'
import { type Ground, ground } from '../harness/ground.ts'
import { until } from '../harness/until.ts'

let place: Ground
/** Two processes of one Parley: each has its own idea of how the rows stand. */
let here: Database
let there: Database
beforeAll(async () => {
  place = await ground()
  here = openDatabase(place.databaseUrl)
  there = openDatabase(place.databaseUrl)
})
afterAll(async () => {
  await here.$client.end()
  await there.$client.end()
  await place.drop()
})

const { workspaceId, appId } = embedded
const at = () => new Date().toISOString()

const turnOf = (chatSessionId: string): RunRef => ({
  workspaceId,
  appId,
  workflowId: randomUUID(),
  version: 1,
  workflowName: 'Desk',
  instanceUuid: randomUUID(),
  kind: 'turn',
  temporalWorkflowId: `session:${chatSessionId}`,
  temporalRunId: 'first',
  chatSessionId,
})

const runOf = (): RunRef => {
  const { chatSessionId: _, ...run } = turnOf(randomUUID())
  return { ...run, kind: 'run' }
}

const started = (): JournalEntry => ({
  event: 'instanceStarted',
  key: 'run:started',
  at: at(),
  title: 'Desk',
  status: 'running',
})
const progress = (percent: number): JournalEntry => ({
  event: 'progress',
  key: `progress:${percent}`,
  at: at(),
  percent,
  label: 'Ask',
})
const said = (number: number): JournalEntry => ({
  event: 'message',
  key: `said:${number}`,
  at: at(),
  messageId: randomUUID(),
  role: 'agent',
  text: `No. ${number}`,
  attachments: [],
})

const keysOf = async (streamId: string) =>
  (
    await here
      .select({ seq: journal.seq, key: journal.key })
      .from(journal)
      .where(and(eq(journal.workspaceId, workspaceId), eq(journal.streamId, streamId)))
      .orderBy(asc(journal.seq))
  ).map(({ seq, key }) => `${seq} ${key.replace(/^.*-[0-9a-f]{12}:/, '')}`)

const viewOf = async ({ instanceUuid }: RunRef) =>
  (await here.select().from(instances).where(eq(instances.instanceUuid, instanceUuid)))[0]?.view

it('what one process keeps in mind of a run does not hide what another one wrote', async () => {
  const run = runOf()
  await writeEntries(here, run, [started(), progress(10)])
  await writeEntries(there, run, [progress(40)])
  await writeEntries(here, run, [progress(20)])
  await writeEntries(there, run, [progress(60)])
  expect(await keysOf(run.instanceUuid)).toEqual([
    '1 run:started',
    '2 progress:10',
    '3 progress:40',
    '4 progress:20',
    '5 progress:60',
  ])
  expect(await viewOf(run)).toMatchObject({ percent: 60, status: 'running' })
})

it('an entry that is there already is left out, and the others are written, from either process', async () => {
  const run = runOf()
  await writeEntries(here, run, [started(), said(1)])
  await writeEntries(here, run, [said(1), said(2)])
  await writeEntries(there, run, [started(), said(2), said(3)])
  await writeEntries(here, run, [started(), said(1), said(2), said(3)])
  expect(await keysOf(run.instanceUuid)).toEqual(['1 run:started', '2 said:1', '3 said:2', '4 said:3'])
})

it('in a long conversation of tables nobody has counted yet, each key is looked up by itself', async () => {
  const chatSessionId = randomUUID()
  await writeEntries(here, turnOf(chatSessionId), [started()])
  await here.execute(sql`
    insert into journal (stream_id, seq, workspace_id, instance_uuid, key, event, data, at)
    select ${chatSessionId}::uuid, number, ${workspaceId}::uuid, gen_random_uuid(), 'key ' || number, 'progress', '{}', now()
    from generate_series(10, 3000) as number`)
  const keys = sql.param(['key 11', 'key 12', 'new'])
  const asked = [
    sql`select from journal where ${hasKeys(workspaceId, chatSessionId, ['key 11', 'key 12', 'new'])}`,
    sql`with given as materialized (select unnest(${keys}::text[]) as key) select ${hasGiven(workspaceId, chatSessionId)}`,
  ]
  for (const question of asked) {
    const { rows } = await here.execute<{ 'QUERY PLAN': object[] }>(
      sql`explain (analyze, format json) ${question}`,
    )
    const plan = JSON.stringify(rows[0]?.['QUERY PLAN'])
    expect(plan).toMatch(/"Index Cond":"[^"]*key = (ANY|given)/)
    expect(plan).not.toMatch(/"Rows Removed by Filter":[1-9]/)
  }
})

it('the statement that writes entries is planned a few times and then no more, however many entries there are', async () => {
  const one = openDatabase(place.databaseUrl, 1)
  const run = turnOf(randomUUID())
  await writeEntries(one, run, [started()])
  for (let at = 1; at < 20; at++)
    await writeEntries(
      one,
      run,
      Array.from({ length: 1 + (at % 3) }, (_, more) => said(10 * at + more)),
    )
  const { rows } = await one.execute<{ plans: string }>(
    sql`select custom_plans || ' and ' || generic_plans as plans from pg_prepared_statements
      where statement like '%held_run%' and generic_plans + custom_plans > 10`,
  )
  expect(rows).toEqual([{ plans: expect.stringMatching(/^5 and 1\d$/) }])
  await one.$client.end()
})

it('processes that write to one session at the same time lose nothing and give no number twice', async () => {
  const chatSessionId = randomUUID()
  const turns = Array.from({ length: 6 }, () => turnOf(chatSessionId))
  await Promise.all(
    turns.map(async (turn, index) => {
      const db = index % 2 === 0 ? here : there
      await writeEntries(db, turn, [started()])
      for (let number = 1; number <= 15; number++) {
        await writeEntries(db, turn, [said(number)])
        // Again, as an attempt that did not hear of it would.
        if (number % 5 === 0) await writeEntries(index % 4 < 2 ? here : there, turn, [said(number)])
      }
    }),
  )
  const keys = await keysOf(chatSessionId)
  expect(keys.map((key) => Number(key.split(' ')[0]))).toEqual(
    Array.from({ length: 6 * 16 }, (_, index) => index + 1),
  )
  const [session] = await here.select().from(sessions).where(eq(sessions.chatSessionId, chatSessionId))
  expect(session).toMatchObject({ nextSeq: 6 * 16 + 1 })
})

it('first writes of one turn at the same time make one row', async () => {
  const turn = turnOf(randomUUID())
  await Promise.all(
    [here, there, here, there].map((db, index) => writeEntries(db, turn, [started(), said(index)])),
  )
  expect((await keysOf(turn.chatSessionId as string)).map((key) => key.split(' ')[1]).sort()).toEqual([
    'run:started',
    'said:0',
    'said:1',
    'said:2',
    'said:3',
  ])
})

it('what belongs to the session comes between, and the next turn knows of it', async () => {
  const chatSessionId = randomUUID()
  const first = turnOf(chatSessionId)
  await writeEntries(here, first, [started()])
  await writeSession(there, first, chatSessionId, [
    { event: 'sessionStarted', key: 'started:first', at: at(), variables: { a: 1 } },
  ])
  await writeEntries(here, turnOf(chatSessionId), [
    started(),
    { event: 'variablesSet', key: 'set', at: at(), values: { b: 2 } },
  ])
  const [session] = await here.select().from(sessions).where(eq(sessions.chatSessionId, chatSessionId))
  expect(session?.view.variables).toEqual({ a: 1, b: 2 })
  expect(await keysOf(chatSessionId)).toEqual(['1 run:started', '2 started:first', '3 run:started', '4 set'])
})

it('a turn that ends is remembered once, with its end, whoever writes it', async () => {
  const turn = turnOf(randomUUID())
  const messageId = randomUUID()
  await writeEntries(here, turn, [
    started(),
    {
      event: 'turnOpened',
      key: 'opened',
      at: at(),
      messageIds: [messageId],
      userMessage: 'Where is it?',
      userMessageType: 'text',
      trigger: null,
      uiFlowContext: {},
    },
    said(1),
  ])
  const end: JournalEntry[] = [
    said(2),
    { event: 'instanceFinished', key: 'run:finished', at: at(), status: 'completed' },
  ]
  await Promise.all([writeEntries(here, turn, end), writeEntries(there, turn, end)])
  const remembered = await here
    .select()
    .from(memoryTurns)
    .where(eq(memoryTurns.chatSessionId, turn.chatSessionId as string))
  expect(remembered).toMatchObject([{ number: 1, user: 'Where is it?', agent: 'No. 1\n\nNo. 2' }])
  await writeEntries(here, turn, [progress(99)])
  expect(await viewOf(turn)).toMatchObject({ percent: 100, status: 'completed' })
  expect((await keysOf(turn.chatSessionId as string)).length).toBe(5)
})

it('an id that another workspace has is refused, and nothing of it changes', async () => {
  const run = runOf()
  await writeEntries(here, run, [started()])
  const foreign = { ...run, workspaceId: randomUUID() }
  await expect(writeEntries(here, foreign, [started(), progress(50)])).rejects.toMatchObject({
    code: 'Conflict',
  })
  const turn = { ...turnOf(randomUUID()), instanceUuid: run.instanceUuid }
  await expect(writeEntries(here, turn, [started()])).rejects.toMatchObject({ code: 'Conflict' })
  expect(
    await here
      .select()
      .from(sessions)
      .where(eq(sessions.chatSessionId, turn.chatSessionId as string)),
  ).toEqual([])
  expect(await viewOf(run)).toMatchObject({ percent: 0 })
  expect(await keysOf(run.instanceUuid)).toEqual(['1 run:started'])
})

it('a connection that breaks makes a process forget how the rows stood: what comes after may be another server', async () => {
  const run = runOf()
  await writeEntries(here, run, [started()])
  expect(recentRows(here).find(run).row).toBeDefined()
  const { pid } = (await here.execute(sql`select pg_backend_pid() as pid`)).rows[0] ?? {}
  await there.execute(sql`select pg_terminate_backend(${pid})`)
  await until('the rows to be forgotten', () => recentRows(here).find(run).row === undefined)
  await writeEntries(here, run, [said(1)])
  expect(await keysOf(run.instanceUuid)).toEqual(['1 run:started', '2 said:1'])
})
