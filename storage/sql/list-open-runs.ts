import { and, asc, eq, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { instances } from './schema.ts'

const columns = {
  workspaceId: instances.workspaceId,
  appId: instances.appId,
  workflowId: instances.workflowId,
  workflowName: instances.workflowName,
  version: instances.version,
  instanceUuid: instances.instanceUuid,
  temporalWorkflowId: instances.temporalWorkflowId,
  startOrder: instances.startOrder,
  startedBy: instances.startedBy,
  parentInstanceUuid: instances.parentInstanceUuid,
  finishedAt: instances.finishedAt,
}

/**
 * Runs that were accepted before `before` and of which Temporal is not known to have heard, oldest first; among them those
 * that were cancelled in the meantime.
 */
export const listUndispatched = (db: Database, before: Date) =>
  db
    .select(columns)
    .from(instances)
    .where(and(eq(instances.dispatched, false), lt(instances.startedAt, before)))
    .orderBy(asc(instances.startedAt))
    .limit(100)

/**
 * Takes the open runs that were compared with Temporal longest ago, at most `count` and none since `before`. Taking them
 * counts as comparing, so that several processes share the work.
 */
export async function takeOpenRuns(db: Database, before: Date, count: number) {
  const oldest = db
    .select({ instanceUuid: instances.instanceUuid })
    .from(instances)
    .where(
      and(eq(instances.dispatched, true), isNull(instances.finishedAt), lt(instances.comparedAt, before)),
    )
    .orderBy(asc(instances.comparedAt))
    .limit(count)
    .for('update', { skipLocked: true })
  return db
    .update(instances)
    .set({ comparedAt: sql`now()` })
    .where(inArray(instances.instanceUuid, oldest))
    .returning(columns)
}

/** The run that called another one. */
export async function findCaller(
  db: Database,
  { workspaceId, parentInstanceUuid }: Pick<OpenRun, 'workspaceId' | 'parentInstanceUuid'>,
): Promise<OpenRun | undefined> {
  if (!parentInstanceUuid) return undefined
  const [caller] = await db
    .select(columns)
    .from(instances)
    .where(and(eq(instances.workspaceId, workspaceId), eq(instances.instanceUuid, parentInstanceUuid)))
  return caller
}

export type OpenRun = Awaited<ReturnType<typeof listUndispatched>>[number]
