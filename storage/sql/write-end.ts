import { and, desc, eq, isNotNull, isNull, not, sql } from 'drizzle-orm'
import { milliseconds } from '../../shared/contract/duration.ts'
import type { RunView } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { addNotice } from './add-notice.ts'
import type { Transaction } from './database.ts'
import { markNoticesRead } from './inbox.ts'
import { calls, files, outcomes, requests, workspaces } from './schema.ts'
import { noticeKeysOf } from './write-request.ts'

/** A run that took longer than this is announced to who started it when it is done, unless its workspace says otherwise. */
const noticeAfter = 'PT60S'

/** The run is over: what is still open closes with it, and who started a long one is told. */
export async function writeEnd(
  tx: Transaction,
  run: RunRef,
  view: RunView,
  { wasAsking }: { wasAsking: boolean },
): Promise<void> {
  if (wasAsking) await closeRequests(tx, run, view)
  if (run.chatSessionId) {
    // Whoever talks sees how their turn ended.
    if (view.status === 'cancelled') await dropReplies(tx, run)
    return
  }
  const took =
    Date.parse(view.finishedAt as string) - Date.parse(view.startedAt ?? (view.finishedAt as string))
  if (!run.startedBy || view.status === 'cancelled') return
  if (view.status === 'completed' && took < (await announcedAfter(tx, run))) return
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

/** Milliseconds. */
async function announcedAfter(tx: Transaction, { workspaceId }: RunRef): Promise<number> {
  const [workspace] = await tx
    .select({ settings: workspaces.settings })
    .from(workspaces)
    .where(eq(workspaces.workspaceId, workspaceId))
  return milliseconds(workspace?.settings.noticeAfter ?? noticeAfter)
}

/** What is still open closes with the run. */
async function closeRequests(tx: Transaction, run: RunRef, view: RunView): Promise<void> {
  const left = await tx
    .update(requests)
    .set({ closedAt: new Date(view.finishedAt as string), outcome: view.status })
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
}

/**
 * What a model had said when its turn was cancelled is kept nowhere, also where it had said all of it: of its calls there
 * is left what they cost. Those of steps that were done stay.
 */
async function dropReplies(tx: Transaction, { workspaceId, instanceUuid }: RunRef): Promise<void> {
  const isDone = sql`exists (
    select from ${outcomes} where ${outcomes.instanceUuid} = ${calls.instanceUuid} and ${outcomes.path} = ${calls.path}
    and not ${outcomes.outcome} ? 'pending')`
  await tx
    .update(calls)
    .set({ request: sql`'null'`, response: sql`'null'` })
    .where(
      and(
        eq(calls.workspaceId, workspaceId),
        eq(calls.instanceUuid, instanceUuid),
        eq(calls.kind, 'model'),
        not(isDone),
      ),
    )
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
