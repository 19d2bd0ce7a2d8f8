import { createHash } from 'node:crypto'
import { and, desc, eq, inArray, isNotNull, isNull } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import { apply, emptyView, type JournalEntry, type RunView } from '../../shared/contract/journal.ts'
import type { Approvers } from '../../shared/contract/request.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { tell } from '../live/live.ts'
import { addNotice, type NewNotice } from './add-notice.ts'
import type { Database, Transaction } from './database.ts'
import { findMembers } from './find-members.ts'
import { markNoticesRead } from './inbox.ts'
import { findSession, lockSession, updateSession } from './lock-session.ts'
import { isFiring } from './schedules.ts'
import { files, instances, journal, requests } from './schema.ts'

/** A run that took longer than this is announced to who started it when it is done. */
const noticeAfter = 60_000

/**
 * Writes journal entries and the read models made from them, and tells the readers, all in the given transaction.
 * An entry whose key is there already is left out, so repeating a write changes nothing. The run's row is made by the
 * first write, whoever started the run.
 */
export async function writeJournal(tx: Transaction, run: RunRef, entries: JournalEntry[]): Promise<void> {
  if (entries.length === 0) return
  const session = run.chatSessionId ? await lockSession(tx, run, run.chatSessionId) : undefined
  const row = await lockInstance(tx, run, entries)
  const { fresh, seq } = await append(tx, row, session ?? row, run.instanceUuid, entries)
  if (fresh.length === 0) return
  const view = viewAfter(row.view, fresh, run.instanceUuid)
  await updateInstance(tx, row, view, {
    // A run that was closed before it started stays marked for the sweeper, which cancels it in Temporal.
    ...(row.view.finishedAt === null ? { dispatched: true } : {}),
    temporalRunId: run.temporalRunId,
    version: run.version,
    ...(session ? {} : { nextSeq: seq + 1 }),
  })
  if (session) await updateSession(tx, session, fresh, { nextSeq: seq + 1, temporalRunId: run.temporalRunId })
  for (const entry of fresh) await writeRequest(tx, run, entry)
  const isOver = !row.view.finishedAt && view.finishedAt !== null
  if (isOver) await writeEnd(tx, run, view)
  await announce(tx, row, view, seq)
  const parent = run.parentInstanceUuid
  if (parent) await passOn(tx, run, parent, [...fresh, ...(isOver ? closingsOf(row.view, fresh, view) : [])])
}

/** A run's entries are a stream of their own; those of a session's turns are one stream. */
const streamIdOf = (row: { instanceUuid?: string; chatSessionId?: string | null }): string =>
  (row.chatSessionId ?? row.instanceUuid) as string

/**
 * Appends the entries that a stream does not have yet; `of` is where they come from. Keys are unique in an instance, so
 * in a session's stream they carry the instance's id.
 */
async function append(
  tx: Transaction,
  row: { instanceUuid?: string; chatSessionId?: string | null },
  { workspaceId, nextSeq }: { workspaceId: string; nextSeq: number },
  of: string,
  entries: JournalEntry[],
): Promise<{ fresh: JournalEntry[]; seq: number }> {
  const streamId = streamIdOf(row)
  const keyIn = (key: string) => (row.chatSessionId && row.instanceUuid ? `${of}:${key}` : key)
  const known = await tx
    .select({ key: journal.key })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, workspaceId),
        eq(journal.streamId, streamId),
        inArray(
          journal.key,
          entries.map(({ key }) => keyIn(key)),
        ),
      ),
    )
  const written = new Set(known.map(({ key }) => key))
  const fresh = entries.filter(({ key }) => !written.has(keyIn(key))).map(withHash)
  if (fresh.length > 0)
    await tx.insert(journal).values(
      fresh.map(({ key, event, at, ...data }, index) => ({
        streamId,
        seq: nextSeq + index,
        workspaceId,
        instanceUuid: of,
        key: keyIn(key),
        event,
        data,
        at: new Date(at),
      })),
    )
  return { fresh, seq: nextSeq + fresh.length - 1 }
}

