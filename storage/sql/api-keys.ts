import { and, desc, eq, sql } from 'drizzle-orm'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { ApiKey } from '../../shared/contract/api/workspace.ts'
import type { Role } from '../../shared/contract/person.ts'
import type { Database } from './database.ts'
import { readCursor, TimeKey, toPage } from './page.ts'
import { apiKeys } from './schema.ts'

const one = (caller: Caller, apiKeyId: string) =>
  and(eq(apiKeys.workspaceId, caller.workspaceId), eq(apiKeys.apiKeyId, apiKeyId))

/** API keys of the workspace, newest first. */
export async function listApiKeys(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<ApiKey>> {
  const after = readCursor(cursor, TimeKey)
  const rows = await db
    .select()
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.workspaceId, caller.workspaceId),
        after &&
          sql`(${apiKeys.createdAt}, ${apiKeys.apiKeyId}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.apiKeyId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: asKey, key: (row) => [row.createdAt.toISOString(), row.apiKeyId] })
}

export async function findApiKey(
  db: Database,
  caller: Caller,
  apiKeyId: string,
): Promise<ApiKey | undefined> {
  const [row] = await db.select().from(apiKeys).where(one(caller, apiKeyId))
  return row && asKey(row)
}

/** Keeps a new key: of its secret only the hash. */
export async function addApiKey(
  db: Database,
  caller: Pick<Caller, 'workspaceId' | 'userId'>,
  key: { apiKeyId: string; userId: string; name: string; roles: Role[]; prefix: string; sha256: string },
): Promise<ApiKey> {
  const [row] = await db
    .insert(apiKeys)
    .values({ ...key, workspaceId: caller.workspaceId, createdBy: caller.userId })
    .returning()
  return asKey(row!)
}

export async function removeApiKey(db: Database, caller: Caller, apiKeyId: string): Promise<boolean> {
  const gone = await db.delete(apiKeys).where(one(caller, apiKeyId)).returning({ apiKeyId: apiKeys.apiKeyId })
  return gone.length > 0
}

const asKey = (row: typeof apiKeys.$inferSelect): ApiKey => ({
  apiKeyId: row.apiKeyId,
  name: row.name,
  prefix: row.prefix,
  userId: row.userId,
  roles: row.roles as Role[],
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
})
