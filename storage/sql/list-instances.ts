import { and, desc, eq, sql } from 'drizzle-orm'
import type { InstanceCard } from '../../shared/contract/api/instances.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import type { InstanceStatus } from '../../shared/contract/journal.ts'
import type { InstanceKind } from '../../shared/contract/run-ref.ts'
import type { Database } from './database.ts'
import { anywhere, readCursor, TimeKey, toPage } from './page.ts'
import { instances } from './schema.ts'

type Ask = PageQuery & {
  kind: InstanceKind
  status?: InstanceStatus | undefined
  workflowId?: string | undefined
  chatSessionId?: string | undefined
  q?: string | undefined
}

/** History, newest first: members see their own runs, admins all. */
export async function listInstances(db: Database, caller: Caller, ask: Ask): Promise<Page<InstanceCard>> {
  const after = readCursor(ask.cursor, TimeKey)
  const rows = await db
    .select()
    .from(instances)
    .where(
      and(
        eq(instances.workspaceId, caller.workspaceId),
        eq(instances.appId, caller.appId),
        eq(instances.kind, ask.kind),
        isAdmin(caller) ? undefined : eq(instances.startedById, caller.userId),
        ask.status && eq(instances.status, ask.status),
        ask.workflowId ? eq(instances.workflowId, ask.workflowId) : undefined,
        ask.chatSessionId ? eq(instances.chatSessionId, ask.chatSessionId) : undefined,
        ask.q ? sql`${instances.workflowName} ilike ${anywhere(ask.q)}` : undefined,
        after &&
          sql`(${instances.startedAt}, ${instances.instanceUuid}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(instances.startedAt), desc(instances.instanceUuid))
    .limit(ask.limit + 1)
  return toPage(rows, ask.limit, {
    item: cardOf,
    key: (row) => [row.startedAt.toISOString(), row.instanceUuid],
  })
}

/** A run's row as one line of History. */
export const cardOf = (row: typeof instances.$inferSelect): InstanceCard => ({
  instanceUuid: row.instanceUuid,
  kind: row.kind as InstanceKind,
  workflowId: row.workflowId,
  workflowName: row.workflowName,
  version: row.version,
  chatSessionId: row.chatSessionId,
  parentInstanceUuid: row.parentInstanceUuid,
  rewoundFrom: row.rewoundFrom,
  status: row.status,
  progress: row.view.percent,
  currentStep: row.view.currentStep,
  startedBy: row.startedBy,
  startedAt: row.startedAt.toISOString(),
  finishedAt: row.finishedAt?.toISOString() ?? null,
})
