import { and, desc, eq } from 'drizzle-orm'
import type { Message } from '../../shared/contract/api/instances.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { InstanceKind, RunRef } from '../../shared/contract/run-ref.ts'
import type { Database } from './database.ts'
import { asMessage, isSaid } from './said.ts'
import { instances, journal } from './schema.ts'
import { visibleTo } from './visible-to.ts'

export type InstanceRow = typeof instances.$inferSelect

/** A run that the caller may read; undefined when it is foreign, hidden or unknown, which are the same to a caller. */
export async function findInstance(
  db: Database,
  caller: Caller,
  instanceUuid: string,
): Promise<InstanceRow | undefined> {
  const [row] = await db
    .select()
    .from(instances)
    .where(and(eq(instances.instanceUuid, instanceUuid), visibleTo(caller)))
  return row
}

/** Whether the app has this run, whoever may read it. */
export async function isOfApp(
  db: Database,
  { workspaceId, appId }: Caller,
  instanceUuid: string,
): Promise<boolean> {
  const found = await db
    .select({ instanceUuid: instances.instanceUuid })
    .from(instances)
    .where(
      and(
        eq(instances.workspaceId, workspaceId),
        eq(instances.appId, appId),
        eq(instances.instanceUuid, instanceUuid),
      ),
    )
  return found.length > 0
}

/** More than a person scrolls through; older ones are still in the stream. */
const mostMessages = 1_000

/** What was said in a run, in order. */
export async function listMessages(
  db: Database,
  {
    workspaceId,
    instanceUuid,
    chatSessionId,
  }: Pick<InstanceRow, 'workspaceId' | 'instanceUuid' | 'chatSessionId'>,
): Promise<Message[]> {
  const rows = await db
    .select()
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, workspaceId),
        eq(journal.streamId, chatSessionId ?? instanceUuid),
        eq(journal.instanceUuid, instanceUuid),
        isSaid,
      ),
    )
    .orderBy(desc(journal.seq))
    .limit(mostMessages)
  return rows.reverse().map(asMessage)
}

/** What a run's row tells of it, for a write to its journal. */
export const refOf = (row: InstanceRow): RunRef => ({
  workspaceId: row.workspaceId,
  appId: row.appId,
  workflowId: row.workflowId,
  version: row.version,
  workflowName: row.workflowName,
  instanceUuid: row.instanceUuid,
  kind: row.kind as InstanceKind,
  temporalWorkflowId: row.temporalWorkflowId,
  temporalRunId: row.temporalRunId ?? '',
  ...(row.startedBy ? { startedBy: row.startedBy } : {}),
  ...(row.chatSessionId ? { chatSessionId: row.chatSessionId } : {}),
  ...(row.retries > 0 ? { retry: row.retries } : {}),
  ...(row.parentInstanceUuid ? { parentInstanceUuid: row.parentInstanceUuid } : {}),
})
