import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { RunTotals } from '../../shared/contract/api/run-log.ts'
import type { Database } from './database.ts'
import type { InstanceRow } from './find-instance.ts'
import { calls, instances, journal, requests } from './schema.ts'

/** What a run and its subworkflows have used so far: calls, tokens, money, time. */
export async function readTotals(db: Database, run: InstanceRow): Promise<RunTotals> {
  const [used, total, waited] = await Promise.all([sumCalls(db, run), timeOf(db, run), readWaits(db, run)])
  const models = used.filter(({ kind }) => kind === 'model')
  const sum = (rows: typeof used, of: (row: (typeof used)[number]) => number) =>
    rows.reduce((all, row) => all + of(row), 0)
  const working = Math.max(0, total - waited.any)
  return {
    modelCalls: sum(models, (row) => row.count),
    toolCalls: sum(used, (row) => row.count) - sum(models, (row) => row.count),
    tokens: { in: sum(models, (row) => row.tokensIn), out: sum(models, (row) => row.tokensOut) },
    costs: models.flatMap(({ currency, cost }) => (currency === null ? [] : [{ currency, cost }])),
    unpricedCalls: sum(models, (row) => (row.currency === null ? row.count : 0)),
    time: { total, waitingForPeople: waited.people, waitingForTime: waited.clock, working },
  }
}

/** The run and those below it. */
const below = ({ workspaceId, instanceUuid }: InstanceRow) => sql`
  with recursive below as (
    select ${instanceUuid}::uuid as instance_uuid
    union all
    select child.instance_uuid from ${instances} child
    join below on child.parent_instance_uuid = below.instance_uuid
    where child.workspace_id = ${workspaceId}::uuid
  )`

interface Used {
  kind: string
  currency: string | null
  count: number
  tokensIn: number
  tokensOut: number
  cost: number
}

async function sumCalls(db: Database, run: InstanceRow): Promise<Used[]> {
  const { rows } = await db.execute(sql`
    ${below(run)}
    select kind, currency, count(*)::int as count,
      coalesce(sum(tokens_in), 0)::float as "tokensIn", coalesce(sum(tokens_out), 0)::float as "tokensOut",
      coalesce(sum(cost), 0)::float as cost
    from ${calls} join below using (instance_uuid)
    where workspace_id = ${run.workspaceId}::uuid
    group by kind, currency order by currency`)
  return rows as unknown as Used[]
}

/** Milliseconds that it has lasted; what lies between a failure and a retry does not count. */
async function timeOf(db: Database, run: InstanceRow): Promise<number> {
  const told = await db
    .select({ event: journal.event, at: journal.at })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, run.workspaceId),
        eq(journal.instanceUuid, run.instanceUuid),
        inArray(journal.event, ['instanceStarted', 'instanceFinished']),
      ),
    )
    .orderBy(asc(journal.seq))
  let total = 0
  let since: number | undefined = run.startedAt.getTime()
  for (const { event, at } of told) {
    if (event === 'instanceStarted') since ??= at.getTime()
    else if (since !== undefined) {
      total += Math.max(0, at.getTime() - since)
      since = undefined
    }
  }
  return since === undefined ? total : total + Math.max(0, Date.now() - since)
}

interface Waits {
  people: number
  clock: number
  /** For either; where both overlap, once. */
  any: number
}

/** Milliseconds in which something was asked of people, or a `wait` step was under way. */
async function readWaits(db: Database, run: InstanceRow): Promise<Waits> {
  const end = sql`${(run.finishedAt ?? new Date()).toISOString()}::timestamptz`
  const span = (from: string, to: string) =>
    sql`tstzrange(${sql.raw(from)}, greatest(${sql.raw(from)}, coalesce(${sql.raw(to)}, ${end})))`
  const length = (of: string) => sql`(
    select coalesce(sum(extract(epoch from upper(one) - lower(one))) * 1000, 0)::float
    from (select unnest(range_agg(waits.span * life.span)) as one from waits, life where ${sql.raw(of)}) as spans)`
  const { rows } = await db.execute(sql`
    ${below(run)},
    life as (
      select tstzrange(${run.startedAt.toISOString()}::timestamptz, greatest(${run.startedAt.toISOString()}::timestamptz, ${end})) as span
    ),
    waits as (
      select 'people' as what, ${span('opened_at', 'closed_at')} as span
      from ${requests} join below using (instance_uuid)
      union all
      select 'clock', ${span('at', 'until')}
      from (
        select event, at, lead(at) over (partition by instance_uuid, data ->> 'path' order by seq) as until
        from ${journal} join below using (instance_uuid)
        where stream_id = instance_uuid and event in ('stepStarted', 'stepFinished', 'stepFailed')
          and data ->> 'type' = 'wait'
      ) as told where event = 'stepStarted'
    )
    select ${length("what = 'people'")} as people, ${length("what = 'clock'")} as clock, ${length('true')} as "any"`)
  const [found] = rows as unknown as Waits[]
  const { people = 0, clock = 0, any = 0 } = found ?? {}
  return { people: Math.round(people), clock: Math.round(clock), any: Math.round(any) }
}
