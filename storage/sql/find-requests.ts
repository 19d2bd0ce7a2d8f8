import { and, asc, eq, isNull } from 'drizzle-orm'
import type { Database } from './database.ts'
import { requests } from './schema.ts'

export type RequestRow = typeof requests.$inferSelect

/** What a run waits for, the oldest first. */
export const listOpenRequests = (
  db: Database,
  workspaceId: string,
  instanceUuid: string,
): Promise<RequestRow[]> =>
  db
    .select()
    .from(requests)
    .where(
      and(
        eq(requests.workspaceId, workspaceId),
        eq(requests.instanceUuid, instanceUuid),
        isNull(requests.closedAt),
      ),
    )
    .orderBy(asc(requests.openedAt))

/** A request of a run, open or closed. */
export async function findRequest(
  db: Database,
  workspaceId: string,
  instanceUuid: string,
  requestId: string,
): Promise<RequestRow | undefined> {
  const [row] = await db
    .select()
    .from(requests)
    .where(
      and(
        eq(requests.workspaceId, workspaceId),
        eq(requests.instanceUuid, instanceUuid),
        eq(requests.requestId, requestId),
      ),
    )
  return row
}
