import { and, asc, eq, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Database } from './database.ts'
import type { SessionRow } from './lock-session.ts'
import { sessions } from './schema.ts'

/** Conversations of a workflow that have not ended. */
export const listOpenSessions = (
  db: Database,
  { workspaceId, appId }: Caller,
  workflowId: string,
): Promise<SessionRow[]> =>
  db
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.workspaceId, workspaceId),
        eq(sessions.appId, appId),
        eq(sessions.workflowId, workflowId),
        eq(sessions.status, 'open'),
      ),
    )

/**
 * Takes the open conversations that were compared with Temporal longest ago, at most `count` and none since `before`.
 * Taking them counts as comparing, so that several processes share the work.
 */
export async function takeOpenSessions(db: Database, before: Date, count: number): Promise<SessionRow[]> {
  const oldest = db
    .select({ chatSessionId: sessions.chatSessionId })
    .from(sessions)
    .where(and(isNull(sessions.endedAt), lt(sessions.comparedAt, before)))
    .orderBy(asc(sessions.comparedAt))
    .limit(count)
    .for('update', { skipLocked: true })
  return db
    .update(sessions)
    .set({ comparedAt: sql`now()` })
    .where(inArray(sessions.chatSessionId, oldest))
    .returning()
}
