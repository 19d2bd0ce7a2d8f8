import { api } from '../../shared/contract/api/index.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { McpServerFields } from '../../shared/contract/mcp-server.ts'
import { idFrom } from '../../storage/id-from.ts'
import {
  addMcpServer,
  findMcpServer,
  listMcpServers,
  type McpServerRow,
  removeMcpServer,
  replaceMcpServer,
  showMcpServer,
} from '../../storage/sql/mcp-servers.ts'
import { acceptMcpTools, showMcpTools } from '../../storage/sql/mcp-tools.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { refreshTools } from '../mcp/refresh-tools.ts'
import { must } from '../runs/must-read.ts'
import { checkSecretHosts } from '../secure/check-secret-hosts.ts'

export function bindMcpServers(bind: Binder, deps: Deps): void {
  const { db } = deps
  const find = async (caller: Caller, mcpServerId: string): Promise<McpServerRow> =>
    must(await findMcpServer(db, caller, mcpServerId), 'MCP server')

  bind(api.mcpServers.list, ({ caller, query }) => listMcpServers(db, caller, query))
  const checked = async (caller: Caller, fields: McpServerFields): Promise<McpServerFields> => {
    if (fields.url) await checkSecretHosts(deps, caller, fields.url, { headers: fields.headers ?? {} })
    return fields
  }

  bind(api.mcpServers.create, async ({ caller, body, one }) =>
    addMcpServer(db, caller, idFrom(`${one.seed}:mcp-server`), await checked(caller, body)),
  )
  bind(api.mcpServers.get, async ({ caller, params }) =>
    showMcpServer(await find(caller, params.mcpServerId)),
  )
  bind(api.mcpServers.replace, async ({ caller, params, body }) =>
    must(await replaceMcpServer(db, caller, params.mcpServerId, await checked(caller, body)), 'MCP server'),
  )
  bind(api.mcpServers.remove, async ({ caller, params }) => {
    must((await removeMcpServer(db, caller, params.mcpServerId)) || undefined, 'MCP server')
    return undefined
  })
  bind(api.mcpServers.tools, async ({ caller, params }) =>
    showMcpTools(await find(caller, params.mcpServerId)),
  )
  bind(api.mcpServers.refresh, async ({ caller, params }) => {
    const { mcpServerId } = await find(caller, params.mcpServerId)
    await refreshTools(deps, caller, mcpServerId)
    return showMcpTools(await find(caller, mcpServerId))
  })
  bind(api.mcpServers.accept, async ({ caller, params, body }) =>
    showMcpTools(must(await acceptMcpTools(db, caller, params.mcpServerId, body), 'MCP server')),
  )
}
