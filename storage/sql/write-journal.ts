import { createHash } from 'node:crypto'
import { and, desc, eq, inArray, isNotNull, isNull } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import { apply, emptyView, type JournalEntry, type RunView } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { tell } from '../live/live.ts'
import { addNotice } from './add-notice.ts'
import type { Database, Transaction } from './database.ts'
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
  const known = await tx
    .select({ key: journal.key })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, run.workspaceId),
        eq(journal.streamId, run.instanceUuid),
        inArray(
          journal.key,
          entries.map((entry) => entry.key),
        ),
      ),
    )
  const written = new Set(known.map(({ key }) => key))
  const fresh = entries.filter((entry) => !written.has(entry.key)).map(withHash)
  if (fresh.length === 0) return
  await tx.insert(journal).values(
    fresh.map(({ key, event, at, ...data }, index) => ({
      streamId: run.instanceUuid,
      seq: row.nextSeq + index,
      workspaceId: run.workspaceId,
      instanceUuid: run.instanceUuid,
      key,
      event,
      data,
      at: new Date(at),
    })),
  )
  const view = fresh.reduce((state, entry) => apply(state, entry, run.instanceUuid), row.view)
  const seq = row.nextSeq + fresh.length - 1
  await tx
    .update(instances)
    .set({
      view,
      status: view.status,
      nextSeq: seq + 1,
      // A run that was closed before it started stays marked for the sweeper, which cancels it in Temporal.
      dispatched: row.view.finishedAt === null ? true : undefined,
      temporalRunId: run.temporalRunId,
      version: run.version,
      finishedAt: view.finishedAt ? new Date(view.finishedAt) : null,
    })
    .where(and(eq(instances.workspaceId, run.workspaceId), eq(instances.instanceUuid, run.instanceUuid)))
  for (const entry of fresh) await writeRequest(tx, run, entry)
  if (!row.view.finishedAt && view.finishedAt) await writeEnd(tx, run, view)
  await tell(tx, {
    t: 'journal',
    workspaceId: run.workspaceId,
    appId: run.appId,
    streamId: run.instanceUuid,
    instanceUuid: run.instanceUuid,
    seq,
    status: view.status,
    percent: view.percent,
    startedById: run.startedBy?.userId ?? null,
  })
}

/** What an approver is shown carries the hash of it, so that a decision is about exactly that. */
function withHash(entry: JournalEntry): JournalEntry {
  if (entry.event !== 'requestOpened' || !entry.artifact) return entry
  const { text = null, fileIds = [] } = entry.artifact
  const sha256 = createHash('sha256').update(JSON.stringify({ fileIds, text })).digest('hex')
  return { ...entry, artifact: { ...entry.artifact, sha256 } }
}

async function lockInstance(
  tx: Transaction,
  run: RunRef,
  entries: JournalEntry[],
): Promise<{ nextSeq: number; view: RunView }> {
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
      temporalWorkflowId: run.temporalWorkflowId,
      temporalRunId: run.temporalRunId,
      dispatched: true,
    })
    .onConflictDoNothing()
  const [row] = await tx
    .select({ nextSeq: instances.nextSeq, view: instances.view })
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
  }
  if (entry.event === 'requestClosed') {
    await tx
      .update(requests)
      .set({ closedAt: new Date(entry.at), outcome: entry.outcome, closedBy: entry.by ?? null })
      .where(and(eq(requests.workspaceId, run.workspaceId), eq(requests.requestId, entry.requestId)))
  }
}

/** The run is over: what is still open closes with it, and who started a long one is told. */
async function writeEnd(tx: Transaction, run: RunRef, view: RunView): Promise<void> {
  const finishedAt = new Date(view.finishedAt as string)
  await tx
    .update(requests)
    .set({ closedAt: finishedAt, outcome: view.status })
    .where(
      and(
        eq(requests.workspaceId, run.workspaceId),
        eq(requests.instanceUuid, run.instanceUuid),
        isNull(requests.closedAt),
      ),
    )
  const took = finishedAt.getTime() - Date.parse(view.startedAt ?? (view.finishedAt as string))
  if (!run.startedBy || view.status === 'cancelled' || (took < noticeAfter && view.status === 'completed'))
    return
  const asset = await lastDelivered(tx, run)
  await addNotice(tx, run, {
    userId: run.startedBy.userId,
    key: `${run.instanceUuid}:finished`,
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
