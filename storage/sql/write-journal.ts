import { and, eq, sql } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import type { JournalEntry, RunView } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { LiveSignal } from '../live/live.ts'
import { asKept } from './append-entries.ts'
import type { Database, Transaction } from './database.ts'
import { refOf } from './find-instance.ts'
import { type Locked, lockRun, ownIn, type Placed } from './lock-run.ts'
import { recentRows } from './recent-rows.ts'
import { turnToRemember } from './remember-said.ts'
import { instances } from './schema.ts'
import { shareFiles } from './share-files.ts'
import { writeEnd } from './write-end.ts'
import { isOfRequests, writeRequest } from './write-request.ts'
import { type Beside, taken, type Written, writeRows } from './write-rows.ts'
import { writeOfSession } from './write-session.ts'

interface Manner<T> {
  /** Of a turn: entries of its session, which come first. */
  ofSession?: JournalEntry[] | undefined
  /** What comes from a worker that did not hear of the run's end is refused. */
  onlyOpen?: boolean
  beside?: Beside<T> | undefined
  /** What readers hear before they hear of the entries. */
  told?: LiveSignal[] | undefined
}

/**
 * Writes journal entries and the read models made from them, and tells the readers, all in the given transaction.
 * An entry whose key is there already is left out, so repeating a write changes nothing. The run's row is made by the
 * first write, whoever started the run. Gives what `beside` gives, which is written in any case, and how the rows stand.
 * @throws NotRunning, Conflict when an id is taken
 */
export async function writeJournal<T = undefined>(
  tx: Transaction,
  run: RunRef,
  entries: JournalEntry[],
  { ofSession = [], onlyOpen = false, beside, told }: Manner<T> = {},
): Promise<{ given: T | undefined; rows?: Partial<Locked> }> {
  const without = async () => {
    await writeOfSession(tx, run, ofSession)
    return { given: beside ? await writeBeside(tx, beside) : undefined }
  }
  if (entries.length === 0) return without()
  const all = placed(run, entries, ofSession)
  for (let look = 0; look < mostLooks; look++) {
    const { fresh: unknown, ...rows } = await lockRun(tx, run, all)
    if (rows.row && rows.row.chatSessionId !== (run.chatSessionId ?? null)) throw taken(run)
    const before = rows.row?.view
    if (onlyOpen && before && before.finishedAt !== null)
      throw new Refusal('NotRunning', `the run had ended when this was done: it is ${before.status}`)
    const fresh = whatMayFollow(run, before, unknown)
    const own = ownIn(run, fresh)
    if (own.length === 0) return without()
    const also = await turnToRemember(tx, run, own, rows.row?.said)
    const written = await writeRows(tx, { run, rows, entries: fresh, beside, told, also })
    // Somebody else was faster while the lock was waited for.
    if (!written) continue
    if (written.rows) await writeFurther(tx, run, before, own, written.rows.row.view)
    return written
  }
  throw taken(run)
}

/** Rows that are made by somebody else, and then keys that they wrote, are found at the second look, and at the third. */
const mostLooks = 3

const placed = (run: RunRef, entries: JournalEntry[], ofSession: JournalEntry[] = []): Placed[] => [
  ...ofSession.map((entry) => ({ entry: asKept(entry), of: run.chatSessionId ?? run.instanceUuid })),
  ...entries.map((entry) => ({ entry: asKept(entry), of: run.instanceUuid })),
]

/**
 * The same in a transaction of its own; or, where the process knows how the rows stand and nothing else has to be changed,
 * in a single statement, which finds out by itself if they stand otherwise.
 */
export async function writeEntries<T = undefined>(
  db: Database,
  run: RunRef,
  entries: JournalEntry[],
  manner: Manner<T> = {},
): Promise<T | undefined> {
  const { ofSession = [], beside } = manner
  if (entries.length + ofSession.length === 0) return beside && writeBeside(db, beside)
  const { given, rows } =
    (await writeAtOnce(db, run, entries, manner)) ??
    (await db.transaction((tx) => writeJournal(tx, run, entries, manner)))
  if (rows) recentRows(db).keep(rows)
  return given
}

