import { type SQL, sql } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import { apply, emptyView, type RunView } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { emptySession } from '../../shared/contract/session.ts'
import { telling } from '../live/live.ts'
import type { Database, Transaction } from './database.ts'
import { keyIn, type Locked, type LockedRun, type Placed } from './lock-run.ts'
import {
  type LockedSession,
  ofSession,
  type SessionStand,
  sessionAfter,
  sessionChanges,
} from './lock-session.ts'
import { instances, journal, sessions } from './schema.ts'

/** What is written in the statement that changes the run's row, and what that gives: one question less. */
export interface Beside<T> {
  /** Common table expressions, without their `with`, that write nothing unless `onlyIf` holds. */
  written: (onlyIf: SQL) => SQL
  gives: SQL<T>
  /** What must have come of it: without it nothing else is written. */
  isNeeded?: SQL
}

export interface RowsWrite<T> {
  run: RunRef
  /** The rows as they are known to be; those that are missing are made. */
  rows: Partial<Locked>
  /** New in the stream. Those of the session come first. */
  entries: Placed[]
  beside?: Beside<T> | undefined
  /** What belongs to the end of a turn. */
  also?: ((onlyIf: SQL) => SQL) | undefined
}

export interface Written<T> {
  /** How they stand now; undefined where what is needed beside did not come about, so that nothing was written. */
  rows?: Partial<Locked> & { row: LockedRun }
  given: T | undefined
}

/**
 * Appends entries to a journal, changes or makes the run's row and, of a turn, its session's, and has readers hear of it,
 * in one statement: all of it, or nothing where a row is not as it is said to be or one of the keys is there already. Then
 * it gives undefined. Outside of a transaction both rows have to be known, or but for the run's.
 * @throws Conflict when an id is taken
 */
