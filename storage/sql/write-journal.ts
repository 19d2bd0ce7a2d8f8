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
  const row = await lockInstance(tx, run, entries)
  const fresh = await append(tx, run, run, row, entries, {
    // A run that was closed before it started stays marked for the sweeper, which cancels it in Temporal.
    ...(row.view.finishedAt === null ? { dispatched: true } : {}),
    temporalRunId: run.temporalRunId,
    version: run.version,
  })
  for (const entry of fresh.entries) await writeRequest(tx, run, entry)
  const isOver = !row.view.finishedAt && fresh.view.finishedAt !== null
  if (isOver) await writeEnd(tx, run, fresh.view)
  const parent = run.parentInstanceUuid
  if (parent)
    await passOn(tx, run, parent, [...fresh.entries, ...(isOver ? closingsOf(row.view, fresh) : [])])
}

interface Stream {
  workspaceId: string
  appId: string
  instanceUuid: string
}

/** Appends the entries that a stream does not have yet, and changes its view by them. `of` is where they come from. */
async function append(
  tx: Transaction,
  stream: Stream,
  of: Stream,
  row: LockedRow,
  entries: JournalEntry[],
  more: Partial<typeof instances.$inferInsert> = {},
): Promise<{ entries: JournalEntry[]; view: RunView }> {
  const known = await tx
    .select({ key: journal.key })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, stream.workspaceId),
        eq(journal.streamId, stream.instanceUuid),
        inArray(
          journal.key,
          entries.map((entry) => entry.key),
        ),
      ),
    )
  const written = new Set(known.map(({ key }) => key))
  const fresh = entries.filter((entry) => !written.has(entry.key)).map(withHash)
  if (fresh.length === 0) return { entries: [], view: row.view }
  await tx.insert(journal).values(
    fresh.map(({ key, event, at, ...data }, index) => ({
      streamId: stream.instanceUuid,
      seq: row.nextSeq + index,
      workspaceId: stream.workspaceId,
      instanceUuid: of.instanceUuid,
      key,
      event,
      data,
      at: new Date(at),
    })),
  )
  const view = fresh.reduce((state, entry) => apply(state, entry, of.instanceUuid), row.view)
  const seq = row.nextSeq + fresh.length - 1
  await tx
    .update(instances)
    .set({
      ...more,
      view,
      status: view.status,
      nextSeq: seq + 1,
      finishedAt: view.finishedAt ? new Date(view.finishedAt) : null,
    })
    .where(
      and(eq(instances.workspaceId, stream.workspaceId), eq(instances.instanceUuid, stream.instanceUuid)),
    )
  await tell(tx, {
    t: 'journal',
    workspaceId: stream.workspaceId,
    appId: stream.appId,
    streamId: stream.instanceUuid,
    instanceUuid: stream.instanceUuid,
    seq,
    status: view.status,
    percent: view.percent,
    startedById: row.startedById,
  })
  return { entries: fresh, view }
}

const requestEvents = new Set<string>(['requestOpened', 'requestClosed'])

/**
 * What a subworkflow asks shows in the runs above it too, under the subworkflow's own instanceUuid. Rows are locked from
 * the child upwards, everywhere.
 */
async function passOn(
  tx: Transaction,
  of: Stream,
  instanceUuid: string,
  entries: JournalEntry[],
): Promise<void> {
  const passed = entries.filter(({ event }) => requestEvents.has(event))
  if (passed.length === 0) return
  const [parent] = await tx
    .select()
    .from(instances)
    .where(and(eq(instances.workspaceId, of.workspaceId), eq(instances.instanceUuid, instanceUuid)))
    .for('update')
  if (!parent || parent.finishedAt) return
  await append(tx, parent, of, parent, passed)
  if (parent.parentInstanceUuid) await passOn(tx, of, parent.parentInstanceUuid, passed)
}

/** The requests that a run leaves open when it ends, as they look from above. */
const closingsOf = (before: RunView, { entries, view }: { entries: JournalEntry[]; view: RunView }) =>
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

type LockedRow = Pick<typeof instances.$inferSelect, 'nextSeq' | 'view' | 'startedById'>

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
      parentPath: run.parentPath ?? null,
      temporalWorkflowId: run.temporalWorkflowId,
      temporalRunId: run.temporalRunId,
      dispatched: true,
    })
    .onConflictDoNothing()
  const [row] = await tx
    .select({ nextSeq: instances.nextSeq, view: instances.view, startedById: instances.startedById })
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