async function writeAtOnce<T>(
  db: Database,
  run: RunRef,
  given: JournalEntry[],
  { beside, ofSession, told }: Manner<T>,
): Promise<Written<T> | undefined> {
  const rows = recentRows(db).find(run)
  // Of a turn that begins its session's row is enough.
  const isKnown = run.chatSessionId ? rows.session && (rows.row || !beside?.isNeeded) : rows.row
  if (!isKnown || rows.row?.view.finishedAt || !isPlain(run, given, rows.row?.view)) return undefined
  const entries = placed(run, given, ofSession)
  return writeRows(db, {
    run,
    rows,
    entries,
    beside,
    told,
    also: await turnToRemember(db, run, ownIn(run, entries), rows.row?.said),
  })
}

/** Whether nothing but the journal, the run and its session change. */
const isPlain = (run: RunRef, entries: JournalEntry[], view: RunView | undefined): boolean =>
  entries.length > 0 &&
  !run.parentInstanceUuid &&
  entries.every(
    (entry) =>
      !isOfRequests(entry) &&
      (entry.event !== 'message' || entry.attachments.length === 0) &&
      (entry.event !== 'instanceStarted' || entry.retry === undefined) &&
      (entry.event !== 'instanceFinished' ||
        (run.chatSessionId !== undefined && entry.status !== 'cancelled' && !view?.requests.length)),
  )

/** What else follows from entries, and from the end of a run. */
async function writeFurther(
  tx: Transaction,
  run: RunRef,
  before: RunView | undefined,
  fresh: JournalEntry[],
  view: RunView,
): Promise<void> {
  for (const entry of fresh) {
    await writeRequest(tx, run, entry)
    await shareFiles(tx, run, entry)
  }
  const isOver = !before?.finishedAt && view.finishedAt !== null
  const wasAsking = (before?.requests.length ?? 0) > 0 || fresh.some(({ event }) => event === 'requestOpened')
  if (isOver) await writeEnd(tx, run, view, { wasAsking })
  const parent = run.parentInstanceUuid
  if (parent)
    await passOn(tx, run, parent, [...fresh, ...(isOver && before ? closingsOf(before, fresh, view) : [])])
}

/**
 * A run ends once. Where its end is written already, a workflow that has not heard of it (its worker was killed right
 * after) cannot tell another; only signals that came too late are noted, or that it is taken up again.
 */
const whatMayFollow = (run: RunRef, view: RunView | undefined, entries: Placed[]): Placed[] =>
  !view?.finishedAt || entries.some(({ entry }) => entry.event === 'instanceStarted')
    ? entries
    : entries.filter(({ entry, of }) => of !== run.instanceUuid || entry.event === 'refused')

/** Writes it where there are no entries that would take it along. */
export async function writeBeside<T>(
  on: Database | Transaction,
  { written, gives }: Beside<T>,
): Promise<T | undefined> {
  const { rows } = await on.execute<{ given: T | null }>(
    sql`with ${written(sql`true`)} select ${gives} as given`,
  )
  return rows[0]?.given ?? undefined
}

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
  const passed = entries
    .filter(({ event }) => event === 'requestOpened' || event === 'requestClosed')
    .map((entry) => ({ entry, of: of.instanceUuid }))
  if (passed.length === 0) return
  const [above] = await tx
    .select()
    .from(instances)
    .where(and(eq(instances.workspaceId, of.workspaceId), eq(instances.instanceUuid, instanceUuid)))
  if (!above) return
  const run = refOf(above)
  for (let look = 0; look < mostLooks; look++) {
    const { fresh, ...rows } = await lockRun(tx, run, passed)
    if (!rows.row || rows.row.view.finishedAt) return
    if (fresh.length === 0 || (await writeRows(tx, { run, rows, entries: fresh }))) break
  }
  if (above.parentInstanceUuid) await passOn(tx, of, above.parentInstanceUuid, entries)
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
