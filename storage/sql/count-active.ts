import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { instances, sessions, workflows } from './schema.ts'

const open = sql`((select count(*) from ${instances}
  where ${instances.workflowId} = ${workflows.workflowId} and ${instances.status} in ('running', 'waiting')
    and ${instances.kind} not in ('turn', 'test'))
  + (select count(*) from ${sessions}
  where ${sessions.workflowId} = ${workflows.workflowId} and ${sessions.status} = 'open'
    and not ${sessions.isTest}))`

/**
 * Runs and conversations of a workflow that are open now; turns are of their conversations, and tests are none. Wrapped,
 * since what stands in a selection from one table loses the names of tables.
 */
export const activeSessions = sql<number>`${open}`.mapWith(Number)

/** That number for every workflow of an app. */
export async function countActive(
  db: Database,
  { workspaceId, appId }: { workspaceId: string; appId: string },
): Promise<Map<string, number>> {
  const rows = await db
    .select({ workflowId: workflows.workflowId, count: activeSessions })
    .from(workflows)
    .where(
      and(eq(workflows.workspaceId, workspaceId), eq(workflows.appId, appId), isNull(workflows.deletedAt)),
    )
  return new Map(rows.map(({ workflowId, count }) => [workflowId, count]))
}
