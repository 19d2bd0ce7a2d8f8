import { and, eq } from 'drizzle-orm'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { AppWorld, OfferedTools } from '../../shared/contract/app-world.ts'
import { standingsOf } from '../../shared/contract/mcp-server.ts'
import type { Database } from './database.ts'
import { offeredOperations } from './integrations.ts'
import { mcpServers } from './schema.ts'
import { secretNames } from './secrets.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>

/** What an app has that its definitions may name. */
export async function readAppWorld(db: Database, place: Place): Promise<AppWorld> {
  const [integrations, servers, secrets] = await Promise.all([
    offeredOperations(db, place),
    offeredMcpTools(db, place),
    secretNames(db, place),
  ])
  return { integrations, mcpServers: servers, secrets }
}

/** Of each MCP server the tools that may be called. */
async function offeredMcpTools(db: Database, { workspaceId, appId }: Place): Promise<OfferedTools> {
  const rows = await db
    .select()
    .from(mcpServers)
    .where(and(eq(mcpServers.workspaceId, workspaceId), eq(mcpServers.appId, appId)))
  return Object.fromEntries(
    rows.map(({ name, seen, accepted, allowedTools }) => [
      name,
      Object.fromEntries(
        standingsOf(seen?.tools ?? [], accepted?.tools ?? [], allowedTools)
          .filter(({ obstacle }) => obstacle === undefined)
          .map(({ tool }) => [tool.name, { arguments: tool.inputSchema ?? {} }]),
      ),
    ]),
  )
}
