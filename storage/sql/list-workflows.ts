import { and, asc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Workflow, WorkflowCard } from '../../shared/contract/api/workflows.ts'
import type { WorkflowType } from '../../shared/contract/definition.ts'
import { activeSessions } from './count-active.ts'
import type { Database, Transaction } from './database.ts'
import { anywhere, NameKey, readCursor, toPage } from './page.ts'
import { workflows } from './schema.ts'

/** Workflows of the app that are not deleted. */
export const ofApp = (caller: Caller): SQL | undefined =>
  and(
    eq(workflows.workspaceId, caller.workspaceId),
    eq(workflows.appId, caller.appId),
    isNull(workflows.deletedAt),
  )

/** Cards of the app's workflows, by name. */
export async function listWorkflows(
  db: Database,
  caller: Caller,
  { limit, cursor, type, q }: PageQuery & { type?: WorkflowType | undefined; q?: string | undefined },
): Promise<Page<WorkflowCard>> {
  const after = readCursor(cursor, NameKey)
  const rows = await db
    .select({ row: workflows, activeSessions })
    .from(workflows)
    .where(
      and(
        ofApp(caller),
        type && eq(workflows.type, type),
        q ? sql`${workflows.name} ilike ${anywhere(q)}` : undefined,
        after && sql`(${workflows.name}, ${workflows.workflowId}) > (${after[0]}, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(workflows.name), asc(workflows.workflowId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: cardOf, key: ({ row }) => [row.name, row.workflowId] })
}

/** One workflow with its draft. */
export async function findWorkflow(
  db: Database | Transaction,
  caller: Caller,
  workflowId: string,
): Promise<Workflow | undefined> {
  const [found] = await db
    .select({ row: workflows, activeSessions })
    .from(workflows)
    .where(and(ofApp(caller), eq(workflows.workflowId, workflowId)))
  return found && { ...cardOf(found), draft: found.row.draft, revision: found.row.revision }
}

const cardOf = ({
  row,
  activeSessions,
}: {
  row: typeof workflows.$inferSelect
  activeSessions: number
}): WorkflowCard => ({
  workflowId: row.workflowId,
  name: row.name,
  type: row.type,
  description: row.draft.description ?? null,
  icon: row.draft.icon ?? null,
  category: row.draft.category ?? null,
  activeSessions,
  publishedVersion: row.publishedVersion,
  hasUnpublishedChanges: row.publishedRevision !== row.revision,
  updatedAt: row.updatedAt.toISOString(),
})
