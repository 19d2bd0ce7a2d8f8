import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { instances, requests } from './schema.ts'

export type RequestRow = typeof requests.$inferSelect

/** What was opened at the same moment is sorted by where its steps stand in their definition. */
export const placed = sql<string>`(coalesce(${requests.request} ->> 'place', '') || ' ' || ${requests.requestId}) collate "C"`

/** Behind the last request of the page before. */
export const behind = (after: readonly [openedAt: string, placed: string] | undefined) =>
  after && sql`(${requests.openedAt}, ${placed}) > (${after[0]}::timestamptz, ${after[1]})`

/** Requests of a run and of the subworkflows below it. */
export const inRun = (workspaceId: string, instanceUuid: string) =>
  and(
    eq(requests.workspaceId, workspaceId),
    inArray(
      requests.instanceUuid,
      sql`(with recursive below as (
        select ${instanceUuid}::uuid as instance_uuid
        union all
        select child.instance_uuid from ${instances} child
        join below on child.parent_instance_uuid = below.instance_uuid
      ) select instance_uuid from below)`,
    ),
  )

/** What a run waits for, the oldest first; what its subworkflows wait for is among it. */
export const listOpenRequests = (
  db: Database,
  workspaceId: string,
  instanceUuid: string,
): Promise<RequestRow[]> =>
  db
    .select()
    .from(requests)
    .where(and(inRun(workspaceId, instanceUuid), isNull(requests.closedAt)))
    .orderBy(asc(requests.openedAt), asc(placed))

/** A request of a run or of its subworkflows, open or closed. */
export async function findRequest(
  db: Database,
  workspaceId: string,
  instanceUuid: string,
  requestId: string,
): Promise<RequestRow | undefined> {
  const [row] = await db
    .select()
    .from(requests)
    .where(and(inRun(workspaceId, instanceUuid), eq(requests.requestId, requestId)))
  return row
}

/** Whether a run has a question of its own that was answered: something to rewind to. */
export async function wasAnswered(
  db: Database,
  { workspaceId, instanceUuid }: { workspaceId: string; instanceUuid: string },
): Promise<boolean> {
  const found = await db
    .select({ requestId: requests.requestId })
    .from(requests)
    .where(
      and(
        eq(requests.workspaceId, workspaceId),
        eq(requests.instanceUuid, instanceUuid),
        eq(requests.kind, 'answer'),
        eq(requests.outcome, 'answered'),
      ),
    )
    .limit(1)
  return found.length > 0
}
