import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import type { SessionCard } from '../../shared/contract/api/chat.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Database } from './database.ts'
import type { SessionRow } from './lock-session.ts'
import { readCursor, TimeKey, toPage } from './page.ts'
import { sessions } from './schema.ts'

type Ask = Pick<PageQuery, 'limit'> & {
  cursor?: string | undefined
  status?: SessionRow['status'] | undefined
  workflowId?: string | undefined
  version?: number | undefined
  channel?: string | undefined
  chatSessionIds?: string[] | undefined
  /** Only of this person, and none of a test. */
  startedById?: string
}

/** Conversations, the one spoken in last first. */
export async function listSessions(db: Database, caller: Caller, ask: Ask): Promise<Page<SessionCard>> {
  const { items, nextCursor } = await pageOfSessions(db, caller, ask)
  return { items: items.map(sessionCardOf), nextCursor }
}

/** The same with all that is known of them. */
export async function pageOfSessions(
  db: Database,
  { workspaceId, appId }: Caller,
  ask: Ask,
): Promise<Page<SessionRow>> {
  const after = readCursor(ask.cursor, TimeKey)
  // A cursor knows milliseconds.
  const lastAt = sql`date_trunc('milliseconds', ${sessions.lastAt})`
  const rows = await db
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.workspaceId, workspaceId),
        eq(sessions.appId, appId),
        ask.startedById === undefined
          ? undefined
          : and(eq(sessions.startedById, ask.startedById), eq(sessions.isTest, false)),
        ask.status && eq(sessions.status, ask.status),
        ask.workflowId ? eq(sessions.workflowId, ask.workflowId) : undefined,
        ask.version === undefined ? undefined : eq(sessions.version, ask.version),
        ask.channel ? eq(sessions.channel, ask.channel) : undefined,
        ask.chatSessionIds && inArray(sessions.chatSessionId, ask.chatSessionIds),
        after && sql`(${lastAt}, ${sessions.chatSessionId}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(lastAt), desc(sessions.chatSessionId))
    .limit(ask.limit + 1)
  return toPage(rows, ask.limit, {
    item: (row) => row,
    key: (row) => [row.lastAt.toISOString(), row.chatSessionId],
  })
}

/** A conversation's row as one line of a list. */
export const sessionCardOf = (row: SessionRow): SessionCard => ({
  chatSessionId: row.chatSessionId,
  status: row.status,
  endReason: row.view.endReason,
  workflowId: row.workflowId,
  workflowName: row.workflowName,
  version: row.version,
  channel: row.channel,
  isTest: row.isTest,
  startedBy: row.startedBy,
  startedAt: row.startedAt.toISOString(),
  lastAt: row.lastAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
})
