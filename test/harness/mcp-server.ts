import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js'

export interface McpTestServer {
  url: string
  port: number
  /** What it offers from now on. */
  tools: Tool[]
  /** What it does when a tool is called. */
  answer: (
    name: string,
    given: Record<string, unknown>,
    call: { signal: AbortSignal; meta: unknown },
  ) => Promise<CallToolResult> | CallToolResult
  calls: { name: string; arguments: Record<string, unknown>; meta: unknown; headers: IncomingHttpHeaders }[]
  /** Sessions that nobody ended. */
  open(): number
  /** Sessions that were begun, by `initialize`. */
  begun: number
  /** Breaks all connections off. */
  drop(): void
  /** Forgets all sessions, as a server does that is started anew. */
  forget(): void
  close(): Promise<void>
}

export const orderTool: Tool = {
  name: 'get_order',
  description: 'Finds an order by its number.',
  inputSchema: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { number: { type: 'integer', minimum: 1 } },
    required: ['number'],
    additionalProperties: false,
  },
}

/** A real MCP server over Streamable HTTP, by the protocol's own SDK, with sessions. */
export async function startMcpServer(): Promise<McpTestServer> {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const one: McpTestServer = {
    url: '',
    port: 0,
    tools: [orderTool],
    answer: (_, { number }) => ({ content: [], structuredContent: { number, status: 'shipped' } }),
    calls: [],
    open: () => sessions.size,
    begun: 0,
    drop: () => {},
    forget: () => sessions.clear(),
    close: async () => {},
  }
  const connect = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => {
        one.begun++
        sessions.set(id, transport)
      },
      onsessionclosed: (id) => void sessions.delete(id),
    })
    const server = new Server({ name: 'orders', version: '1' }, { capabilities: { tools: {} } })
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: one.tools }))
    server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal, requestInfo, _meta }) => {
      const { name, arguments: given = {} } = params
      const headers = (requestInfo?.headers ?? {}) as IncomingHttpHeaders
      one.calls.push({ name, arguments: given, meta: _meta, headers })
      return one.answer(name, given, { signal, meta: _meta })
    })
    await server.connect(transport)
    return transport
  }
  const http = createServer(async (req, res) => {
    const id = req.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (typeof id === 'string' && !known) return void res.writeHead(404).end()
    await (known ?? (await connect())).handleRequest(req, res)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  one.port = (http.address() as AddressInfo).port
  one.url = `http://127.0.0.1:${one.port}/mcp`
  one.drop = () => http.closeAllConnections()
  one.close = async () => {
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  }
  return one
}
