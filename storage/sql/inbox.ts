import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Notice } from '../../shared/contract/api/inbox.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Database, Transaction } from './database.ts'
import { readCursor, TimeKey, toPage } from './page.ts'
import { notices } from './schema.ts'

const forCaller = (caller: Caller) =>
  and(
    eq(notices.workspaceId, caller.workspaceId),
    eq(notices.appId, caller.appId),
    eq(notices.userId, caller.userId),
  )

/** Notices for the caller, newest first. */
export async function listNotices(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<Notice>> {
  const after = readCursor(cursor, TimeKey)
  const rows = await db
    .select()
    .from(notices)
    .where(
      and(
        forCaller(caller),
        after && sql`(${notices.createdAt}, ${notices.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(notices.createdAt), desc(notices.id))
    .limit(limit + 1)
  return toPage(rows, limit, { item: asNotice, key: (row) => [row.createdAt.toISOString(), row.id] })
}

/** Marks one of the caller's notices as read. The first time counts. */
export async function markRead(db: Database, caller: Caller, id: string): Promise<Notice | undefined> {
  const [row] = await db
    .update(notices)
    .set({ readAt: sql`coalesce(${notices.readAt}, now())` })
    .where(and(forCaller(caller), eq(notices.id, id)))
    .returning()
  return row && asNotice(row)
}

/** Whoever was told of something that is settled by now needs not open it any more. */
export async function markNoticesRead(tx: Transaction, workspaceId: string, keys: string[]): Promise<void> {
  await tx
    .update(notices)
    .set({ readAt: new Date() })
    .where(and(eq(notices.workspaceId, workspaceId), inArray(notices.key, keys), isNull(notices.readAt)))
}

const asNotice = (row: typeof notices.$inferSelect): Notice => ({
  id: row.id,
  kind: row.kind,
  text: row.text,
  instanceUuid: row.instanceUuid,
  fileId: row.fileId,
  href: row.href,
  createdAt: row.createdAt.toISOString(),
  readAt: row.readAt?.toISOString() ?? null,
})
