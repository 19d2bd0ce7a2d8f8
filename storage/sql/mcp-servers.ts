import { and, asc, eq, ne, sql } from 'drizzle-orm'
import type { McpServer } from '../../shared/contract/api/mcp-servers.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { McpServerFields } from '../../shared/contract/mcp-server.ts'
import type { Database, Transaction } from './database.ts'
import { NameKey, readCursor, toPage } from './page.ts'
import { mcpServers } from './schema.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>
export type McpServerRow = typeof mcpServers.$inferSelect

const ofApp = ({ workspaceId, appId }: Place) =>
  and(eq(mcpServers.workspaceId, workspaceId), eq(mcpServers.appId, appId))
const one = (place: Place, mcpServerId: string) => and(ofApp(place), eq(mcpServers.mcpServerId, mcpServerId))

/** MCP servers of the app, by name. */
export async function listMcpServers(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<McpServer>> {
  const after = readCursor(cursor, NameKey)
  const rows = await db
    .select()
    .from(mcpServers)
    .where(
      and(
        ofApp(caller),
        after && sql`(${mcpServers.name}, ${mcpServers.mcpServerId}) > (${after[0]}, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(mcpServers.name), asc(mcpServers.mcpServerId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: showMcpServer, key: (row) => [row.name, row.mcpServerId] })
}

export async function findMcpServer(
  db: Database,
  place: Place,
  mcpServerId: string,
): Promise<McpServerRow | undefined> {
  const [row] = await db.select().from(mcpServers).where(one(place, mcpServerId))
  return row
}

/** The server that definitions of the app name so. */
export async function findMcpServerByName(
  db: Database,
  place: Place,
  name: string,
): Promise<McpServerRow | undefined> {
  const [row] = await db
    .select()
    .from(mcpServers)
    .where(and(ofApp(place), eq(mcpServers.name, name)))
  return row
}

/** @throws Refusal `Conflict` when the name is taken. With an id that is there already nothing happens */
export const addMcpServer = (
  db: Database,
  { workspaceId, appId }: Place,
  mcpServerId: string,
  fields: McpServerFields,
): Promise<McpServer> =>
  db.transaction(async (tx) => {
    await keepNameFree(tx, { workspaceId, appId }, mcpServerId, fields.name)
    await tx
      .insert(mcpServers)
      .values({ mcpServerId, workspaceId, appId, ...columnsOf(fields) })
      .onConflictDoNothing({ target: mcpServers.mcpServerId })
    const [row] = await tx.select().from(mcpServers).where(eq(mcpServers.mcpServerId, mcpServerId))
    return showMcpServer(row!)
  })

/** At another address it is another server: its tools are unknown, and none is accepted. @throws Refusal `Conflict` when the name is taken */
export const replaceMcpServer = (
  db: Database,
  place: Place,
  mcpServerId: string,
  fields: McpServerFields,
): Promise<McpServer | undefined> =>
  db.transaction(async (tx) => {
    const [before] = await tx.select().from(mcpServers).where(one(place, mcpServerId)).for('update')
    if (!before) return undefined
    await keepNameFree(tx, place, mcpServerId, fields.name)
    const columns = columnsOf(fields)
    const isSame = before.url === columns.url && before.operatorServer === columns.operatorServer
    const [row] = await tx
      .update(mcpServers)
      .set({ ...columns, ...(isSame ? {} : unknownTools), updatedAt: new Date() })
      .where(one(place, mcpServerId))
      .returning()
    return row && showMcpServer(row)
  })

const unknownTools = { seen: null, seenAt: null, accepted: null, acceptedBy: null, acceptedAt: null }

export async function removeMcpServer(db: Database, place: Place, mcpServerId: string): Promise<boolean> {
  const gone = await db
    .delete(mcpServers)
    .where(one(place, mcpServerId))
    .returning({ mcpServerId: mcpServers.mcpServerId })
  return gone.length > 0
}

async function keepNameFree(tx: Transaction, place: Place, mcpServerId: string, name: string): Promise<void> {
  // Two that take the same name at once wait for each other here; the unique index would be an error of SQL.
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`mcp-server:${place.appId}:${name}`}, 0))`,
  )
  const [other] = await tx
    .select({ mcpServerId: mcpServers.mcpServerId })
    .from(mcpServers)
    .where(and(ofApp(place), eq(mcpServers.name, name), ne(mcpServers.mcpServerId, mcpServerId)))
  if (other)
    throw new Refusal('Conflict', `an MCP server named "${name}" is there already: take another name`)
}

const columnsOf = ({ name, url, operatorServer, headers, allowedTools, timeout }: McpServerFields) => ({
  name,
  url: url ?? null,
  operatorServer: operatorServer ?? null,
  headers: headers ?? {},
  allowedTools,
  timeout,
})

export const showMcpServer = (row: McpServerRow): McpServer => ({
  mcpServerId: row.mcpServerId,
  name: row.name,
  url: row.url,
  operatorServer: row.operatorServer,
  headers: row.headers,
  allowedTools: row.allowedTools,
  timeout: row.timeout,
  accepted: row.accepted !== null && row.accepted.sha256 === row.seen?.sha256,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})
