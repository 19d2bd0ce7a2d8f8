import type { api } from '../../shared/contract/api/index.ts'
import type { Calls, Given, WriteOptions } from './routes.ts'

type Routes = (typeof api)['mcpServers']
const servers = '/api/admin/wks/{workspaceId}/app/{appId}/mcp-servers'
const one = `${servers}/{mcpServerId}` as const

/** What admins do with MCP servers: add them, look at their tools, and accept those. */
export const mcpServerCalls = ({ call }: Calls) => ({
  mcpServers: (query?: Given<Routes['list']>['query']) => call<Routes['list']>('get', servers, { query }),

  createMcpServer: (body: NonNullable<Given<Routes['create']>['body']>, options?: WriteOptions) =>
    call<Routes['create']>('post', servers, { body }, options),

  replaceMcpServer: (
    mcpServerId: string,
    body: NonNullable<Given<Routes['replace']>['body']>,
    options?: WriteOptions,
  ) => call<Routes['replace']>('put', one, { params: { mcpServerId }, body }, options),

  /** Asks the server for its tools. None of them may be called before it is accepted. */
  refreshMcpTools: (mcpServerId: string, options?: WriteOptions) =>
    call<Routes['refresh']>('post', `${one}/tools`, { params: { mcpServerId } }, options),

  /** Accepts the list of that `sha256`, and says which of its tools may be called. */
  acceptMcpTools: (
    mcpServerId: string,
    body: NonNullable<Given<Routes['accept']>['body']>,
    options?: WriteOptions,
  ) => call<Routes['accept']>('post', `${one}/accept`, { params: { mcpServerId }, body }, options),
})
