import { sql } from 'drizzle-orm'
import type { Database, Transaction } from './database.ts'

/** How many of something there are, and for how many seconds the oldest has been so. */
interface Heap {
  count: number
  oldest: number
}

/** What an operator asks first: is anything stuck, slow, failing, expensive? Over all workspaces; no words, no ids. */
export interface Work {
  /** Open runs by status. */
  runs: (Heap & { status: string })[]
  /** Runs that wait for nobody, by how long nothing has happened in them. */
  quiet: Heap
  /** Accepted starts that Temporal is not known to have. */
  undispatched: Heap
  /** Open requests to people. */
  requests: (Heap & { kind: string })[]
  /** Effects outside that were begun and of which no end is known. */
  effects: (Heap & { kind: string; state: string })[]
  /** Steps that ended in the last `recent` seconds, with how long half and nearly all of them took. */
  steps: { type: string; outcome: string; count: number; median: number | null; p95: number | null }[]
  /** Finished model and tool calls of the last `recent` seconds. */
  calls: { kind: string; model: string; count: number; tokensIn: number; tokensOut: number }[]
}

/** Seconds that steps and calls are looked back for. */
export const recent = 600

const age = (column: string) =>
  sql.raw(`coalesce(extract(epoch from clock_timestamp() - min(${column})), 0)::float as oldest`)

/** Reads all of it in one short transaction, which gives up after 3 s rather than burden a database in need. */
export const measureWork = (db: Database): Promise<Work> =>
  db.transaction(
    async (tx) => {
      await tx.execute(sql`set local statement_timeout = '3s'`)
      const [quiet] = await rows<Heap>(tx, quietRuns)
      const [undispatched] = await rows<Heap>(tx, undispatchedRuns)
      return {
        runs: await rows(tx, openRuns),
        quiet: quiet as Heap,
        undispatched: undispatched as Heap,
        requests: await rows(tx, openRequests),
        effects: await rows(tx, unknownEffects),
        steps: await rows(tx, recentSteps),
        calls: await rows(tx, recentCalls),
      }
    },
    { accessMode: 'read only' },
  )

const rows = async <Row>(tx: Transaction, query: ReturnType<typeof sql>): Promise<Row[]> =>
  (await tx.execute(query)).rows as Row[]

const openRuns = sql`
  select status, count(*)::int as count, ${age('started_at')}
  from instances where finished_at is null group by status`

const quietRuns = sql`
  select count(*)::int as count, ${age('last.at')}
  from instances i
  cross join lateral (
    select coalesce(
      (select j.at from journal j where j.instance_uuid = i.instance_uuid order by j.seq desc limit 1),
      i.started_at
    ) as at
  ) last
  where i.finished_at is null and i.status = 'running'`

const undispatchedRuns = sql`
  select count(*)::int as count, ${age('started_at')} from instances where not dispatched`

const openRequests = sql`
  select kind, count(*)::int as count, ${age('opened_at')}
  from requests where closed_at is null group by kind`

const unknownEffects = sql`
  select kind, state, count(*)::int as count, ${age('at')}
  from effects where state <> 'done' group by kind, state`

const recentSteps = sql`
  select over.data->>'type' as type,
    case over.event when 'stepFailed' then 'failed' else over.data->>'status' end as outcome,
    count(*)::int as count,
    percentile_cont(0.5) within group (order by extract(epoch from over.at - began.at))::float as median,
    percentile_cont(0.95) within group (order by extract(epoch from over.at - began.at))::float as p95
  from journal over
  left join journal began
    on began.stream_id = over.stream_id and began.key = (over.data->>'path') || ':started'
  where over.event in ('stepFinished', 'stepFailed')
    and over.at > now() - make_interval(secs => ${recent})
  group by 1, 2`

const recentCalls = sql`
  select kind, coalesce(model, 'none') as model, count(*)::int as count,
    coalesce(sum(tokens_in), 0)::int as "tokensIn", coalesce(sum(tokens_out), 0)::int as "tokensOut"
  from calls where finished_at > now() - make_interval(secs => ${recent})
  group by 1, 2 order by 3 desc limit 50`
