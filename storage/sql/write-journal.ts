import { and, eq, type SQL, sql } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import { apply, type JournalEntry, type RunView } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { telling } from '../live/live.ts'
import { appendEntries } from './append-entries.ts'
import type { Database, Transaction } from './database.ts'
import { type LockedRun, lockRun } from './lock-run.ts'
import { findSession, type LockedSession, sessionUpdate } from './lock-session.ts'
import { instances } from './schema.ts'
import { shareFiles } from './share-files.ts'
import { writeEnd } from './write-end.ts'
import { writeRequest } from './write-request.ts'
import { writeOfSession } from './write-session.ts'

/** What is written in the statement that changes the run's row, and what that gives: one question less. */
export interface Beside<T> {
  /** Common table expressions, without their `with`. */
  written: SQL
  gives: SQL<T>
}

/**
 * Writes journal entries and the read models made from them, and tells the readers, all in the given transaction.
 * An entry whose key is there already is left out, so repeating a write changes nothing. The run's row is made by the
 * first write, whoever started the run. `onlyOpen`: what comes from a worker that did not hear of the run's end is refused.
 * Gives what `beside` gives, which is written in any case.
 * @throws NotRunning
 */
export async function writeJournal<T = undefined>(
  tx: Transaction,
  run: RunRef,
  entries: JournalEntry[],
  { onlyOpen = false, beside }: { onlyOpen?: boolean; beside?: Beside<T> | undefined } = {},
): Promise<T | undefined> {
  const alone = () => (beside ? writeBeside(tx, beside) : undefined)
  if (entries.length === 0) return alone()
  const { row, session } = await lockRun(tx, run, entries)
  if (onlyOpen && row.view.finishedAt !== null)
    throw new Refusal('NotRunning', `the run had ended when this was done: it is ${row.view.status}`)
  const taken = whatMayFollow(row.view, entries)
  if (taken.length === 0) return alone()
  const { fresh, seq } = await append(tx, row, session ?? row, run.instanceUuid, taken)
  if (fresh.length === 0) return alone()
  const view = viewAfter(row.view, fresh, run.instanceUuid)
  const given = await updateRows(
    tx,
    { row, view, session, fresh, seq },
    {
      // A run that was closed before it started stays marked for the sweeper, which cancels it in Temporal.
      ...(row.view.finishedAt === null ? { dispatched: true } : {}),
      temporalRunId: run.temporalRunId,
      version: run.version,
    },
    beside,
  )
  for (const entry of fresh) {
    await writeRequest(tx, run, entry)
    await shareFiles(tx, run, entry)
  }
  const isOver = !row.view.finishedAt && view.finishedAt !== null
  if (isOver) await writeEnd(tx, run, view, { wasAsking: isAsking(row.view, fresh) })
  const parent = run.parentInstanceUuid
  if (parent) await passOn(tx, run, parent, [...fresh, ...(isOver ? closingsOf(row.view, fresh, view) : [])])
  return given
}

/**
 * A run ends once. Where its end is written already, a workflow that has not heard of it (its worker was killed right
 * after) cannot tell another; only signals that came too late are noted, or that it is taken up again.
 */
const whatMayFollow = (view: RunView, entries: JournalEntry[]): JournalEntry[] =>
  view.finishedAt === null || entries.some(({ event }) => event === 'instanceStarted')
    ? entries
    : entries.filter(({ event }) => event === 'refused')

/** A run's entries are a stream of their own; those of a session's turns are one stream. */
const streamIdOf = (row: { instanceUuid?: string; chatSessionId?: string | null }): string =>
  (row.chatSessionId ?? row.instanceUuid) as string

/** `of` is where the entries come from. Keys are unique in an instance, so in a session's stream they carry the instance's id. */
const append = (
  tx: Transaction,
  row: { instanceUuid?: string; chatSessionId?: string | null },
  { workspaceId, nextSeq }: { workspaceId: string; nextSeq: number },
  of: string,
  entries: JournalEntry[],
) =>
  appendEntries(
    tx,
    {
      workspaceId,
      streamId: streamIdOf(row),
      nextSeq,
      instanceUuid: of,
      ...(row.chatSessionId && row.instanceUuid ? { keyIn: (key: string) => `${of}:${key}` } : {}),
    },
    entries,
  )

const viewAfter = (view: RunView, entries: JournalEntry[], of: string): RunView =>
  entries.reduce((state, entry) => apply(state, entry, of), view)

interface Change {
  row: LockedRun
  view: RunView
  session: LockedSession | undefined
  fresh: JournalEntry[]
  seq: number
}

/** What a run's row is told beside its view. */
type Told = Pick<RunRef, 'temporalRunId' | 'version'> & { dispatched?: true }

