import { and, arrayContains, eq, inArray, or } from 'drizzle-orm'
import type { Database, Transaction } from './database.ts'
import { members } from './schema.ts'

/** Members of a workspace by user id or by role. */
export async function findMembers(
  db: Database | Transaction,
  workspaceId: string,
  who: { users?: string[]; role?: string },
): Promise<{ userId: string; name: string; email: string | null }[]> {
  const conditions = [
    ...(who.users && who.users.length > 0 ? [inArray(members.userId, who.users)] : []),
    ...(who.role ? [arrayContains(members.roles, [who.role])] : []),
  ]
  if (conditions.length === 0) return []
  return db
    .select({ userId: members.userId, name: members.name, email: members.email })
    .from(members)
    .where(and(eq(members.workspaceId, workspaceId), or(...conditions)))
    .orderBy(members.userId)
}
