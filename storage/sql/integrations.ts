import { and, asc, eq, sql } from 'drizzle-orm'
import type { Integration, IntegrationCard } from '../../shared/contract/api/integrations.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { OfferedTools } from '../../shared/contract/app-world.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Credentials, Operation } from '../../shared/contract/integration.ts'
import type { JsonObject } from '../../shared/contract/json.ts'
import type { Database, Transaction } from './database.ts'
import { isDuplicate } from './is-duplicate.ts'
import { NameKey, readCursor, TextKey, toPage } from './page.ts'
import { integrations } from './schema.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>

const ofApp = ({ workspaceId, appId }: Place) =>
  and(eq(integrations.workspaceId, workspaceId), eq(integrations.appId, appId))
const one = (place: Place, integrationId: string) =>
  and(ofApp(place), eq(integrations.integrationId, integrationId))

/** Integrations of the app, by name. */
export async function listIntegrations(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<IntegrationCard>> {
  const after = readCursor(cursor, NameKey)
  const rows = await db
    .select()
    .from(integrations)
    .where(
      and(
        ofApp(caller),
        after &&
          sql`(${integrations.name}, ${integrations.integrationId}) > (${after[0]}, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(integrations.name), asc(integrations.integrationId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: cardOf, key: (row) => [row.name, row.integrationId] })
}

export async function findIntegration(
  db: Database,
  caller: Caller,
  integrationId: string,
): Promise<Integration | undefined> {
  const [row] = await db.select().from(integrations).where(one(caller, integrationId))
  return row && asIntegration(row)
}

/** The operations of one integration, by name; undefined when there is no such integration. */
export async function listOperations(
  db: Database,
  caller: Caller,
  integrationId: string,
  { limit, cursor }: PageQuery,
): Promise<Page<Operation> | undefined> {
  const after = readCursor(cursor, TextKey)
  const [row] = await db
    .select({ operations: integrations.operations })
    .from(integrations)
    .where(one(caller, integrationId))
  if (!row) return undefined
  const sorted = row.operations
    .filter(({ name }) => !after || name > after[0])
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return toPage(sorted.slice(0, limit + 1), limit, { item: withoutPlaces, key: ({ name }) => [name] })
}

interface Kept {
  name: string
  description: string
  baseUrl: string
  headers: Credentials
  query: Credentials
  operations: Operation[]
  openapi: string | JsonObject | null
  leftOut: string[]
}

/** @throws Refusal `Conflict` when the app has an integration of that name */
export async function addIntegration(
  db: Database,
  caller: Caller,
  integrationId: string,
  kept: Kept,
): Promise<Integration> {
  const { workspaceId, appId } = caller
  const [row] = await db
    .insert(integrations)
    .values({ ...kept, integrationId, workspaceId, appId })
    .onConflictDoNothing({ target: [integrations.appId, integrations.name] })
    .returning()
  if (!row) throw taken(kept.name)
  return asIntegration(row)
}

/** @throws Refusal `Conflict` when another integration has that name */
export async function replaceIntegration(
  db: Database,
  caller: Caller,
  integrationId: string,
  kept: Kept,
): Promise<Integration | undefined> {
  try {
    const [row] = await db
      .update(integrations)
      .set({ ...kept, updatedAt: sql`now()` })
      .where(one(caller, integrationId))
      .returning()
    return row && asIntegration(row)
  } catch (error) {
    throw isDuplicate(error) ? taken(kept.name) : error
  }
}

export async function removeIntegration(
  db: Database,
  caller: Caller,
  integrationId: string,
): Promise<boolean> {
  const gone = await db
    .delete(integrations)
    .where(one(caller, integrationId))
    .returning({ name: integrations.name })
  return gone.length > 0
}

/** What all operations of an integration have in common. */
export type IntegrationPlace = Pick<Kept, 'baseUrl' | 'headers' | 'query'>

/** An operation with what it has in common with the others of its integration. */
export interface FoundOperation {
  place: IntegrationPlace
  operation: Operation
}

/** An operation by the names that a definition gives; or why there is none. */
export async function findOperation(
  db: Database,
  place: Place,
  integration: string,
  name: string,
): Promise<FoundOperation | string> {
  const { workspaceId, appId } = place
  // The others of it, and the document that they were read from, may be large.
  const { rows } = await db.execute<IntegrationPlace & { operation: Operation | null }>(sql`
    select base_url as "baseUrl", headers, query, (
      select one from jsonb_array_elements(operations) as one where one ->> 'name' = ${name} limit 1
    ) as operation
    from ${integrations}
    where workspace_id = ${workspaceId}::uuid and app_id = ${appId}::uuid and name = ${integration}`)
  const [row] = rows
  if (!row) return `This app has no integration “${integration}”: it was taken away or renamed.`
  const { operation, ...shared } = row
  if (!operation) return `The integration “${integration}” has no operation “${name}” any more.`
  return { place: shared, operation }
}

/** What the integrations of an app offer. */
export async function offeredOperations(db: Database | Transaction, place: Place): Promise<OfferedTools> {
  const rows = await db
    .select({ name: integrations.name, url: integrations.baseUrl, operations: integrations.operations })
    .from(integrations)
    .where(ofApp(place))
  return Object.fromEntries(
    rows.map(({ name, url, operations }) => [
      name,
      Object.fromEntries(operations.map((one) => [one.name, { arguments: one.arguments, url }])),
    ]),
  )
}

const taken = (name: string) =>
  new Refusal('Conflict', `there is an integration "${name}" already: replace that one, or take another name`)

const withoutPlaces = ({ places: _, ...operation }: Operation) => operation as Operation

type Row = typeof integrations.$inferSelect

const cardOf = (row: Row): IntegrationCard => ({
  integrationId: row.integrationId,
  name: row.name,
  description: row.description,
  baseUrl: row.baseUrl,
  headers: row.headers,
  query: row.query,
  source: row.openapi === null ? 'operations' : 'openapi',
  operationCount: row.operations.length,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})

const asIntegration = (row: Row): Integration => ({
  ...cardOf(row),
  operations: row.operations.map(withoutPlaces),
  openapi: row.openapi,
  leftOut: row.leftOut,
})