export async function writeRows<T>(
  on: Database | Transaction,
  { run, rows, entries, beside, also }: RowsWrite<T>,
): Promise<Written<T> | undefined> {
  const { workspaceId, instanceUuid, chatSessionId } = run
  // What is passed on from below says nothing of the run's own workflow.
  const isOwn = entries.some(({ of }) => of === instanceUuid)
  const row = rows.row ?? newRow(run)
  const session = rows.session ?? (chatSessionId ? newSession(workspaceId, chatSessionId) : undefined)
  const stands =
    session &&
    sessionAfter(
      session,
      entries.map(({ entry }) => entry),
    )
  const ofRuns = entries.filter(({ of }) => of !== chatSessionId)
  const view = ofRuns.reduce((state, { entry, of }) => apply(state, entry, of), row.view)
  const { nextSeq } = session ?? row
  const end = nextSeq + entries.length
  const ownEnd = session ? row.nextSeq : end
  const streamId = chatSessionId ?? instanceUuid
  const given = entries.map((one, number) => {
    const { key: _, event, at, ...data } = one.entry
    return { seq: nextSeq + number, key: keyIn(run, one), source: one.of, event, at, data }
  })
  const { inStatement, afterwards } = telling(on, {
    t: 'journal',
    workspaceId,
    appId: row.appId,
    streamId,
    instanceUuid,
    seq: end - 1,
    status: view.status,
    percent: view.percent,
    startedById: row.startedById,
  })

  const held = [
    ...(rows.session
      ? [holding('held_session', sql`${sessions} where ${ofSession(rows.session)}`, rows.session)]
      : []),
    // The session first, everywhere.
    ...(rows.row
      ? [
          holding(
            'held_run',
            sql`${instances} where ${ofRun(rows.row)} ${rows.session ? sql`and ${isThere('held_session')}` : sql``}`,
            rows.row,
          ),
        ]
      : []),
  ]
  const free = sql`free as materialized (
    select where not exists (
      select from ${journal} as known join given using (key)
      where known.workspace_id = ${workspaceId}::uuid and known.stream_id = ${streamId}::uuid
    )
    ${rows.session ? sql`and ${isThere('held_session')}` : sql``} ${rows.row ? sql`and ${isThere('held_run')}` : sql``}
  )`
  const onlyIf = beside?.isNeeded ? sql`${isThere('free')} and ${beside.isNeeded}` : isThere('free')
  const isWritten = isThere('of_run')
  // A row that is made may turn out to be there: the one that may be comes first, and the other goes by it.
  const [ifRun, ifSession] = !session || rows.session ? [onlyIf, isWritten] : [isThere('of_session'), onlyIf]
  const ofRunRow = rows.row
    ? sql`update ${instances} set ${sql.join([...runChanges(view, ownEnd), ...(isOwn ? runTold(run, row) : [])], sql`, `)}
        where ${ofRun(row)} and ${ifRun}`
    : runInsert(run, { entries, view, nextSeq: ownEnd }, ifRun)
  const ofSessionRow =
    session &&
    stands &&
    (rows.session
      ? sql`update ${sessions} set ${sessionChanges(stands, isOwn ? run : {}, end)}
          where ${ofSession(session)} and ${ifSession}`
      : sessionInsert(run, stands, end, ifSession))
  const runPart = sql`of_run as (${ofRunRow} returning xmin::text as mark)`
  const sessionPart = ofSessionRow ? [sql`of_session as (${ofSessionRow} returning xmin::text as mark)`] : []
  const parts = [
    sql`given as (
      select * from jsonb_to_recordset(${sql.param(given, journal.data)}::jsonb)
        as entry (seq bigint, key text, source uuid, event text, at timestamptz(3), data jsonb)
    )`,
    ...held,
    free,
    ...(beside?.isNeeded ? [beside.written(isThere('free'))] : []),
    ...(rows.session ? [runPart, ...sessionPart] : [...sessionPart, runPart]),
    ...(beside && !beside.isNeeded ? [beside.written(isWritten)] : []),
    sql`appended as (
      insert into ${journal} (stream_id, seq, workspace_id, instance_uuid, key, event, data, at)
      select ${streamId}::uuid, seq, ${workspaceId}::uuid, source, key, event, data, at from given
      where ${isWritten}
    )`,
    ...(also ? [also(isWritten)] : []),
  ]
  const { rows: answers } = await on.execute<{
    mark: string | null
    session: string | null
    free: boolean
    given: T | null
  }>(sql`
    with ${sql.join(parts, sql`, `)}
    select (select mark from of_run), ${session ? sql`(select mark from of_session)` : sql`null`} as session,
      ${isThere('free')} as free, (select ${inStatement} from of_run), ${beside?.gives ?? sql`null`} as given`)
  const { mark, session: sessionMark, free: isFree, given: answer } = answers[0] as (typeof answers)[number]
  if (mark === null) {
    if (isFree && beside?.isNeeded && !answer) return { given: answer ?? undefined }
    // Made was only what may not stay alone.
    if (sessionMark !== null || (beside?.isNeeded && answer)) throw taken(run)
    return undefined
  }
  await afterwards()
  return {
    rows: {
      row: { ...row, view, nextSeq: ownEnd, mark },
      ...(session && stands && sessionMark !== null
        ? {
            session: {
              workspaceId,
              chatSessionId: session.chatSessionId,
              view: stands.view,
              endedAt: stands.endedAt,
              nextSeq: end,
              mark: sessionMark,
            },
          }
        : {}),
    },
    given: answer ?? undefined,
  }
}

const isThere = (name: 'free' | 'held_session' | 'held_run' | 'of_session' | 'of_run'): SQL =>
  sql`exists (select from ${sql.raw(name)})`

/** A row, locked, if it is still as it was. */
const holding = (name: 'held_session' | 'held_run', row: SQL, { mark }: { mark: string }): SQL =>
  sql`${sql.raw(name)} as materialized (select from ${row} and xmin::text = ${mark} for no key update)`

const ofRun = ({ workspaceId, instanceUuid }: LockedRun): SQL =>
  sql`workspace_id = ${workspaceId}::uuid and instance_uuid = ${instanceUuid}::uuid`

const runChanges = (view: RunView, nextSeq: number): SQL[] => [
  sql`view = ${sql.param(view, instances.view)}::jsonb, status = ${view.status}`,
  sql`finished_at = ${view.finishedAt}::timestamptz, next_seq = ${nextSeq}::bigint`,
]