/** Changes the run's row and, of a turn, its session's, and has readers hear that the stream goes on. */
function updateRows<T = undefined>(
  tx: Transaction,
  { row, view, session, fresh, seq }: Change,
  more?: Told,
  beside?: Beside<T> | undefined,
): Promise<T | undefined> {
  const { workspaceId, instanceUuid } = row
  const ofRun = [
    sql`view = ${sql.param(view, instances.view)}::jsonb, status = ${view.status}, finished_at = ${view.finishedAt}::timestamptz`,
    ...(session ? [] : [sql`next_seq = ${seq + 1}::bigint`]),
    ...(more ? [sql`temporal_run_id = ${more.temporalRunId}, version = ${more.version}::int`] : []),
    ...(more?.dispatched ? [sql`dispatched = true`] : []),
  ]
  const written = [
    sql`of_run as (
      update ${instances} set ${sql.join(ofRun, sql`, `)}
      where workspace_id = ${workspaceId}::uuid and instance_uuid = ${instanceUuid}::uuid
    )`,
    ...(session
      ? [
          sql`of_session as (${sessionUpdate(session, fresh, {
            nextSeq: seq + 1,
            ...(more ? { temporalRunId: more.temporalRunId } : {}),
          })})`,
        ]
      : []),
    ...(beside ? [beside.written] : []),
  ]
  return askAll(tx, sql.join(written, sql`, `), beside?.gives, announcing(tx, row, view, seq))
}

/** Writes it where there are no entries that would take it along. */
export const writeBeside = <T>(tx: Transaction, { written, gives }: Beside<T>): Promise<T | undefined> =>
  askAll(tx, written, gives)

/** One statement for all that is written, which also tells readers, and gives something. */
async function askAll<T>(
  tx: Transaction,
  written: SQL,
  gives: SQL<T> | undefined,
  told: SQL = sql`null`,
): Promise<T | undefined> {
  const { rows } = await tx.execute<{ given: T | null }>(
    sql`with ${written} select ${told}, ${gives ?? sql`null`} as given`,
  )
  return rows[0]?.given ?? undefined
}

const isAsking = (before: RunView, fresh: JournalEntry[]): boolean =>
  before.requests.length > 0 || fresh.some(({ event }) => event === 'requestOpened')

/** Readers hear that the stream goes on. */
const announcing = (tx: Transaction, row: LockedRun, view: RunView, seq: number): SQL =>
  telling(tx, {
    t: 'journal',
    workspaceId: row.workspaceId,
    appId: row.appId,
    streamId: streamIdOf(row),
    instanceUuid: row.instanceUuid,
    seq,
    status: view.status,
    percent: view.percent,
    startedById: row.startedById,
  })

const requestEvents = new Set<string>(['requestOpened', 'requestClosed'])

/**
 * What a subworkflow asks shows in the runs above it too, under the subworkflow's own instanceUuid. Rows are locked from
 * the child upwards, everywhere.
 */
async function passOn(
  tx: Transaction,
  of: { workspaceId: string; instanceUuid: string },
  instanceUuid: string,
  entries: JournalEntry[],
): Promise<void> {
  const passed = entries.filter(({ event }) => requestEvents.has(event))
  if (passed.length === 0) return
  const [above] = await tx
    .select({ chatSessionId: instances.chatSessionId })
    .from(instances)
    .where(and(eq(instances.workspaceId, of.workspaceId), eq(instances.instanceUuid, instanceUuid)))
  const session = above?.chatSessionId
    ? await findSession(tx, of.workspaceId, above.chatSessionId)
    : undefined
  const [parent] = await tx
    .select()
    .from(instances)
    .where(and(eq(instances.workspaceId, of.workspaceId), eq(instances.instanceUuid, instanceUuid)))
    .for('no key update')
  if (!parent || parent.finishedAt) return
  const { fresh, seq } = await append(tx, parent, session ?? parent, of.instanceUuid, passed)
  if (fresh.length > 0) {
    const view = viewAfter(parent.view, fresh, of.instanceUuid)
    await updateRows(tx, { row: parent, view, session, fresh, seq })
  }
  if (parent.parentInstanceUuid) await passOn(tx, of, parent.parentInstanceUuid, passed)
}

/** The requests that a run leaves open when it ends, as they look from above. */
const closingsOf = (before: RunView, entries: JournalEntry[], view: RunView) =>
  before.requests
    .map(
      ({ requestId, kind }): JournalEntry => ({
        event: 'requestClosed',
        key: `request:${requestId}:closed`,
        at: view.finishedAt as string,
        requestId,
        kind,
        outcome: view.status,
      }),
    )
    .filter(({ key }) => entries.every((entry) => entry.key !== key))

/** Entries in a transaction of their own; of a turn, those of its session first. */
export const writeEntries = (
  db: Database,
  run: RunRef,
  entries: JournalEntry[],
  ofSession: JournalEntry[] = [],
) =>
  entries.length + ofSession.length === 0
    ? Promise.resolve()
    : db.transaction(async (tx) => {
        await writeOfSession(tx, run, ofSession)
        await writeJournal(tx, run, entries)
      })
