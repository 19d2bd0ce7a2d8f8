import { and, eq, isNull } from 'drizzle-orm'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Definition } from '../../shared/contract/definition.ts'
import { availableTo } from './available-to.ts'
import type { Database } from './database.ts'
import { versions, workflows } from './schema.ts'

export interface Startable {
  type: Definition['type']
  /** The newest published version; null while there is none. */
  published: { version: number; definition: Definition; available: boolean } | null
}

/** What a start needs to know of a workflow; undefined when the app has no such workflow. */
export async function findStartable(
  db: Database,
  caller: Caller,
  workflowId: string,
): Promise<Startable | undefined> {
  const [row] = await db
    .select({
      type: workflows.type,
      version: versions.version,
      definition: versions.definition,
      available: availableTo(caller),
    })
    .from(workflows)
    .leftJoin(
      versions,
      and(eq(versions.workflowId, workflows.workflowId), eq(versions.version, workflows.publishedVersion)),
    )
    .where(
      and(
        eq(workflows.workspaceId, caller.workspaceId),
        eq(workflows.appId, caller.appId),
        eq(workflows.workflowId, workflowId),
        isNull(workflows.deletedAt),
      ),
    )
  if (!row) return undefined
  const { type, version, definition, available } = row
  return {
    type,
    published: version !== null && definition !== null ? { version, definition, available } : null,
  }
}
