import { and, arrayContains, asc, eq, gt, ne, sql } from 'drizzle-orm'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Member } from '../../shared/contract/api/workspace.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Role } from '../../shared/contract/person.ts'
import type { Database, Transaction } from './database.ts'
import { readCursor, TextKey, toPage } from './page.ts'
import { apiKeys, members, workspaces } from './schema.ts'
import { textArray } from './visible-to.ts'

type MemberFields = { name: string; email?: string | null | undefined; roles: Role[] }

const one = (caller: Caller, userId: string) =>
  and(eq(members.workspaceId, caller.workspaceId), eq(members.userId, userId))

/** People of the workspace, by user id. */
export async function listMembers(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<Member>> {
  const after = readCursor(cursor, TextKey)
  const rows = await db
    .select()
    .from(members)
    .where(and(eq(members.workspaceId, caller.workspaceId), after && gt(members.userId, after[0])))
    .orderBy(asc(members.userId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: asMember, key: (row) => [row.userId] })
}

export async function findMember(db: Database, caller: Caller, userId: string): Promise<Member | undefined> {
  const [row] = await db.select().from(members).where(one(caller, userId))
  return row && asMember(row)
}

/** @throws Refusal `Conflict` when the person is a member already */
export async function addMember(
  db: Database,
  caller: Caller,
  member: MemberFields & { userId: string },
): Promise<Member> {
  const [row] = await db
    .insert(members)
    .values({ ...member, workspaceId: caller.workspaceId })
    .onConflictDoNothing()
    .returning()
  if (!row) throw new Refusal('Conflict', `"${member.userId}" is a member already: replace them instead`)
  return asMember(row)
}

/**
 * What is taken from a person is taken from their API keys; a key that can do nothing any more is withdrawn.
 * @throws Refusal `Conflict` when nobody would be admin any more
 */
export const replaceMember = (
  db: Database,
  caller: Caller,
  userId: string,
  fields: MemberFields,
): Promise<Member | undefined> =>
  db.transaction(async (tx) => {
    if (!fields.roles.includes('admin')) await keepAnAdmin(tx, caller, userId)
    const [before] = await tx.select().from(members).where(one(caller, userId)).for('update')
    const lost = before?.roles.filter((role) => !(fields.roles as string[]).includes(role)) ?? []
    await takeFromKeys(tx, caller, userId, lost)
    const [row] = await tx
      .update(members)
      .set({ ...fields, email: fields.email ?? null })
      .where(one(caller, userId))
      .returning()
    return row && asMember(row)
  })

async function takeFromKeys(tx: Transaction, caller: Caller, userId: string, lost: string[]): Promise<void> {
  if (lost.length === 0) return
  const theirs = and(eq(apiKeys.workspaceId, caller.workspaceId), eq(apiKeys.userId, userId))
  const left = sql`array(select role from unnest(${apiKeys.roles}) role where role <> all(${textArray(lost)}))`
  await tx.update(apiKeys).set({ roles: left }).where(theirs)
  await tx.delete(apiKeys).where(and(theirs, sql`cardinality(${apiKeys.roles}) = 0`))
}

/** Takes a person out of the workspace, with their API keys. @throws Refusal `Conflict` for the last admin */
export const removeMember = (db: Database, caller: Caller, userId: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    await keepAnAdmin(tx, caller, userId)
    const gone = await tx.delete(members).where(one(caller, userId)).returning({ userId: members.userId })
    if (gone.length > 0)
      await tx
        .delete(apiKeys)
        .where(and(eq(apiKeys.workspaceId, caller.workspaceId), eq(apiKeys.userId, userId)))
    return gone.length > 0
  })

/** Refuses when this person is the only admin. Two such changes at once wait for each other on the workspace's row. */
async function keepAnAdmin(tx: Transaction, caller: Caller, userId: string): Promise<void> {
  await tx
    .select({ id: workspaces.workspaceId })
    .from(workspaces)
    .where(eq(workspaces.workspaceId, caller.workspaceId))
    .for('update')
  const admins = and(eq(members.workspaceId, caller.workspaceId), arrayContains(members.roles, ['admin']))
  const [isAdmin] = await tx
    .select({ userId: members.userId })
    .from(members)
    .where(and(admins, eq(members.userId, userId)))
  if (!isAdmin) return
  const [other] = await tx
    .select({ userId: members.userId })
    .from(members)
    .where(and(admins, ne(members.userId, userId)))
    .limit(1)
  if (!other) throw new Refusal('Conflict', `"${userId}" is the only admin: make somebody else admin first`)
}

const asMember = (row: typeof members.$inferSelect): Member => ({
  userId: row.userId,
  name: row.name,
  email: row.email,
  roles: row.roles as Role[],
  createdAt: row.createdAt.toISOString(),
})
