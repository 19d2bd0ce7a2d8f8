import { fail } from '../../../shared/temporal/failure.ts'
import { findMcpServerByName } from '../../../storage/sql/mcp-servers.ts'
import { callOperation } from './call-operation.ts'
import { fillMarks } from './fill-marks.ts'
import { callMcpTool, listMcpTools } from './mcp.ts'
import { type McpConnections, openConnections } from './mcp-connections.ts'
import type { McpDeps } from './mcp-place.ts'
import type { ToolCall, Tools } from './port.ts'
import { redacted } from './redact.ts'

/** Tools over HTTP: operations of integrations, and MCP servers. */
export function createTools(deps: McpDeps): Tools {
  const tools: Tools = {
    callOperation: (call) => callOperation(deps, call),
    callMcpTool: (call) => tools.forStep((own) => own.callMcpTool(call)),
    listMcpTools: (server, signal) => listMcpTools(deps, server, signal),
    forStep: async (use) => {
      const connections = openConnections(deps)
      try {
        return await use({ ...tools, callMcpTool: (call) => callMcp(deps, connections, call) })
      } finally {
        await connections.close()
      }
    },
  }
  return tools
}

/** Puts secrets into the arguments of an MCP tool, and takes them out of what it says. */
async function callMcp(
  { db, openSecrets }: McpDeps,
  connections: McpConnections,
  { marks, ...call }: ToolCall & { server: string; tool: string },
): ReturnType<Tools['callMcpTool']> {
  if (marks.size === 0) return callMcpTool({ db }, connections, call)
  const server = await findMcpServerByName(db, call, call.server)
  if (server && server.url === null)
    throw fail(
      'SecretUnusable',
      `“${call.server}” is a program of the operator’s, and secrets go to hosts only: take them out of the arguments.`,
    )
  const url = server?.url ?? 'https://invalid'
  const { values, redactor } = await openSecrets(call, marks.values(), url)
  const filled = new Map([...marks].map(([mark, name]) => [mark, values.get(name) ?? '']))
  try {
    const given = await callMcpTool({ db }, connections, {
      ...call,
      arguments: fillMarks(call.arguments, filled),
    })
    return { ...given, value: redactor.json(given.value) }
  } catch (error) {
    throw redacted(error, redactor.text)
  }
}
