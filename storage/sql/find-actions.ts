import { and, asc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Action } from '../../shared/contract/action.ts'
import type { Database } from './database.ts'
import { versions, workflows } from './schema.ts'

type Place = { workspaceId: string; appId: string }

const published = ({ workspaceId, appId }: Place) =>
  and(eq(workflows.workspaceId, workspaceId), eq(workflows.appId, appId), isNull(workflows.deletedAt))

/** The names of an app's published actions. */
export async function actionNames(db: Database, place: Place): Promise<string[]> {
  const rows = await db
    .select({ name: sql<string>`${workflows.actionName}` })
    .from(workflows)
    .where(and(published(place), isNotNull(workflows.actionName)))
    .orderBy(asc(workflows.actionName))
  return rows.map(({ name }) => name)
}

/** Of these names the actions that are published, as their newest version describes them. */
export async function findActions(
  db: Database,
  place: Place,
  names: string[],
): Promise<{ workflowId: string; action: Action }[]> {
  if (names.length === 0) return []
  return db
    .select({
      workflowId: workflows.workflowId,
      action: sql<Action>`${versions.definition} -> 'action'`,
    })
    .from(workflows)
    .innerJoin(
      versions,
      and(eq(versions.workflowId, workflows.workflowId), eq(versions.version, workflows.publishedVersion)),
    )
    .where(and(published(place), inArray(workflows.actionName, names)))
}
