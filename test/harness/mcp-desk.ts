import { randomUUID } from 'node:crypto'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { callMcpTool, listMcpTools, type McpCall } from '../../activities/providers/tools/mcp.ts'
import { type McpConnections, openConnections } from '../../activities/providers/tools/mcp-connections.ts'
import type { McpDeps } from '../../activities/providers/tools/mcp-place.ts'
import { createRedactor } from '../../activities/providers/tools/redact.ts'
import type { McpTools } from '../../shared/contract/api/mcp-servers.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { defaultBrand } from '../../shared/contract/brand.ts'
import { McpServerFields } from '../../shared/contract/mcp-server.ts'
import { defaultSettings } from '../../shared/contract/settings.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { addMcpServer, findMcpServer } from '../../storage/sql/mcp-servers.ts'
import { acceptMcpTools, showMcpTools } from '../../storage/sql/mcp-tools.ts'
import * as table from '../../storage/sql/schema.ts'
import { ground } from './ground.ts'

/** An app with MCP servers, and the means of a worker to call them. */
export interface McpDesk {
  db: Database
  caller: Caller
  deps: McpDeps
  /** Adds a server; gives its id. */
  add(fields: Record<string, unknown>): Promise<string>
  /** Asks the server for its tools. */
  list(mcpServerId: string): Promise<McpTools>
  /** The tools as they are known, without asking. */
  known(mcpServerId: string): Promise<McpTools>
  /** Accepts what the server offers, and allows these tools, or all. */
  accept(mcpServerId: string, allowedTools?: string[]): Promise<void>
  /** Adds a server with everything allowed. */
  ready(fields: Record<string, unknown>): Promise<string>
  /** Calls a tool, over connections of its own where it is given none. */
  call(given: Partial<McpCall>, connections?: McpConnections): ReturnType<typeof callMcpTool>
  close(): Promise<void>
}

/** `allow` lists the private addresses that may be called. */
export async function openMcpDesk(allow: () => string[], over: Partial<McpDeps> = {}): Promise<McpDesk> {
  const place = await ground()
  const db = openDatabase(place.databaseUrl)
  const caller: Caller = { workspaceId: randomUUID(), appId: randomUUID(), userId: 'ana', roles: ['admin'] }
  const { workspaceId, appId } = caller
  await db
    .insert(table.workspaces)
    .values({ workspaceId, name: 'Test', brand: defaultBrand, settings: defaultSettings })
  await db.insert(table.apps).values({ appId, workspaceId, name: 'Test' })
  const deps: McpDeps = {
    db,
    outbound: (input, init) => createGuardedFetch({ allow: allow() })(input, init),
    openSecrets: async () => ({ values: new Map(), redactor: createRedactor([]) }),
    operatorServers: {},
    ...over,
  }
  const row = async (mcpServerId: string) => (await findMcpServer(db, caller, mcpServerId))!
  const desk: McpDesk = {
    db,
    caller,
    deps,
    add: async (fields) => {
      const mcpServerId = randomUUID()
      await addMcpServer(db, caller, mcpServerId, McpServerFields.parse(fields))
      return mcpServerId
    },
    list: async (mcpServerId) => {
      await listMcpTools(deps, await row(mcpServerId), new AbortController().signal)
      return desk.known(mcpServerId)
    },
    known: async (mcpServerId) => showMcpTools(await row(mcpServerId)),
    accept: async (mcpServerId, allowedTools) => {
      const { sha256, items } = await desk.list(mcpServerId)
      await acceptMcpTools(db, caller, mcpServerId, {
        sha256: sha256 as string,
        allowedTools: allowedTools ?? items.map(({ name }) => name),
      })
    },
    ready: async (fields) => {
      const mcpServerId = await desk.add(fields)
      await desk.accept(mcpServerId)
      return mcpServerId
    },
    call: async (given, connections) => {
      const own = connections ?? openConnections(deps)
      try {
        return await callMcpTool(deps, own, {
          workspaceId,
          appId,
          server: 'orders',
          tool: 'get_order',
          arguments: { number: 7 },
          key: 'run:step:0',
          signal: new AbortController().signal,
          ...given,
        })
      } finally {
        if (!connections) await own.close()
      }
    },
    close: async () => {
      await db.$client.end()
      await place.drop()
    },
  }
  return desk
}
