import { z } from 'zod'
import { AllowedTools, McpServerFields, McpServerName, McpToolName, McpToolState } from '../mcp-server.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { AnyJson, admin, admins, builders, Id, Scope, scopeParams, Time } from './scope.ts'

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex')

export const McpServer = z
  .object({
    mcpServerId: Id,
    name: McpServerName,
    url: z.string().nullable(),
    operatorServer: z.string().nullable(),
    headers: z.record(z.string(), z.string()),
    allowedTools: z.array(McpToolName),
    timeout: z.string(),
    /** Whether the tools it offered last are the accepted ones. */
    accepted: z.boolean(),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'McpServer' })
export type McpServer = z.infer<typeof McpServer>

const McpToolView = z
  .object({
    name: z.string(),
    description: z.string(),
    inputSchema: AnyJson,
    sha256: Sha256,
    state: McpToolState,
    allowed: z.boolean(),
    usable: z.boolean(),
    /** Why it is not usable. */
    reason: z.string().nullable(),
    /** Of a changed tool: what was accepted. */
    before: z.object({ description: z.string(), inputSchema: AnyJson }).nullable(),
  })
  .meta({ id: 'McpTool' })

export const McpTools = z
  .object({
    /** When the server was asked last; null when it never was. */
    listedAt: Time.nullable(),
    /** Of the whole list: what `accept` takes. */
    sha256: Sha256.nullable(),
    acceptedSha256: Sha256.nullable(),
    acceptedBy: z.string().nullable(),
    acceptedAt: Time.nullable(),
    items: z.array(McpToolView),
    leftOut: z.array(z.string()),
  })
  .meta({ id: 'McpTools' })
export type McpTools = z.infer<typeof McpTools>

const ServerParams = z.object({ ...scopeParams, mcpServerId: Id })

export const mcpServers = {
  list: route({
    name: 'listMcpServers',
    method: 'get',
    path: `${admin}/mcp-servers`,
    tag: 'Tools',
    summary: 'MCP servers of the app, by name',
    access: builders,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of servers', body: pageOf(McpServer) },
  }),
  create: route({
    name: 'createMcpServer',
    method: 'post',
    path: `${admin}/mcp-servers`,
    tag: 'Tools',
    summary: 'Adds an MCP server. Nothing is sent to it yet',
    description:
      'A server is reached over Streamable HTTP by its `url`, or is one that the operator’s configuration file names. A credential in a header is a secret that is named there, never its value.',
    access: admins,
    params: Scope,
    body: McpServerFields,
    reply: { status: 201, description: 'Added', body: McpServer },
    problems: ['Conflict'],
    idempotent: true,
  }),
  get: route({
    name: 'getMcpServer',
    method: 'get',
    path: `${admin}/mcp-servers/{mcpServerId}`,
    tag: 'Tools',
    summary: 'One MCP server',
    access: builders,
    params: ServerParams,
    reply: { status: 200, description: 'The server', body: McpServer },
  }),
  replace: route({
    name: 'replaceMcpServer',
    method: 'put',
    path: `${admin}/mcp-servers/{mcpServerId}`,
    tag: 'Tools',
    summary: 'Replaces what is said of an MCP server. At another address all tools have to be accepted anew',
    access: admins,
    params: ServerParams,
    body: McpServerFields,
    reply: { status: 200, description: 'The server', body: McpServer },
    problems: ['Conflict'],
    idempotent: true,
  }),
  remove: route({
    name: 'deleteMcpServer',
    method: 'delete',
    path: `${admin}/mcp-servers/{mcpServerId}`,
    tag: 'Tools',
    summary: 'Takes an MCP server away. Steps that name it fail from now on',
    access: admins,
    params: ServerParams,
    reply: { status: 204, description: 'Taken away' },
  }),
  tools: route({
    name: 'listMcpTools',
    method: 'get',
    path: `${admin}/mcp-servers/{mcpServerId}/tools`,
    tag: 'Tools',
    summary: 'The tools that the server offered when it was asked last, and which of them may be called',
    access: builders,
    params: ServerParams,
    reply: { status: 200, description: 'The tools', body: McpTools },
  }),
  refresh: route({
    name: 'refreshMcpTools',
    method: 'post',
    path: `${admin}/mcp-servers/{mcpServerId}/tools`,
    tag: 'Tools',
    summary: 'Asks the server for its tools, by a worker, and gives them when it answers in time',
    access: admins,
    params: ServerParams,
    reply: { status: 200, description: 'The tools', body: McpTools },
    problems: ['ProviderBusy', 'ProviderRefused', 'ProviderMissing', 'OutboundRefused', 'Unavailable'],
  }),
  accept: route({
    name: 'acceptMcpTools',
    method: 'post',
    path: `${admin}/mcp-servers/{mcpServerId}/accept`,
    tag: 'Tools',
    summary: 'Accepts the tools as they were listed last. Those that are also allowed may be called',
    description:
      '`sha256` is that of the list that was looked at: when the server offered something else since, it is a 409. `allowedTools` sets which tools may be called, in the same go.',
    access: admins,
    params: ServerParams,
    body: z.strictObject({ sha256: Sha256, allowedTools: AllowedTools.optional() }),
    reply: { status: 200, description: 'The tools', body: McpTools },
    problems: ['ToolsChanged'],
    idempotent: true,
  }),
}
