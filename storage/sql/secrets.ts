import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Secret } from '../../shared/contract/api/secrets.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Sealed } from '../secrets/seal.ts'
import type { Database } from './database.ts'
import { isDuplicate } from './is-duplicate.ts'
import { NameKey, readCursor, toPage } from './page.ts'
import { secrets } from './schema.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>

const ofApp = ({ workspaceId, appId }: Place) =>
  and(eq(secrets.workspaceId, workspaceId), eq(secrets.appId, appId))
const one = (place: Place, secretId: string) => and(ofApp(place), eq(secrets.secretId, secretId))

/** Secrets of the app, by name. */
export async function listSecrets(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<Secret>> {
  const after = readCursor(cursor, NameKey)
  const rows = await db
    .select()
    .from(secrets)
    .where(
      and(
        ofApp(caller),
        after && sql`(${secrets.name}, ${secrets.secretId}) > (${after[0]}, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(secrets.name), asc(secrets.secretId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: asSecret, key: (row) => [row.name, row.secretId] })
}

export async function findSecret(
  db: Database,
  caller: Caller,
  secretId: string,
): Promise<Secret | undefined> {
  const [row] = await db.select().from(secrets).where(one(caller, secretId))
  return row && asSecret(row)
}

interface Kept {
  name: string
  hosts: string[]
  sealed: Sealed
}

/** @throws Refusal `Conflict` when the app has a secret of that name */
export async function addSecret(db: Database, caller: Caller, secretId: string, kept: Kept): Promise<Secret> {
  const { workspaceId, appId } = caller
  const [row] = await db
    .insert(secrets)
    .values({ ...kept, secretId, workspaceId, appId })
    .onConflictDoNothing()
    .returning()
  if (!row) throw taken(kept.name)
  return asSecret(row)
}

/** @throws Refusal `Conflict` when another secret has that name */
export async function replaceSecret(
  db: Database,
  caller: Caller,
  secretId: string,
  kept: Kept,
): Promise<Secret | undefined> {
  try {
    const [row] = await db
      .update(secrets)
      .set({ ...kept, updatedAt: sql`now()` })
      .where(one(caller, secretId))
      .returning()
    return row && asSecret(row)
  } catch (error) {
    throw isDuplicate(error) ? taken(kept.name) : error
  }
}

export async function removeSecret(db: Database, caller: Caller, secretId: string): Promise<boolean> {
  const gone = await db.delete(secrets).where(one(caller, secretId)).returning({ name: secrets.name })
  return gone.length > 0
}

/** Secrets of the app by their names, sealed as they are. */
export async function sealedSecrets(db: Database, place: Place, names: string[]): Promise<Kept[]> {
  if (names.length === 0) return []
  return db
    .select({ name: secrets.name, hosts: secrets.hosts, sealed: secrets.sealed })
    .from(secrets)
    .where(and(ofApp(place), inArray(secrets.name, names)))
}

/** All secrets of an app by name, with the hosts that each may go to. */
export async function secretHosts(db: Database, place: Place): Promise<Record<string, string[]>> {
  const rows = await db.select({ name: secrets.name, hosts: secrets.hosts }).from(secrets).where(ofApp(place))
  return Object.fromEntries(rows.map(({ name, hosts }) => [name, hosts]))
}

const taken = (name: string) =>
  new Refusal('Conflict', `there is a secret "${name}" already: replace that one, or take another name`)

const asSecret = (row: typeof secrets.$inferSelect): Secret => ({
  secretId: row.secretId,
  name: row.name,
  hosts: row.hosts,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})
