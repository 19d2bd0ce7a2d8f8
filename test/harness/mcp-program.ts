import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'

/** An MCP server as a program of the operator's: says what it was given, and which process it is. */
const server = new Server({ name: 'program', version: '1' }, { capabilities: { tools: {} } })
server.setRequestHandler(ListToolsRequestSchema, () => ({
  tools: [{ name: 'tell', description: 'Tells.', inputSchema: { type: 'object' } }],
}))
server.setRequestHandler(CallToolRequestSchema, ({ params }) =>
  params.arguments?.wait
    ? new Promise(() => {})
    : {
        content: [],
        structuredContent: {
          pid: process.pid,
          token: process.env.PROGRAM_TOKEN,
          database: process.env.DATABASE_URL ?? null,
        },
      },
)
await server.connect(new StdioServerTransport())
