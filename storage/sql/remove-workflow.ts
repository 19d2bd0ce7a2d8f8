import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Database } from './database.ts'
import type { InstanceRow } from './find-instance.ts'
import { listOpenSessions } from './list-open-sessions.ts'
import { markSchedulesDeleted } from './schedules.ts'
import { instances, workflows } from './schema.ts'
import { unlinkWorkflow } from './unlink-ui-flows.ts'

/**
 * Marks a workflow as deleted, with its schedules, and takes it from UI flows: nothing starts it any more. False when
 * there is none, or it was deleted before and has no open runs: a deletion that broke off can be repeated.
 */
export async function markDeleted(db: Database, caller: Caller, workflowId: string): Promise<boolean> {
  const ofCaller = and(
    eq(workflows.workspaceId, caller.workspaceId),
    eq(workflows.appId, caller.appId),
    eq(workflows.workflowId, workflowId),
  )
  const isMarked = await db.transaction(async (tx) => {
    const marked = await tx
      .update(workflows)
      .set({ deletedAt: sql`now()` })
      .where(and(ofCaller, isNull(workflows.deletedAt)))
      .returning({ workflowId: workflows.workflowId })
    const { workspaceId, appId } = caller
    if (marked.length === 0) return false
    await markSchedulesDeleted(tx, { workspaceId, appId, workflowId })
    await unlinkWorkflow(tx, caller, workflowId)
    return true
  })
  return (
    isMarked ||
    (await listOpenRuns(db, caller, workflowId)).length > 0 ||
    (await listOpenSessions(db, caller, workflowId)).length > 0
  )
}

/** Runs of a workflow that have not ended. Turns end with their conversations. */
export const listOpenRuns = (db: Database, caller: Caller, workflowId: string): Promise<InstanceRow[]> =>
  db
    .select()
    .from(instances)
    .where(
      and(
        eq(instances.workspaceId, caller.workspaceId),
        eq(instances.appId, caller.appId),
        eq(instances.workflowId, workflowId),
        isNull(instances.finishedAt),
        isNull(instances.chatSessionId),
      ),
    )