const viewAfter = (view: RunView, entries: JournalEntry[], of: string): RunView =>
  entries.reduce((state, entry) => apply(state, entry, of), view)

async function updateInstance(
  tx: Transaction,
  { workspaceId, instanceUuid }: LockedRow,
  view: RunView,
  more: Partial<typeof instances.$inferInsert>,
): Promise<void> {
  await tx
    .update(instances)
    .set({
      ...more,
      view,
      status: view.status,
      finishedAt: view.finishedAt ? new Date(view.finishedAt) : null,
    })
    .where(and(eq(instances.workspaceId, workspaceId), eq(instances.instanceUuid, instanceUuid)))
}

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
    .for('update')
  if (!parent || parent.finishedAt) return
  const { fresh, seq } = await append(tx, parent, session ?? parent, of.instanceUuid, passed)
  if (fresh.length > 0) {
    const view = viewAfter(parent.view, fresh, of.instanceUuid)
    await updateInstance(tx, parent, view, session ? {} : { nextSeq: seq + 1 })
    if (session) await updateSession(tx, session, fresh, { nextSeq: seq + 1 })
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

/** What an approver is shown carries the hash of it, so that a decision is about exactly that. */
function withHash(entry: JournalEntry): JournalEntry {
  if (entry.event !== 'requestOpened' || !entry.artifact) return entry
  const { text = null, fileIds = [] } = entry.artifact
  const sha256 = createHash('sha256').update(JSON.stringify({ fileIds, text })).digest('hex')
  return { ...entry, artifact: { ...entry.artifact, sha256 } }
}

type LockedRow = Pick<
  typeof instances.$inferSelect,
  'workspaceId' | 'appId' | 'instanceUuid' | 'chatSessionId' | 'nextSeq' | 'view' | 'startedById'
>

async function lockInstance(tx: Transaction, run: RunRef, entries: JournalEntry[]): Promise<LockedRow> {
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
    .for('update')
  if (!row)
    throw new Refusal('Conflict', `The instanceUuid ${run.instanceUuid} is taken: start with another one.`)
  return row
}

async function writeRequest(tx: Transaction, run: RunRef, entry: JournalEntry): Promise<void> {
  if (entry.event === 'requestOpened') {
    const { event: _, at, key: __, ...request } = entry
    await tx
      .insert(requests)
      .values({
        requestId: request.requestId,
        workspaceId: run.workspaceId,
        appId: run.appId,
        instanceUuid: run.instanceUuid,
        kind: request.kind,
        request: { ...request, instanceUuid: run.instanceUuid },
        approverUsers: request.approvers?.users ?? null,
        approverRole: request.approvers?.role ?? null,
        openedAt: new Date(at),
      })
      // The same question asked again, with the reason, under the same id.
      .onConflictDoUpdate({
        target: requests.requestId,
        set: { request: { ...request, instanceUuid: run.instanceUuid }, closedAt: null },
      })
    if (request.kind === 'approval' && !(await isOwnAndWatched(tx, run, request.approvers)))
      await tellApprovers(tx, run, request.approvers, {
        key: `request:${request.requestId}`,
        kind: 'approvalRequested',
        text: `“${run.workflowName}” asks for your approval: ${request.question}`,
      })
  }
  if (entry.event === 'requestReminded') await writeReminder(tx, run, entry)
  if (entry.event === 'requestClosed') {
    await tx
      .update(requests)
      .set({ closedAt: new Date(entry.at), outcome: entry.outcome, closedBy: entry.by ?? null })
      .where(and(eq(requests.workspaceId, run.workspaceId), eq(requests.requestId, entry.requestId)))
    await markNoticesRead(tx, run.workspaceId, noticeKeysOf(entry.requestId))
  }
}

/** Causes of the notices about a request. */
const noticeKeysOf = (requestId: string) => [`request:${requestId}`, `request:${requestId}:reminded`]

/** Who approves alone what they run themselves sits in front of it, unless it was a schedule that started it. */
async function isOwnAndWatched(
  tx: Transaction,
  run: RunRef,
  approvers: Approvers | undefined,
): Promise<boolean> {
  const { users = [], role } = approvers ?? {}
  if (role || users.some((user) => user !== run.startedBy?.userId)) return false
  return !(await isFiring(tx, run))
}

async function tellApprovers(
  tx: Transaction,
  run: RunRef,
  approvers: Approvers | undefined,
  notice: Omit<NewNotice, 'userId'>,
): Promise<void> {
  const named = approvers?.users ?? []
  const byRole = approvers?.role ? await findMembers(tx, run.workspaceId, { role: approvers.role }) : []
  for (const userId of new Set([...named, ...byRole.map((member) => member.userId)]))
    await addNotice(tx, run, { ...notice, userId })
}

async function writeReminder(
  tx: Transaction,
  run: RunRef,
  { requestId, kind, text }: Extract<JournalEntry, { event: 'requestReminded' }>,
): Promise<void> {
  const notice = { key: `request:${requestId}:reminded`, kind: 'reminder', text }
  if (kind === 'answer') {
    if (run.startedBy) await addNotice(tx, run, { ...notice, userId: run.startedBy.userId })
    return
  }
  const [row] = await tx
    .select({ request: requests.request })
    .from(requests)
    .where(and(eq(requests.workspaceId, run.workspaceId), eq(requests.requestId, requestId)))
  await tellApprovers(tx, run, row?.request.approvers, notice)
}

/** The run is over: what is still open closes with it, and who started a long one is told. */
async function writeEnd(tx: Transaction, run: RunRef, view: RunView): Promise<void> {
  const finishedAt = new Date(view.finishedAt as string)
  const left = await tx
    .update(requests)
    .set({ closedAt: finishedAt, outcome: view.status })
    .where(
      and(
        eq(requests.workspaceId, run.workspaceId),
        eq(requests.instanceUuid, run.instanceUuid),
        isNull(requests.closedAt),
      ),
    )
    .returning({ requestId: requests.requestId })
  if (left.length > 0)
    await markNoticesRead(
      tx,
      run.workspaceId,
      left.flatMap(({ requestId }) => noticeKeysOf(requestId)),
    )
  const took = finishedAt.getTime() - Date.parse(view.startedAt ?? (view.finishedAt as string))
  if (!run.startedBy || view.status === 'cancelled' || (took < noticeAfter && view.status === 'completed'))
    return
  const asset = await lastDelivered(tx, run)
  await addNotice(tx, run, {
    userId: run.startedBy.userId,
    key: `${run.instanceUuid}:finished${run.retry ? `~${run.retry}` : ''}`,
    kind: view.status === 'completed' ? 'runCompleted' : 'runFailed',
    text:
      view.status === 'completed'
        ? `“${run.workflowName}” is done.${asset ? ` “${asset.name}” is in the Library.` : ''}`
        : `“${run.workflowName}” failed: ${view.error?.message ?? 'see its log'}`,
    fileId: asset?.fileId,
  })
}

/** What a run put into the Library last: what its notice leads to. */
async function lastDelivered(
  tx: Transaction,
  run: RunRef,
): Promise<{ fileId: string; name: string } | undefined> {
  const [file] = await tx
    .select({ fileId: files.fileId, name: files.name })
    .from(files)
    .where(
      and(
        eq(files.workspaceId, run.workspaceId),
        eq(files.instanceUuid, run.instanceUuid),
        isNotNull(files.libraryAt),
      ),
    )
    .orderBy(desc(files.libraryAt), desc(files.createdAt))
    .limit(1)
  return file
}

/** Entries in a transaction of their own. */
export const writeEntries = (db: Database, run: RunRef, entries: JournalEntry[]) =>
  entries.length === 0 ? Promise.resolve() : db.transaction((tx) => writeJournal(tx, run, entries))
