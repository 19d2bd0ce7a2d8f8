import { sql } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import { emptyView, type JournalEntry, type RunView } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { SessionView } from '../../shared/contract/session.ts'
import type { Transaction } from './database.ts'
import { type LockedSession, lockSession } from './lock-session.ts'
import { instances, sessions } from './schema.ts'

/** What a write to a journal knows of the run's row. */
export interface LockedRun {
  workspaceId: string
  appId: string
  instanceUuid: string
  chatSessionId: string | null
  startedById: string | null
  nextSeq: number
  view: RunView
}

export interface Locked {
  row: LockedRun
  /** Of a turn. */
  session: LockedSession | undefined
}

/**
 * The run's row and, of a turn, its session's, locked: the session first, everywhere. The first write makes them; all
 * others find them with one question.
 * @throws Refusal `Conflict` when an id is taken
 */
export async function lockRun(tx: Transaction, run: RunRef, entries: JournalEntry[]): Promise<Locked> {
  const there = await findLocked(tx, run)
  const session =
    there.session ?? (run.chatSessionId ? await lockSession(tx, run, run.chatSessionId) : undefined)
  const row = there.row ?? (await makeRun(tx, run, entries)) ?? (await findLocked(tx, run)).row
  if (!row)
    throw new Refusal('Conflict', `The instanceUuid ${run.instanceUuid} is taken: start with another one.`)
  return { row, session }
}

/**
 * Not locked as if they could go away: rows that refer to a run, of lines beside this one, would then wait for each
 * other. The count has PostgreSQL lock the session before the run.
 */
async function findLocked(
  tx: Transaction,
  { workspaceId, instanceUuid, chatSessionId }: RunRef,
): Promise<Partial<Locked>> {
  const { rows } = await tx.execute<{
    app_id: string | null
    chat_session_id: string | null
    started_by_id: string | null
    next_seq: number
    view: RunView
    session: { next_seq: number; view: SessionView; ended_at: string | null } | null
  }>(sql`
    with session as materialized (
      select next_seq, view, ended_at from ${sessions}
      where workspace_id = ${workspaceId}::uuid and chat_session_id = ${chatSessionId ?? null}::uuid
      for no key update
    )
    select run.*, (select to_json(session) from session) as session
    from (values (1)) as one left join lateral (
      select app_id, chat_session_id, started_by_id, next_seq::float8, view from ${instances}
      where workspace_id = ${workspaceId}::uuid and instance_uuid = ${instanceUuid}::uuid
        and (select count(*) from session) >= 0
      for no key update
    ) as run on true`)
  const [found] = rows
  if (!found) return {}
  const { session } = found
  return {
    ...(found.app_id === null
      ? {}
      : {
          row: {
            workspaceId,
            appId: found.app_id,
            instanceUuid,
            chatSessionId: found.chat_session_id,
            startedById: found.started_by_id,
            nextSeq: found.next_seq,
            view: found.view,
          },
        }),
    ...(session && chatSessionId
      ? {
          session: {
            workspaceId,
            chatSessionId,
            nextSeq: session.next_seq,
            view: session.view,
            endedAt: session.ended_at === null ? null : new Date(session.ended_at),
          },
        }
      : {}),
  }
}

/** The run's row, made and locked; undefined when there is one of this id by now. */
async function makeRun(
  tx: Transaction,
  run: RunRef,
  entries: JournalEntry[],
): Promise<LockedRun | undefined> {
  const [row] = await tx
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
    .returning({
      workspaceId: instances.workspaceId,
      appId: instances.appId,
      instanceUuid: instances.instanceUuid,
      chatSessionId: instances.chatSessionId,
      startedById: instances.startedById,
      nextSeq: instances.nextSeq,
      view: instances.view,
    })
  return row
}
