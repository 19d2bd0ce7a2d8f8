import { type SQL, sql } from 'drizzle-orm'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { applyToSession, emptySession } from '../../shared/contract/session.ts'
import type { SessionRef } from './lock-session.ts'
import { sameWorkspace } from './same-workspace.ts'
import { sessions } from './schema.ts'

/** What a write to a session's journal knows of its row. */
export type LockedSession = Pick<
  typeof sessions.$inferSelect,
  'workspaceId' | 'chatSessionId' | 'nextSeq' | 'view' | 'endedAt'
> & {
  /** PostgreSQL's own mark of the row as it stands: any change of it, by whomever, gives it another. */
  mark: string
}

/** Before its first entry. */
export const newSession = (workspaceId: string, chatSessionId: string): LockedSession => ({
  workspaceId,
  chatSessionId,
  nextSeq: 1,
  view: emptySession,
  endedAt: null,
  mark: '',
})

/** A session's row as it stands after something happened in it. */
export type SessionAfter = Omit<LockedSession, 'mark'> & { lastAt: string | undefined }

export function sessionAfter(
  { workspaceId, chatSessionId, nextSeq, view: before, endedAt }: Omit<LockedSession, 'mark'>,
  entries: JournalEntry[],
): SessionAfter {
  const view = entries.reduce(applyToSession, before)
  const lastAt = entries.at(-1)?.at
  const ended = endedAt ?? (lastAt ? new Date(lastAt) : null)
  return {
    workspaceId,
    chatSessionId,
    nextSeq: nextSeq + entries.length,
    view,
    endedAt: view.status === 'ended' ? ended : null,
    lastAt,
  }
}

/** The row by its id, in its workspace. */
export const isSession = ({
  workspaceId,
  chatSessionId,
}: Pick<LockedSession, 'workspaceId' | 'chatSessionId'>): SQL =>
  sql`chat_session_id = ${chatSessionId}::uuid and ${sameWorkspace(workspaceId)}`

/** The statement that changes the row. What its own workflow tells of itself changes with it. */
export function sessionUpdate(after: SessionAfter, ref: SessionRef | undefined, onlyIf = sql`true`): SQL {
  const { view, nextSeq, endedAt, lastAt } = after
  const changes = [
    sql`view = ${sql.param(view, sessions.view)}::jsonb, status = ${view.status}`,
    sql`next_seq = ${nextSeq}::bigint, ended_at = ${endedAt?.toISOString() ?? null}::timestamptz`,
    ...(lastAt ? [sql`last_at = ${lastAt}::timestamptz`] : []),
    ...(ref
      ? [
          sql`temporal_run_id = ${ref.temporalRunId}, version = ${ref.version}::int, workflow_name = ${ref.workflowName}`,
        ]
      : []),
  ]
  return sql`update ${sessions} set ${sql.join(changes, sql`, `)} where ${isSession(after)} and ${onlyIf}`
}

/** The statement that makes the row, unless the id is taken. */
export const sessionInsert = (
  run: RunRef,
  { view, nextSeq, endedAt, lastAt }: SessionAfter,
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
