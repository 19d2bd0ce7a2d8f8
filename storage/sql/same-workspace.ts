import { type SQL, sql } from 'drizzle-orm'

/**
 * That a row which is found by its id is of the workspace, too. No index serves this form of equality: without it, a planner
 * that does not know the tables yet, as in the first minute of an installation, may go through all rows of the workspace.
 */
export const sameWorkspace = (workspaceId: string): SQL =>
  sql`workspace_id is not distinct from ${workspaceId}::uuid`
