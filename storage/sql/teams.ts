import { and, asc, eq, ne, sql } from 'drizzle-orm'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Team } from '../../shared/contract/api/teams.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { TeamFields } from '../../shared/contract/team.ts'
import type { Database, Transaction } from './database.ts'
import { findMembers } from './find-members.ts'
import { NameKey, readCursor, toPage } from './page.ts'
import { teamMembers, teams } from './schema.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>

const ofApp = ({ workspaceId, appId }: Place) =>
  and(eq(teams.workspaceId, workspaceId), eq(teams.appId, appId))
const one = (place: Place, teamId: string) => and(ofApp(place), eq(teams.teamId, teamId))

const shown = {
  teamId: teams.teamId,
  name: teams.name,
  // Columns of a select from one table are written without it, so these are named in full.
  members: sql<string[]>`array(
    select held.user_id from ${teamMembers} held where held.team_id = ${teams}.team_id order by 1)`,
  createdAt: teams.createdAt,
  updatedAt: teams.updatedAt,
}

/** Teams of the app, by name. */
export async function listTeams(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<Team>> {
  const after = readCursor(cursor, NameKey)
  const rows = await db
    .select(shown)
    .from(teams)
    .where(
      and(ofApp(caller), after && sql`(${teams.name}, ${teams.teamId}) > (${after[0]}, ${after[1]}::uuid)`),
    )
    .orderBy(asc(teams.name), asc(teams.teamId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: asTeam, key: (row) => [row.name, row.teamId] })
}

export async function findTeam(
  db: Database | Transaction,
  place: Place,
  teamId: string,
): Promise<Team | undefined> {
  const [row] = await db.select(shown).from(teams).where(one(place, teamId))
  return row && asTeam(row)
}

/** User ids of the team of that name; undefined when the app has none. */
export async function findTeamMembers(
  db: Database | Transaction,
  place: Place,
  name: string,
): Promise<string[] | undefined> {
  const [row] = await db
    .select({ members: shown.members })
    .from(teams)
    .where(and(ofApp(place), eq(teams.name, name)))
  return row?.members
}

export async function teamNames(db: Database, place: Place): Promise<string[]> {
  const rows = await db.select({ name: teams.name }).from(teams).where(ofApp(place)).orderBy(asc(teams.name))
  return rows.map(({ name }) => name)
}

/** @throws Refusal `Conflict` when the name is taken, `Invalid` for who is no member. With an id that is there already nothing happens */
export const addTeam = (db: Database, place: Place, teamId: string, fields: TeamFields): Promise<Team> =>
  db.transaction(async (tx) => {
    const { workspaceId, appId } = place
    await keepNameFree(tx, place, teamId, fields.name)
    const made = await tx
      .insert(teams)
      .values({ teamId, workspaceId, appId, name: fields.name })
      .onConflictDoNothing({ target: teams.teamId })
      .returning({ teamId: teams.teamId })
    if (made.length > 0) await putMembers(tx, place, teamId, fields.members)
    return (await findTeam(tx, place, teamId)) as Team
  })

/** @throws Refusal as `addTeam` */
export const replaceTeam = (
  db: Database,
  place: Place,
  teamId: string,
  fields: TeamFields,
): Promise<Team | undefined> =>
  db.transaction(async (tx) => {
    const [before] = await tx
      .select({ teamId: teams.teamId })
      .from(teams)
      .where(one(place, teamId))
      .for('update')
    if (!before) return undefined
    await keepNameFree(tx, place, teamId, fields.name)
    await tx.update(teams).set({ name: fields.name, updatedAt: new Date() }).where(one(place, teamId))
    await tx
      .delete(teamMembers)
      .where(and(eq(teamMembers.workspaceId, place.workspaceId), eq(teamMembers.teamId, teamId)))
    await putMembers(tx, place, teamId, fields.members)
    return findTeam(tx, place, teamId)
  })

export async function removeTeam(db: Database, place: Place, teamId: string): Promise<boolean> {
  const gone = await db.delete(teams).where(one(place, teamId)).returning({ teamId: teams.teamId })
  return gone.length > 0
}

async function putMembers(
  tx: Transaction,
  { workspaceId }: Place,
  teamId: string,
  users: string[],
): Promise<void> {
  const known = new Set((await findMembers(tx, workspaceId, { users })).map(({ userId }) => userId))
  const problems = users.flatMap((user, at) =>
    known.has(user)
      ? []
      : [{ path: `members[${at}]`, message: `"${user}" is no member of the workspace: add them first` }],
  )
  const [first] = problems
  if (first) throw new Refusal('Invalid', `${first.path}: ${first.message}`, { problems })
  if (users.length > 0)
    await tx.insert(teamMembers).values(users.map((userId) => ({ teamId, workspaceId, userId })))
}

async function keepNameFree(tx: Transaction, place: Place, teamId: string, name: string): Promise<void> {
  // Two that take the same name at once wait for each other here; the unique index would be an error of SQL.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`team:${place.appId}:${name}`}, 0))`)
  const [other] = await tx
    .select({ teamId: teams.teamId })
    .from(teams)
    .where(and(ofApp(place), eq(teams.name, name), ne(teams.teamId, teamId)))
  if (other) throw new Refusal('Conflict', `a team named "${name}" is there already: take another name`)
}

const asTeam = (row: Omit<Team, 'createdAt' | 'updatedAt'> & { createdAt: Date; updatedAt: Date }): Team => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})