/** What the run tells of itself. One that was closed before it started stays marked for the sweeper, which cancels it in Temporal. */
const runTold = ({ temporalRunId, version }: RunRef, { view }: LockedRun): SQL[] => [
  sql`temporal_run_id = ${temporalRunId}, version = ${version}::int`,
  ...(view.finishedAt === null ? [sql`dispatched = true`] : []),
]

const newRow = ({ workspaceId, appId, instanceUuid, chatSessionId, startedBy }: RunRef): LockedRun => ({
  workspaceId,
  appId,
  instanceUuid,
  chatSessionId: chatSessionId ?? null,
  startedById: startedBy?.userId ?? null,
  nextSeq: 1,
  view: emptyView,
  mark: '',
})

const newSession = (workspaceId: string, chatSessionId: string): LockedSession => ({
  workspaceId,
  chatSessionId,
  nextSeq: 1,
  view: emptySession,
  endedAt: null,
  mark: '',
})

/** An id that another workspace has, as a rule. */
export const taken = ({ chatSessionId, instanceUuid }: RunRef): Refusal =>
  new Refusal(
    'Conflict',
    `The ${chatSessionId ? `chatSessionId ${chatSessionId} or the ` : ''}instanceUuid ${instanceUuid} is taken: start with another one.`,
  )

/** Makes the run's row, unless the id is taken. */
function runInsert(
  run: RunRef,
  { entries, view, nextSeq }: { entries: Placed[]; view: RunView; nextSeq: number },
  onlyIf: SQL,
): SQL {
  const started = entries.find(({ entry }) => entry.event === 'instanceStarted')?.entry
  const startOrder = { input: started?.event === 'instanceStarted' ? started.input : undefined }
  const { startedBy } = run
  return sql`
    insert into ${instances} (instance_uuid, workspace_id, app_id, workflow_id, version, workflow_name, kind,
      status, view, finished_at, next_seq, start_order, started_by_id, started_by, parent_instance_uuid, parent_path,
      chat_session_id, temporal_workflow_id, temporal_run_id, dispatched)
    select ${run.instanceUuid}::uuid, ${run.workspaceId}::uuid, ${run.appId}::uuid, ${run.workflowId}::uuid,
      ${run.version}::int, ${run.workflowName}::text, ${run.kind}::text,
      ${view.status}::text, ${sql.param(view, instances.view)}::jsonb, ${view.finishedAt}::timestamptz, ${nextSeq}::bigint,
      ${sql.param(startOrder, instances.startOrder)}::jsonb,
      ${startedBy?.userId ?? null}::text, ${startedBy ? sql.param(startedBy, instances.startedBy) : null}::jsonb,
      ${run.parentInstanceUuid ?? null}::uuid, ${run.parentPath ?? null}::text, ${run.chatSessionId ?? null}::uuid,
      ${run.temporalWorkflowId}::text, ${run.temporalRunId}::text, true
    where ${onlyIf}
    on conflict do nothing`
}

/** Makes the session's row, unless the id is taken. */
const sessionInsert = (
  run: RunRef,
  { view, endedAt, lastAt }: SessionStand,
  nextSeq: number,
  onlyIf: SQL,
): SQL => sql`
  insert into ${sessions} (chat_session_id, workspace_id, app_id, workflow_id, version, workflow_name, status, view,
    next_seq, ended_at, last_at, is_test, channel, started_by_id, started_by, temporal_workflow_id, temporal_run_id)
  select ${run.chatSessionId}::uuid, ${run.workspaceId}::uuid, ${run.appId}::uuid, ${run.workflowId}::uuid,
    ${run.version}::int, ${run.workflowName}::text, ${view.status}::text, ${sql.param(view, sessions.view)}::jsonb,
    ${nextSeq}::bigint, ${endedAt?.toISOString() ?? null}::timestamptz, coalesce(${lastAt ?? null}::timestamptz, now()),
    ${run.kind === 'test'}::boolean, ${run.channel ?? null}::text, ${run.startedBy?.userId ?? null}::text,
    ${run.startedBy ? sql.param(run.startedBy, sessions.startedBy) : null}::jsonb,
    ${run.temporalWorkflowId}::text, ${run.temporalRunId}::text
  where ${onlyIf}
  on conflict do nothing`
