import { fail } from '../../../shared/temporal/failure.ts'
import { findMcpServerByName } from '../../../storage/sql/mcp-servers.ts'
import { callOperation } from './call-operation.ts'
import { fillMarks } from './fill-marks.ts'
import { callMcpTool, listMcpTools, type McpDeps } from './mcp.ts'
import type { ToolCall, Tools } from './port.ts'
import { redacted } from './redact.ts'

/** Tools over HTTP: operations of integrations, and MCP servers. */
export const createTools = (deps: McpDeps): Tools => ({
  callOperation: (call) => callOperation(deps, call),
  callMcpTool: (call) => callMcp(deps, call),
  listMcpTools: (server, signal) => listMcpTools(deps, server, signal),
})

/** Puts secrets into the arguments of an MCP tool, and takes them out of what it says. */
async function callMcp(
  { db, openSecrets, ...deps }: McpDeps,
  { marks, ...call }: ToolCall & { server: string; tool: string },
): ReturnType<Tools['callMcpTool']> {
  if (marks.size === 0) return callMcpTool({ db, openSecrets, ...deps }, call)
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
    const given = await callMcpTool(
      { db, openSecrets, ...deps },
      { ...call, arguments: fillMarks(call.arguments, filled) },
    )
    return { ...given, value: redactor.json(given.value) }
  } catch (error) {
    throw redacted(error, redactor.text)
  }
}
