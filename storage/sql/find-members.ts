import { and, arrayContains, eq, inArray, or } from 'drizzle-orm'
import type { Database, Transaction } from './database.ts'
import { members, teamMembers, teams } from './schema.ts'

/** Members of a workspace by user id, by role or by the name of a team. */
export async function findMembers(
  db: Database | Transaction,
  workspaceId: string,
  who: { users?: string[]; role?: string; team?: { appId: string; name: string } },
): Promise<{ userId: string; name: string; email: string | null }[]> {
  const conditions = [
    ...(who.users && who.users.length > 0 ? [inArray(members.userId, who.users)] : []),
    ...(who.role ? [arrayContains(members.roles, [who.role])] : []),
    ...(who.team ? [inArray(members.userId, usersIn(db, workspaceId, who.team))] : []),
  ]
  if (conditions.length === 0) return []
  return db
    .select({ userId: members.userId, name: members.name, email: members.email })
    .from(members)
    .where(and(eq(members.workspaceId, workspaceId), or(...conditions)))
    .orderBy(members.userId)
}

const usersIn = (db: Database | Transaction, workspaceId: string, team: { appId: string; name: string }) =>
  db
    .select({ userId: teamMembers.userId })
    .from(teamMembers)
    .innerJoin(teams, eq(teams.teamId, teamMembers.teamId))
    .where(and(eq(teams.workspaceId, workspaceId), eq(teams.appId, team.appId), eq(teams.name, team.name)))
