import { and, eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { journal } from './schema.ts'

/** Where a turn stands in its session's journal; without a last entry while it is under way. */
export async function findSpan(
  db: Database,
  workspaceId: string,
  chatSessionId: string,
  instanceUuid: string,
): Promise<{ first: number; last?: number } | undefined> {
  const finished = sql`max(${journal.seq}) filter (where ${journal.event} = 'instanceFinished')`
  const [row] = await db
    .select({
      first: sql<string | null>`min(${journal.seq})`,
      last: sql<string | null>`${finished}`,
    })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, workspaceId),
        eq(journal.streamId, chatSessionId),
        eq(journal.instanceUuid, instanceUuid),
      ),
    )
  if (!row?.first) return undefined
  return { first: Number(row.first), ...(row.last ? { last: Number(row.last) } : {}) }
}
