import { and, eq } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import { apply, emptyView, type JournalEntry, type RunView } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { tell } from '../live/live.ts'
import { appendEntries } from './append-entries.ts'
import type { Database, Transaction } from './database.ts'
import { findSession, lockSession, type SessionRow, updateSession } from './lock-session.ts'
import { instances } from './schema.ts'
import { shareFiles } from './share-files.ts'
import { writeEnd } from './write-end.ts'
import { writeRequest } from './write-request.ts'

/**
 * Writes journal entries and the read models made from them, and tells the readers, all in the given transaction.
 * An entry whose key is there already is left out, so repeating a write changes nothing. The run's row is made by the
 * first write, whoever started the run. `onlyOpen`: what comes from a worker that did not hear of the run's end is refused.
 * @throws NotRunning
 */
export async function writeJournal(
  tx: Transaction,
  run: RunRef,
  entries: JournalEntry[],
  { onlyOpen = false } = {},
): Promise<void> {
  if (entries.length === 0) return
  const session = run.chatSessionId ? await lockSession(tx, run, run.chatSessionId) : undefined
  const row = await lockInstance(tx, run, entries)
  if (onlyOpen && row.view.finishedAt !== null)
    throw new Refusal('NotRunning', `the run had ended when this was done: it is ${row.view.status}`)
  const taken = whatMayFollow(row.view, entries)
  if (taken.length === 0) return
  const { fresh, seq } = await append(tx, row, session ?? row, run.instanceUuid, taken)
  if (fresh.length === 0) return
  const view = viewAfter(row.view, fresh, run.instanceUuid)
  await updateRows(
    tx,
    { row, view, session, fresh, seq },
    {
      // A run that was closed before it started stays marked for the sweeper, which cancels it in Temporal.
      ...(row.view.finishedAt === null ? { dispatched: true } : {}),
      temporalRunId: run.temporalRunId,
      version: run.version,
    },
  )
  for (const entry of fresh) {
    await writeRequest(tx, run, entry)
    await shareFiles(tx, run, entry)
  }
  const isOver = !row.view.finishedAt && view.finishedAt !== null
  if (isOver) await writeEnd(tx, run, view, { wasAsking: isAsking(row.view, fresh) })
  await announce(tx, row, view, seq)
  const parent = run.parentInstanceUuid
  if (parent) await passOn(tx, run, parent, [...fresh, ...(isOver ? closingsOf(row.view, fresh, view) : [])])
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
  row: LockedRow
  view: RunView
  session: SessionRow | undefined
  fresh: JournalEntry[]
  seq: number
}

/** The run's row and, of a turn, its session's, in one statement. */
async function updateRows(
  tx: Transaction,
  { row: { workspaceId, instanceUuid }, view, session, fresh, seq }: Change,
  more: Partial<typeof instances.$inferInsert> & { temporalRunId?: string } = {},
): Promise<void> {
  const { temporalRunId } = more
  const update = tx
    .update(instances)
    .set({
      ...more,
      ...(session ? {} : { nextSeq: seq + 1 }),
      view,
      status: view.status,
      finishedAt: view.finishedAt ? new Date(view.finishedAt) : null,
    })
    .where(and(eq(instances.workspaceId, workspaceId), eq(instances.instanceUuid, instanceUuid)))
  if (!session) return void (await update)
  const updated = tx.$with('updated').as(update.returning({ instanceUuid: instances.instanceUuid }))
  await updateSession(tx.with(updated), session, fresh, {
    nextSeq: seq + 1,
    ...(temporalRunId ? { temporalRunId } : {}),
  })
}

const isAsking = (before: RunView, fresh: JournalEntry[]): boolean =>
  before.requests.length > 0 || fresh.some(({ event }) => event === 'requestOpened')

/** Readers hear that the stream goes on. */
const announce = (tx: Transaction, row: LockedRow, view: RunView, seq: number) =>
  tell(tx, {
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
    await announce(tx, parent, view, seq)
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

type LockedRow = Pick<
  typeof instances.$inferSelect,
  'workspaceId' | 'appId' | 'instanceUuid' | 'chatSessionId' | 'nextSeq' | 'view' | 'startedById'
>

/** The run's row, locked. The first write makes it; all others find it with one question. */
async function lockInstance(tx: Transaction, run: RunRef, entries: JournalEntry[]): Promise<LockedRow> {
  const there = await findLocked(tx, run)
  if (there) return there
  await tx
    .insert(instances)
    .values({
      instanceUuid: run.instanceUuid,
      workspaceId: run.workspaceId,
      appId: run.appId,
      workflowId: run.workflowId,
      version: run.version,
      workflowName: run.workflowName,
      kind: run.kind,
      status: 'running',
      view: emptyView,
      startOrder: { input: entries.find((entry) => entry.event === 'instanceStarted')?.input },
      startedById: run.startedBy?.userId ?? null,
      startedBy: run.startedBy ?? null,
      parentInstanceUuid: run.parentInstanceUuid ?? null,
      chatSessionId: run.chatSessionId ?? null,
      parentPath: run.parentPath ?? null,
      temporalWorkflowId: run.temporalWorkflowId,
      temporalRunId: run.temporalRunId,
      dispatched: true,
    })
    .onConflictDoNothing()
  const row = await findLocked(tx, run)
  if (!row)
    throw new Refusal('Conflict', `The instanceUuid ${run.instanceUuid} is taken: start with another one.`)
  return row
}

/**
 * Not locked as if it could go away: rows that refer to it, of lines beside this one, would then wait for each other.
 */
async function findLocked(tx: Transaction, run: RunRef): Promise<LockedRow | undefined> {
  const [row] = await tx
    .select({
      workspaceId: instances.workspaceId,
      appId: instances.appId,
      instanceUuid: instances.instanceUuid,
      chatSessionId: instances.chatSessionId,
      nextSeq: instances.nextSeq,
      view: instances.view,
      startedById: instances.startedById,
    })
    .from(instances)
    .where(and(eq(instances.workspaceId, run.workspaceId), eq(instances.instanceUuid, run.instanceUuid)))
    .for('no key update')
  return row
}

/** Entries in a transaction of their own. */
export const writeEntries = (db: Database, run: RunRef, entries: JournalEntry[]) =>
  entries.length === 0 ? Promise.resolve() : db.transaction((tx) => writeJournal(tx, run, entries))
