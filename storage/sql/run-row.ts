import { type SQL, sql } from 'drizzle-orm'
import { emptyView, type JournalEntry, type RunView } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { sameWorkspace } from './same-workspace.ts'
import { instances } from './schema.ts'

/** What a write to a journal knows of the run's row. */
export interface LockedRun {
  workspaceId: string
  appId: string
  instanceUuid: string
  chatSessionId: string | null
  startedById: string | null
  nextSeq: number
  view: RunView
  /** PostgreSQL's own mark of the row as it stands: any change of it, by whomever, gives it another. */
  mark: string
  /** What was said in it from its beginning, where that is known: see `isSaid`. */
  said?: JournalEntry[] | undefined
}

/** Before its first entry. */
export const newRun = ({
  workspaceId,
  appId,
  instanceUuid,
  chatSessionId,
  startedBy,
}: RunRef): LockedRun => ({
  workspaceId,
  appId,
  instanceUuid,
  chatSessionId: chatSessionId ?? null,
  startedById: startedBy?.userId ?? null,
  nextSeq: 1,
  view: emptyView,
  mark: '',
  said: [],
})

/** The row by its id, in its workspace. */
export const isRun = ({ workspaceId, instanceUuid }: Pick<LockedRun, 'workspaceId' | 'instanceUuid'>): SQL =>
  sql`instance_uuid = ${instanceUuid}::uuid and ${sameWorkspace(workspaceId)}`

/**
 * The statement that changes the row. What `run` tells of itself changes with it: one that was closed before it started
 * stays marked for the sweeper, which cancels it in Temporal.
 */
export function runUpdate(after: LockedRun, run: RunRef | undefined, wasOpen: boolean, onlyIf: SQL): SQL {
  const { view, nextSeq } = after
  const changes = [
    sql`view = ${sql.param(view, instances.view)}::jsonb, status = ${view.status}`,
    sql`finished_at = ${view.finishedAt}::timestamptz, next_seq = ${nextSeq}::bigint`,
    ...(run ? [sql`temporal_run_id = ${run.temporalRunId}, version = ${run.version}::int`] : []),
    ...(run && wasOpen ? [sql`dispatched = true`] : []),
  ]
  return sql`update ${instances} set ${sql.join(changes, sql`, `)} where ${isRun(after)} and ${onlyIf}`
}

/** The statement that makes the row, unless the id is taken. */
export function runInsert(
  run: RunRef,
  { view, nextSeq }: LockedRun,
  entries: JournalEntry[],
  onlyIf: SQL,
): SQL {
  const { startedBy } = run
  const startOrder = { input: entries.find((entry) => entry.event === 'instanceStarted')?.input }
  return sql`
    insert into ${instances} (instance_uuid, workspace_id, app_id, workflow_id, version, workflow_name, kind,
      status, view, finished_at, next_seq, start_order, started_by_id, started_by, parent_instance_uuid, parent_path,
      chat_session_id, temporal_workflow_id, temporal_run_id, dispatched)
    select ${run.instanceUuid}::uuid, ${run.workspaceId}::uuid, ${run.appId}::uuid, ${run.workflowId}::uuid,
      ${run.version}::int, ${run.workflowName}::text, ${run.kind}::text,
      ${view.status}::text, ${sql.param(view, instances.view)}::jsonb, ${view.finishedAt}::timestamptz, ${nextSeq}::bigint,
      ${sql.param(startOrder, instances.startOrder)}::jsonb,
      ${startedBy?.userId ?? null}::text, ${startedBy ? sql.param(startedBy, instances.startedBy) : null}::jsonb,
      ${run.parentInstanceUuid ?? null}::uuid, ${run.parentPath ?? null}::text, ${run.chatSessionId ?? null}::uuid,
      ${run.temporalWorkflowId}::text, ${run.temporalRunId}::text, true
    where ${onlyIf}
    on conflict do nothing`
}
