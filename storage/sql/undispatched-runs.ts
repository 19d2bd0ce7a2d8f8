import { and, asc, eq, lt } from 'drizzle-orm'
import type { Database } from './database.ts'
import { instances } from './schema.ts'

/** Runs that were accepted before `before` and of which Temporal is not known to have heard, oldest first. */
export const listUndispatched = (db: Database, before: Date) =>
  db
    .select({
      workspaceId: instances.workspaceId,
      appId: instances.appId,
      workflowId: instances.workflowId,
      workflowName: instances.workflowName,
      version: instances.version,
      instanceUuid: instances.instanceUuid,
      startOrder: instances.startOrder,
      startedBy: instances.startedBy,
    })
    .from(instances)
    .where(
      and(eq(instances.dispatched, false), eq(instances.status, 'running'), lt(instances.startedAt, before)),
    )
    .orderBy(asc(instances.startedAt))
    .limit(100)

export async function markDispatched(
  db: Database,
  run: { workspaceId: string; instanceUuid: string },
): Promise<void> {
  await db
    .update(instances)
    .set({ dispatched: true })
    .where(and(eq(instances.workspaceId, run.workspaceId), eq(instances.instanceUuid, run.instanceUuid)))
}
