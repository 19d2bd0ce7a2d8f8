import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { LogQuery } from '../../shared/contract/api/run-log.ts'
import type { Database } from './database.ts'
import type { InstanceRow } from './find-instance.ts'
import { NumberKey, readCursor, toPage } from './page.ts'
import { calls, instances, journal, outcomes, steps } from './schema.ts'

/** How a value is read: whole, or cut. */
type Shown = (value: SQL) => SQL

const stepEvents = ['stepStarted', 'stepFinished', 'stepFailed']
const ofRun = (run: InstanceRow) =>
  and(
    eq(journal.workspaceId, run.workspaceId),
    eq(journal.instanceUuid, run.instanceUuid),
    inArray(journal.event, stepEvents),
  )
const path = sql<string>`${journal.data} ->> 'path'`

/** A page of the steps that have begun, in that order. */
export async function listPaths(db: Database, run: InstanceRow, ask: LogQuery) {
  const after = readCursor(ask.cursor, NumberKey)
  const within = ask.path
  const rows = await db
    .select({ path, first: sql<number>`min(${journal.seq})`.mapWith(Number).as('first') })
    .from(journal)
    .where(
      and(
        ofRun(run),
        within === undefined
          ? undefined
          : sql`(${path} = ${within} or starts_with(${path}, ${`${within}.`}) or starts_with(${path}, ${`${within}[`}))`,
      ),
    )
    .groupBy(path)
    .having(after && sql`min(${journal.seq}) > ${after[0]}`)
    .orderBy(sql`first`)
    .limit(ask.limit + 1)
  return toPage(rows, ask.limit, { item: (row) => row.path, key: (row) => [row.first] })
}

export interface ToldStep {
  event: string
  path: string
  seq: number
  data: Record<string, unknown>
  output: unknown
  at: Date
}

/** What the journal says of steps. */
export const readTold = (db: Database, run: InstanceRow, paths: string[], shown: Shown) =>
  db
    .select({
      event: journal.event,
      path,
      seq: journal.seq,
      data: sql<ToldStep['data']>`${journal.data} - 'output'`,
      output: sql`${shown(sql`(${journal.data} -> 'output')`)}`,
      at: journal.at,
    })
    .from(journal)
    .where(and(ofRun(run), inArray(path, paths)))
    .orderBy(asc(journal.seq))

/** What the activities of steps kept. */
export async function readKept(db: Database, run: InstanceRow, paths: string[], shown: Shown) {
  const rows = await db
    .select({
      path: steps.path,
      attempts: steps.attempts,
      input: sql`${shown(sql`${steps.input}`)}`,
      output: sql`${shown(sql`${steps.output}`)}`,
      logs: steps.logs,
      error: steps.error,
    })
    .from(steps)
    .where(
      and(
        eq(steps.workspaceId, run.workspaceId),
        eq(steps.instanceUuid, run.instanceUuid),
        inArray(steps.path, paths),
      ),
    )
  return new Map(rows.map((row) => [row.path, row]))
}
export type KeptStep = Awaited<ReturnType<typeof readKept>> extends Map<string, infer Row> ? Row : never

/** Results that an earlier run left to this one stand nowhere else. */
export async function readOutcomes(db: Database, run: InstanceRow, paths: string[], shown: Shown) {
  const rows = await db
    .selectDistinctOn([outcomes.path], {
      path: outcomes.path,
      value: sql`${shown(sql`(${outcomes.outcome} -> 'value')`)}`,
    })
    .from(outcomes)
    .where(
      and(
        eq(outcomes.workspaceId, run.workspaceId),
        eq(outcomes.instanceUuid, run.instanceUuid),
        inArray(outcomes.path, paths),
      ),
    )
    .orderBy(outcomes.path, sql`${outcomes.ordinal} desc`)
  return new Map(rows.map((row) => [row.path, row.value]))
}

export const readCalls = (db: Database, run: InstanceRow, paths: string[], shown: Shown) =>
  db
    .select({
      path: calls.path,
      kind: calls.kind,
      request: sql`${shown(sql`${calls.request}`)}`,
      response: sql`${shown(sql`${calls.response}`)}`,
      model: calls.model,
      tokensIn: calls.tokensIn,
      tokensOut: calls.tokensOut,
      cost: calls.cost,
      currency: calls.currency,
      startedAt: calls.startedAt,
      finishedAt: calls.finishedAt,
    })
    .from(calls)
    .where(
      and(
        eq(calls.workspaceId, run.workspaceId),
        eq(calls.instanceUuid, run.instanceUuid),
        inArray(calls.path, paths),
      ),
    )
    .orderBy(asc(calls.path), asc(calls.startedAt), asc(calls.ordinal))

export type MadeCall = Awaited<ReturnType<typeof readCalls>>[number]

/** The subworkflows that its steps called; of a step that was retried the last one. Actions stand with their calls. */
export async function listChildren(db: Database, run: InstanceRow): Promise<Map<string, string>> {
  const rows = await db
    .select({ path: instances.parentPath, instanceUuid: instances.instanceUuid })
    .from(instances)
    .where(
      and(
        eq(instances.workspaceId, run.workspaceId),
        eq(instances.parentInstanceUuid, run.instanceUuid),
        eq(instances.kind, 'subworkflow'),
      ),
    )
    .orderBy(asc(instances.startedAt))
  return new Map(rows.flatMap((row) => (row.path === null ? [] : [[row.path, row.instanceUuid] as const])))
}
