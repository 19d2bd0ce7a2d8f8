import { and, desc, eq, sql } from 'drizzle-orm'
import type { Mail } from '../../shared/contract/api/inbox.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import type { Database } from './database.ts'
import { readCursor, TimeKey, toPage } from './page.ts'
import { instances, mails } from './schema.ts'

/** Mails of the embedded mailbox, newest first: of runs that the caller started, for admins all. */
export async function listMails(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<Mail>> {
  const after = readCursor(cursor, TimeKey)
  const rows = await db
    .select({ mail: mails })
    .from(mails)
    .leftJoin(
      instances,
      and(eq(instances.instanceUuid, mails.instanceUuid), eq(instances.workspaceId, mails.workspaceId)),
    )
    .where(
      and(
        eq(mails.workspaceId, caller.workspaceId),
        eq(mails.appId, caller.appId),
        isAdmin(caller) ? undefined : eq(instances.startedById, caller.userId),
        after && sql`(${mails.createdAt}, ${mails.mailId}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(mails.createdAt), desc(mails.mailId))
    .limit(limit + 1)
  return toPage(rows, limit, {
    key: ({ mail }) => [mail.createdAt.toISOString(), mail.mailId],
    item: ({ mail: { workspaceId: _, appId: __, createdAt, ...mail } }) => ({
      ...mail,
      createdAt: createdAt.toISOString(),
    }),
  })
}
