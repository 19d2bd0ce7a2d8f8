import { sql } from 'drizzle-orm'
import { type ScriptedRun, scriptRun, startApi, type TestApi } from '../harness/api.ts'
import { until } from '../harness/until.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const at = (run: string) => `R/workflows/instances/${run}`

/** A run with so many rounds of one model call, as the journal and the activities would have left it. */
async function longRun(rounds: number, promptLength: number): Promise<ScriptedRun> {
  const run = await scriptRun(api)
  const { instanceUuid, workspaceId } = run.ref
  await api.db.execute(sql`
    insert into journal (stream_id, seq, workspace_id, instance_uuid, key, event, data, at)
    select ${instanceUuid}::uuid, 2 * n + part, ${workspaceId}::uuid, ${instanceUuid}::uuid, n || ':' || part,
      case part when 0 then 'stepStarted' else 'stepFinished' end,
      jsonb_build_object('path', 'rounds[' || n || '].text', 'stepId', 'text', 'title', 'Text', 'type', 'draft',
        'status', case part when 0 then 'running' else 'completed' end),
      now()
    from generate_series(1, ${rounds}::int) n, generate_series(0, 1) part`)
  await api.db.execute(
    sql`update instances set next_seq = 2 * ${rounds}::int + 2 where instance_uuid = ${instanceUuid}::uuid`,
  )
  await api.db.execute(sql`
    insert into steps (instance_uuid, path, workspace_id, attempts, input, output)
    select ${instanceUuid}::uuid, 'rounds[' || n || '].text', ${workspaceId}::uuid, 1,
      to_jsonb(repeat('i', ${promptLength}::int)), to_jsonb(repeat('o', ${promptLength}::int))
    from generate_series(1, ${rounds}::int) n`)
  await api.db.execute(sql`
    insert into calls (instance_uuid, path, ordinal, workspace_id, kind, request, response, model, tokens_in, tokens_out, cost, currency)
    select ${instanceUuid}::uuid, 'rounds[' || n || '].text', 0, ${workspaceId}::uuid, 'model',
      jsonb_build_object('system', 's', 'user', repeat('u', ${promptLength}::int)), '{"text": "o"}', 'm', 10, 5, 0.001, 'EUR'
    from generate_series(1, ${rounds}::int) n`)
  return run
}

test('a page of a long run with large prompts stays small, and the totals are of the whole run', async () => {
  const { ref } = await longRun(300, 100_000)
  const response = await api.as('member').send(`${at(ref.instanceUuid)}/log`, {})
  const text = await response.text()
  const log = JSON.parse(text)
  expect(log.steps).toHaveLength(100)
  expect(log.totals).toMatchObject({
    modelCalls: 300,
    tokens: { in: 3_000, out: 1_500 },
    costs: [{ currency: 'EUR', cost: 0.3 }],
  })
  // Of 300 000 characters for each step.
  expect(text.length).toBeLessThan(100 * 65_000)
})

test('the export of a long run is read piece by piece, all of it, in order', async () => {
  const { ref } = await longRun(450, 1_000)
  const text = await (await api.as('member').send(`${at(ref.instanceUuid)}/export`, {})).text()
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; seq: number; path: string })
  const of = (type: string) => lines.filter((line) => line.type === type)
  const numbers = of('event').map(({ seq }) => seq)
  expect(numbers).toEqual(Array.from({ length: 901 }, (_, index) => index + 1))
  for (const type of ['step', 'call']) expect(new Set(of(type).map(({ path }) => path)).size).toBe(450)
  expect(lines.at(-1)).toMatchObject({ type: 'end', lines: lines.length - 1 })
})

test('a reader that goes away in the middle of an export leaves nothing behind', async () => {
  const { ref } = await longRun(400, 200_000)
  const stop = new AbortController()
  const response = await api.as('member').send(`${at(ref.instanceUuid)}/export`, { signal: stop.signal })
  await response.body?.getReader().read()
  stop.abort()
  const pool = api.deps.db.$client
  await until('that no query is under way', () => pool.totalCount === pool.idleCount)
  expect((await api.as('member').get(at(ref.instanceUuid))).status).toBe(200)
})
