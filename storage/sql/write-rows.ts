import { type SQL, sql } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import { apply } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { type LiveSignal, telling } from '../live/live.ts'
import type { Database, Transaction } from './database.ts'
import { hasGiven, keyIn, type Locked, ownIn, type Placed } from './lock-run.ts'
import { isSaid } from './remember-said.ts'
import { isRun, type LockedRun, newRun, runInsert, runUpdate } from './run-row.ts'
import { instances, journal, sessions } from './schema.ts'
import {
  isSession,
  newSession,
  type SessionAfter,
  sessionAfter,
  sessionInsert,
  sessionUpdate,
} from './session-row.ts'

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
  /** What readers hear before they hear of the entries. */
  told?: LiveSignal[] | undefined
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
  order: RowsWrite<T>,
): Promise<Written<T> | undefined> {
  const { run, beside } = order
  const after = rowsAfter(order)
  const { row, session, seq } = after
  const { inStatement, afterwards } = telling(on, [
    ...(order.told ?? []),
    {
      t: 'journal',
      workspaceId: run.workspaceId,
      appId: row.appId,
      streamId: run.chatSessionId ?? run.instanceUuid,
      instanceUuid: run.instanceUuid,
      seq: seq + order.entries.length - 1,
      status: row.view.status,
      percent: row.view.percent,
      startedById: row.startedById,
    },
  ])
  const { rows } = await on.execute<Answer<T>>(sql`
    with ${sql.join(partsOf(order, after), sql`, `)}
    select (select mark from of_run), ${session ? sql`(select mark from of_session)` : sql`null`} as session,
      ${isThere('free')} as free, ${beside?.gives ?? sql`null`} as given${sql.join(inStatement.map((one) => sql`, (select ${one} from of_run)`))}`)
  const { mark, session: sessionMark, free, given } = rows[0] as Answer<T>
  if (mark === null) {
    if (free && beside?.isNeeded && !given) return { given: given ?? undefined }
    // Made was only what may not stay alone.
    if (sessionMark !== null || (beside?.isNeeded && given)) throw taken(run)
    return undefined
  }
  await afterwards()
  return {
    rows: {
      row: { ...row, mark },
      ...(session && sessionMark !== null ? { session: { ...session, mark: sessionMark } } : {}),
    },
    given: given ?? undefined,
  }
}

/** What the statement gives: the new marks, whether the rows were as they were said to be and the keys new. */
interface Answer<T> extends Record<string, unknown> {
  mark: string | null
  session: string | null
  free: boolean
  given: T | null
}

/** How the rows stand afterwards, and the number of the first entry. */
interface After {
  row: LockedRun
  session: SessionAfter | undefined
  seq: number
}

function rowsAfter({ run, rows, entries }: RowsWrite<unknown>): After {
  const { workspaceId, chatSessionId } = run
  const row = rows.row ?? newRun(run)
  const before = rows.session ?? (chatSessionId ? newSession(workspaceId, chatSessionId) : undefined)
  const session =
    before &&
    sessionAfter(
      before,
      entries.map(({ entry }) => entry),
    )
  const view = entries
    .filter(({ of }) => of !== chatSessionId)
    .reduce((state, { entry, of }) => apply(state, entry, of), row.view)
  return {
    row: {
      ...row,
      view,
      nextSeq: session ? row.nextSeq : row.nextSeq + entries.length,
      said: row.said && [...row.said, ...ownIn(run, entries).filter(isSaid)],
    },
    session,
    seq: (before ?? row).nextSeq,
  }
}

/** The statement's common table expressions, in an order in which each knows those that it goes by. */
function partsOf({ run, rows, entries, beside, also }: RowsWrite<unknown>, after: After): SQL[] {
  const streamId = run.chatSessionId ?? run.instanceUuid
  const given = entries.map((one, number) => {
    const { key: _, event, at, ...data } = one.entry
    return { seq: after.seq + number, key: keyIn(run, one), source: one.of, event, at, data }
  })
  const isWritten = isThere('of_run')
  return [
    sql`given as (
      select * from jsonb_to_recordset(${sql.param(given, journal.data)}::jsonb)
        as entry (seq bigint, key text, source uuid, event text, at timestamptz(3), data jsonb)
    )`,
    ...holding(rows),
    sql`free as materialized (
      select where not ${hasGiven(run.workspaceId, streamId)} and ${isHeld(rows)}
    )`,
    ...(beside?.isNeeded ? [beside.written(isThere('free'))] : []),
    ...changing(run, rows, entries, after, beside?.isNeeded),
    ...(beside && !beside.isNeeded ? [beside.written(isWritten)] : []),
    sql`appended as (
      insert into ${journal} (stream_id, seq, workspace_id, instance_uuid, key, event, data, at)
      select ${streamId}::uuid, seq, ${run.workspaceId}::uuid, source, key, event, data, at from given
      where ${isWritten}
    )`,
    ...(also ? [also(isWritten)] : []),
  ]
}

/** The rows that are there, locked if they are still as they were: the session first, everywhere. */
function holding({ row, session }: Partial<Locked>): SQL[] {
  const ofSession =
    session &&
    sql`held_session as materialized (
      select from ${sessions} where ${isSession(session)} and xmin::text = ${session.mark} for no key update
    )`
  const ofRun =
    row &&
    sql`held_run as materialized (
      select from ${instances} where ${isRun(row)} and xmin::text = ${row.mark} and ${isHeld({ session })}
      for no key update
    )`
  return [ofSession, ofRun].filter((one) => one !== undefined)
}

const isHeld = ({ row, session }: Partial<Locked>): SQL => {
  if (row) return isThere('held_run')
  return session ? isThere('held_session') : sql`true`
}

/** Changes or makes the rows. One that is made may turn out to be there: the one that may be comes first, and the other goes by it. */
function changing(
  run: RunRef,
  rows: Partial<Locked>,
  entries: Placed[],
  { row, session }: After,
  isNeeded: SQL | undefined,
): SQL[] {
  const onlyIf = isNeeded ? sql`${isThere('free')} and ${isNeeded}` : isThere('free')
  // What is passed on from below says nothing of the run's own workflow.
  const own = ownIn(run, entries)
  const teller = own.length > 0 ? run : undefined
  const ofRun = (condition: SQL) =>
    sql`of_run as (${
      rows.row
        ? runUpdate(row, teller, rows.row.view.finishedAt === null, condition)
        : runInsert(run, row, own, condition)
    } returning xmin::text as mark)`
  if (!session) return [ofRun(onlyIf)]
  return rows.session
    ? [
        ofRun(onlyIf),
        sql`of_session as (${sessionUpdate(session, teller, isThere('of_run'))} returning xmin::text as mark)`,
      ]
    : [
        sql`of_session as (${sessionInsert(run, session, onlyIf)} returning xmin::text as mark)`,
        ofRun(isThere('of_session')),
      ]
}

const isThere = (name: 'free' | 'held_session' | 'held_run' | 'of_session' | 'of_run'): SQL =>
  sql`exists (select from ${sql.raw(name)})`

/** An id that another workspace has, as a rule. */
export const taken = ({ chatSessionId, instanceUuid }: RunRef): Refusal =>
  new Refusal(
    'Conflict',
    `The ${chatSessionId ? `chatSessionId ${chatSessionId} or the ` : ''}instanceUuid ${instanceUuid} is taken: start with another one.`,
  )
