import { createHash } from 'node:crypto'
import { and, asc, eq, type SQL, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { InstanceRow } from './find-instance.ts'
import { doneEffect } from './list-effects.ts'
import { calls, effects, files, instances, journal, requests, steps, versions } from './schema.ts'

/** Rows that are read at once: calls and steps carry whole prompts and answers. */
const atOnce = { small: 200, large: 20 } as const

type Line = { type: string } & Record<string, unknown>

/**
 * The whole record of a run and its subworkflows, as lines of JSON. Read in pages by key and not from one open cursor:
 * somebody who reads slowly must not hold a connection and a transaction for as long.
 */
export async function* exportLines(db: Database, run: InstanceRow): AsyncGenerator<string> {
  const hash = createHash('sha256')
  let lines = 0
  for await (const line of linesOf(db, run)) {
    const text = `${JSON.stringify(line)}\n`
    hash.update(text)
    lines++
    yield text
  }
  yield `${JSON.stringify({ type: 'end', instanceUuid: run.instanceUuid, lines, sha256: hash.digest('hex') })}\n`
}

async function* linesOf(db: Database, run: InstanceRow): AsyncGenerator<Line> {
  const { instanceUuid } = run
  yield { type: 'run', ...(await headOf(db, run)) }
  for (const [type, rows] of Object.entries(parts))
    for await (const row of rows(db, run)) yield { type, instanceUuid, ...row }
  const children = await db
    .select()
    .from(instances)
    .where(and(eq(instances.workspaceId, run.workspaceId), eq(instances.parentInstanceUuid, instanceUuid)))
    .orderBy(asc(instances.startedAt), asc(instances.instanceUuid))
  for (const child of children) yield* linesOf(db, child)
}

async function headOf(db: Database, run: InstanceRow): Promise<Record<string, unknown>> {
  const [pinned] = await db
    .select({ sha256: versions.sha256 })
    .from(versions)
    .where(
      and(
        eq(versions.workspaceId, run.workspaceId),
        eq(versions.workflowId, run.workflowId),
        eq(versions.version, run.version),
      ),
    )
  const { instanceUuid, kind, workflowId, workflowName, version, status, retries } = run
  return {
    instanceUuid,
    kind,
    workflowId,
    workflowName,
    version,
    versionSha256: pinned?.sha256 ?? null,
    status,
    progress: run.view.percent,
    input: run.startOrder.input ?? null,
    output: run.view.output ?? null,
    error: run.view.error,
    startedBy: run.startedBy,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    retries,
    parentInstanceUuid: run.parentInstanceUuid,
    parentPath: run.parentPath,
    rewoundFrom: run.rewoundFrom,
    temporal: { workflowId: run.temporalWorkflowId, runId: run.temporalRunId },
    exportedAt: new Date(),
  }
}

type Rows = (db: Database, run: InstanceRow) => AsyncGenerator<Record<string, unknown>>

/** Reads on behind the last row's key for as long as there are rows. */
async function* pages<Row>(
  size: number,
  read: (last: Row | undefined, size: number) => Promise<Row[]>,
): AsyncGenerator<Row> {
  for (let last: Row | undefined; ; ) {
    const rows = await read(last, size)
    yield* rows
    last = rows.at(-1)
    if (rows.length < size) return
  }
}

const events: Rows = async function* (db, { workspaceId, instanceUuid, chatSessionId, nextSeq }) {
  const found = pages<typeof journal.$inferSelect>(atOnce.small, (last, size) =>
    db
      .select()
      .from(journal)
      .where(
        and(
          eq(journal.workspaceId, workspaceId),
          eq(journal.streamId, chatSessionId ?? instanceUuid),
          eq(journal.instanceUuid, instanceUuid),
          // Not what happens while it is read: the line of the run would not know of it.
          chatSessionId ? undefined : sql`${journal.seq} < ${nextSeq}`,
          last && sql`${journal.seq} > ${last.seq}`,
        ),
      )
      .orderBy(asc(journal.seq))
      .limit(size),
  )
  for await (const { seq, event, at, data } of found) yield { seq, event, at, data }
}

const ofRun = (
  table: typeof steps | typeof calls | typeof requests | typeof effects,
  run: InstanceRow,
): SQL => sql`${table.workspaceId} = ${run.workspaceId} and ${table.instanceUuid} = ${run.instanceUuid}`

const stepRows: Rows = async function* (db, run) {
  const found = pages<typeof steps.$inferSelect>(atOnce.large, (last, size) =>
    db
      .select()
      .from(steps)
      .where(and(ofRun(steps, run), last && sql`${steps.path} > ${last.path}`))
      .orderBy(asc(steps.path))
      .limit(size),
  )
  for await (const { path, attempts, input, output, logs, error } of found)
    yield { path, attempts, input, output, logs, error }
}

const callRows: Rows = async function* (db, run) {
  const found = pages<typeof calls.$inferSelect>(atOnce.large, (last, size) =>
    db
      .select()
      .from(calls)
      .where(
        and(
          ofRun(calls, run),
          last && sql`(${calls.path}, ${calls.ordinal}) > (${last.path}, ${last.ordinal})`,
        ),
      )
      .orderBy(asc(calls.path), asc(calls.ordinal))
      .limit(size),
  )
  for await (const call of found) {
    const { path, ordinal, kind, request, response, model, cost, currency, startedAt, finishedAt } = call
    const tokens = { in: call.tokensIn, out: call.tokensOut }
    const paid = kind === 'model' ? { model, tokens, cost, currency } : {}
    yield { path, ordinal, kind, request, response, ...paid, startedAt, finishedAt }
  }
}

const requestRows: Rows = async function* (db, run) {
  const found = pages<typeof requests.$inferSelect>(atOnce.large, (last, size) =>
    db
      .select()
      .from(requests)
      .where(
        and(
          ofRun(requests, run),
          last &&
            sql`(${requests.openedAt}, ${requests.requestId}) > (${last.openedAt.toISOString()}::timestamptz, ${last.requestId}::uuid)`,
        ),
      )
      .orderBy(asc(requests.openedAt), asc(requests.requestId))
      .limit(size),
  )
  for await (const { request, closedAt, outcome, closedBy } of found)
    yield { ...request, closedAt, outcome, by: closedBy }
}

const effectRows: Rows = async function* (db, run) {
  const found = pages<typeof effects.$inferSelect>(atOnce.small, (last, size) =>
    db
      .select()
      .from(effects)
      .where(and(ofRun(effects, run), last && sql`${effects.key} > ${last.key}`))
      .orderBy(asc(effects.key))
      .limit(size),
  )
  for await (const effect of found) yield { ...doneEffect(effect), state: effect.state }
}

const fileRows: Rows = async function* (db, { workspaceId, instanceUuid }) {
  const found = pages<typeof files.$inferSelect>(atOnce.small, (last, size) =>
    db
      .select()
      .from(files)
      .where(
        and(
          eq(files.workspaceId, workspaceId),
          eq(files.instanceUuid, instanceUuid),
          last && sql`${files.fileId} > ${last.fileId}`,
        ),
      )
      .orderBy(asc(files.fileId))
      .limit(size),
  )
  for await (const { fileId, name, mediaType, bytes, sha256, label, createdAt } of found)
    yield { fileId, name, mediaType, bytes, sha256, label, createdAt }
}

const parts: Record<string, Rows> = {
  event: events,
  step: stepRows,
  call: callRows,
  request: requestRows,
  effect: effectRows,
  file: fileRows,
}
