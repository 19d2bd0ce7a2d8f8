import { and, asc, eq, type SQL, sql } from 'drizzle-orm'
import type { Me } from '../../shared/contract/api/system.ts'
import type { Role } from '../../shared/contract/person.ts'
import type { Database } from './database.ts'
import { apiKeys, apps, members, teamMembers, teams, workspaces } from './schema.ts'

/** Who somebody is, and where: an API key belongs to one workspace, a person to any number. */
export interface Identity {
  userId: string
  name: string | null
  /** Of an API key: it works in this workspace only, with these roles. */
  key?: { workspaceId: string; roles: Role[] }
}

/** The identity that an API key stands for, by the hash of its secret. */
export async function findKey(db: Database, sha256: string): Promise<Identity | undefined> {
  const [row] = await db
    .select({ key: apiKeys, member: members.name })
    .from(apiKeys)
    .leftJoin(members, and(eq(members.workspaceId, apiKeys.workspaceId), eq(members.userId, apiKeys.userId)))
    .where(eq(apiKeys.sha256, sha256))
  if (!row) return undefined
  const { workspaceId, userId, roles } = row.key
  return { userId, name: row.member, key: { workspaceId, roles: roles as Role[] } }
}

export async function findPerson(db: Database, userId: string): Promise<Identity | undefined> {
  const [row] = await db
    .select({ name: members.name })
    .from(members)
    .where(eq(members.userId, userId))
    .limit(1)
  return row ? { userId, name: row.name } : undefined
}

/** The roles and teams of an identity in a workspace and app, or undefined where it has none or there is no such place. */
export async function findStanding(
  db: Database,
  identity: Identity,
  workspaceId: string,
  appId: string,
): Promise<{ roles: Role[]; teams: string[] } | undefined> {
  if (identity.key && identity.key.workspaceId !== workspaceId) return undefined
  const [row] = await db
    .select({ roles: members.roles, teams: teamsOf(identity.userId, workspaceId, appId) })
    .from(apps)
    .leftJoin(members, and(eq(members.workspaceId, apps.workspaceId), eq(members.userId, identity.userId)))
    .where(and(eq(apps.workspaceId, workspaceId), eq(apps.appId, appId)))
  if (!row) return undefined
  const roles = identity.key?.roles ?? (row.roles as Role[] | null) ?? []
  return roles.length > 0 ? { roles, teams: row.teams } : undefined
}

/** Names of the teams that a person is in. */
const teamsOf = (userId: string, workspaceId: string | SQL, appId: string | SQL) =>
  sql<string[]>`array(
    select ${teams.name} from ${teams} join ${teamMembers} on ${teamMembers.teamId} = ${teams.teamId}
    where ${teamMembers.userId} = ${userId} and ${teamMembers.workspaceId} = ${workspaceId} and ${teams.appId} = ${appId}
    order by 1)`

/** The workspaces of an identity, with roles and apps. */
export async function listWorkspaces(db: Database, identity: Identity): Promise<Me['workspaces']> {
  const rows = await db
    .select({
      workspaceId: workspaces.workspaceId,
      name: workspaces.name,
      roles: members.roles,
      appId: apps.appId,
      appName: apps.name,
      teams: teamsOf(identity.userId, sql`${workspaces.workspaceId}`, sql`${apps.appId}`),
    })
    .from(workspaces)
    .leftJoin(
      members,
      and(eq(members.workspaceId, workspaces.workspaceId), eq(members.userId, identity.userId)),
    )
    .leftJoin(apps, eq(apps.workspaceId, workspaces.workspaceId))
    .where(
      identity.key
        ? eq(workspaces.workspaceId, identity.key.workspaceId)
        : eq(members.userId, identity.userId),
    )
    .orderBy(asc(workspaces.name), asc(workspaces.workspaceId), asc(apps.name))
  const found = new Map<string, Me['workspaces'][number]>()
  for (const row of rows) {
    const roles = identity.key?.roles ?? (row.roles as Role[])
    const workspace = found.get(row.workspaceId) ?? {
      workspaceId: row.workspaceId,
      name: row.name,
      roles,
      apps: [],
    }
    const { appId, appName, teams: ofApp } = row
    if (appId && appName)
      workspace.apps.push({ appId, name: appName, ...(ofApp.length > 0 ? { teams: ofApp } : {}) })
    found.set(row.workspaceId, workspace)
  }
  return [...found.values()]
}

export const countWorkspaces = (db: Database): Promise<number> => db.$count(workspaces)
