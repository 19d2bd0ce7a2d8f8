import { and, desc, eq, isNull } from 'drizzle-orm'
import type { PinnedDefinition } from '../../shared/contract/pinned-definition.ts'
import type { Database } from './database.ts'
import { versions, workflows, workspaces } from './schema.ts'

/** A published version, the newest when none is named, with its workspace's settings. */
export async function findPinned(
  db: Database,
  {
    workspaceId,
    appId,
    workflowId,
    version,
  }: { workspaceId: string; appId: string; workflowId: string; version?: number | undefined },
  { alsoDeleted = false }: { alsoDeleted?: boolean | undefined } = {},
): Promise<PinnedDefinition | undefined> {
  const [row] = await db
    .select({
      definition: versions.definition,
      version: versions.version,
      sha256: versions.sha256,
      settings: workspaces.settings,
    })
    .from(versions)
    .innerJoin(workflows, eq(workflows.workflowId, versions.workflowId))
    .innerJoin(workspaces, eq(workspaces.workspaceId, versions.workspaceId))
    .where(
      and(
        eq(versions.workspaceId, workspaceId),
        eq(versions.appId, appId),
        eq(versions.workflowId, workflowId),
        ...(alsoDeleted ? [] : [isNull(workflows.deletedAt)]),
        ...(version === undefined ? [] : [eq(versions.version, version)]),
      ),
    )
    .orderBy(desc(versions.version))
    .limit(1)
  return row
}

/** The draft as it stands now, under the number of the version that it would change. */
export async function findDraft(
  db: Database,
  { workspaceId, appId, workflowId }: { workspaceId: string; appId: string; workflowId: string },
): Promise<PinnedDefinition | undefined> {
  const [row] = await db
    .select({
      definition: workflows.draft,
      version: workflows.publishedVersion,
      settings: workspaces.settings,
    })
    .from(workflows)
    .innerJoin(workspaces, eq(workspaces.workspaceId, workflows.workspaceId))
    .where(
      and(
        eq(workflows.workspaceId, workspaceId),
        eq(workflows.appId, appId),
        eq(workflows.workflowId, workflowId),
        isNull(workflows.deletedAt),
      ),
    )
  return row && { ...row, version: row.version ?? 0, sha256: '' }
}
