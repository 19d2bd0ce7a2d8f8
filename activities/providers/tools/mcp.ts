import { milliseconds } from '../../../shared/contract/duration.ts'
import type { InputProblem } from '../../../shared/contract/errors.ts'
import type { JsonObject } from '../../../shared/contract/json.ts'
import { schemaProblems } from '../../../shared/contract/json-schema.ts'
import { type McpTool, type McpToolList, standingsOf } from '../../../shared/contract/mcp-server.ts'
import type { SecureHandles } from '../../../shared/contract/secure-metadata.ts'
import { fail, kindOf } from '../../../shared/temporal/failure.ts'
import { findMcpServerByName, type McpServerRow } from '../../../storage/sql/mcp-servers.ts'
import { noteMcpTools } from '../../../storage/sql/mcp-tools.ts'
import { type Ask, openMcp } from './mcp-connection.ts'
import type { McpConnections } from './mcp-connections.ts'
import { nothingDone } from './mcp-failure.ts'
import { type McpDeps, placeOf } from './mcp-place.ts'
import { readResult, ToolResult, type ToolValue } from './mcp-result.ts'
import { examine, readTools } from './mcp-tools.ts'

export interface McpCall {
  workspaceId: string
  appId: string
  /** Its name in the app. */
  server: string
  tool: string
  /** Handles of what the run was given, by name. */
  secure?: SecureHandles | undefined
  arguments: JsonObject
  /** Of the effect: servers that know it can tell a repetition. */
  key: string
  signal: AbortSignal
  /** Called when the tool may do its work from now on: what fails before surely did nothing. */
  onHandOver?: () => Promise<void>
}

/** Milliseconds in which a server has to say what tools it has. */
const listWithin = 30_000

/** Asks a server for its tools and keeps what it said. */
export async function listMcpTools(
  deps: McpDeps,
  server: McpServerRow,
  signal: AbortSignal,
): Promise<McpToolList> {
  const within = Math.min(milliseconds(server.timeout), listWithin)
  const connection = openMcp(await placeOf(deps, server), deps.outbound)
  const listed = await connection.use({ signal, within }, readTools).finally(connection.close)
  const seen = await examine(listed)
  await noteMcpTools(deps.db, server, seen)
  return seen
}

/**
 * Calls a tool that an admin allowed, when it is still what was accepted: the server is asked for its tools before each
 * call, so that one that changed is noticed before it is used. A connection of an earlier call that turns out to be
 * broken is opened anew, once.
 * @throws ToolUnavailable, ToolsChanged, ToolInputInvalid before anything is sent to the tool; ToolFailed when it failed,
 * or may have done its work without an answer; ProviderBusy when another attempt may succeed and repeats nothing
 */
export async function callMcpTool(
  { db }: Pick<McpDeps, 'db'>,
  connections: McpConnections,
  call: McpCall,
): Promise<ToolValue> {
  const server = await findMcpServerByName(db, call, call.server)
  if (!server) throw fail('ToolUnavailable', `There is no MCP server named “${call.server}” in this app.`)
  const tool = usableTool(server, server.accepted?.tools ?? [], call.tool)
  const problems = schemaProblems(tool.inputSchema, call.arguments)
  if (problems.length > 0) throw unfit(call, problems)
  const within = milliseconds(server.timeout)
  let handedOver = false
  const send = async (ask: Ask): Promise<ToolValue> => {
    const offered = await readTools(ask)
    if (offered.sha256 !== server.seen?.sha256) await noteMcpTools(db, server, await examine(offered))
    usableTool(server, offered.tools, call.tool)
    call.signal.throwIfAborted()
    await call.onHandOver?.()
    handedOver = true
    const params = {
      name: call.tool,
      arguments: call.arguments,
      _meta: { 'parley/idempotencyKey': call.key },
    }
    return readResult(call.tool, await ask({ method: 'tools/call', params }, ToolResult))
  }
  const begun = Date.now()
  for (let again = false; ; again = true) {
    const { connection, isNew, drop } = await connections.to(server, call.secure)
    try {
      return await connection.use({ signal: call.signal, within }, send)
    } catch (error) {
      if (call.signal.aborted) throw error
      if (handedOver) throw afterHandOver(call, error)
      const isLate = Date.now() - begun >= within
      if (isNew || again || isLate || !isOfServer(error)) throw error
      drop()
    }
  }
}

/** Whether the server, or the way to it, is to blame: it may have forgotten the session, or been restarted. */
const isOfServer = (error: unknown): boolean => /^Provider/.test(kindOf(error)?.code ?? '')

/** @throws ToolUnavailable or ToolsChanged when the tool, as it is offered, cannot be called */
function usableTool(server: McpServerRow, offered: McpTool[], name: string): McpTool {
  const standing = standingsOf(offered, server.accepted?.tools ?? [], server.allowedTools).find(
    ({ tool }) => tool.name === name,
  )
  const named = `The tool “${name}” of the MCP server “${server.name}”`
  if (!standing)
    throw fail(
      'ToolUnavailable',
      `${named} is not among the tools that an admin accepted: look at its tools.`,
    )
  if (standing.obstacle === undefined) return standing.tool
  const isAbout =
    standing.state === 'changed' || standing.state === 'new' ? 'ToolsChanged' : 'ToolUnavailable'
  throw fail(isAbout, `${named} cannot be called: ${standing.obstacle}.`)
}

const unfit = ({ tool }: McpCall, problems: InputProblem[]) =>
  fail(
    'ToolInputInvalid',
    `The arguments do not fit the tool “${tool}”: ${problems.map(({ path, message }) => `${path ? `${path} ` : ''}${message}`).join('; ')}`,
    { details: [problems] },
  )

/** What went wrong after the tool may have begun: nobody knows whether it did its work, so it is not called again. */
function afterHandOver({ tool }: McpCall, error: unknown): unknown {
  const kind = kindOf(error)
  if (!kind || kind.code === 'ToolFailed') return error
  if (kind.code === 'ProviderRefused') return fail('ToolFailed', `The tool “${tool}” failed. ${kind.message}`)
  if (kind.code !== 'ProviderBusy' || kind.details?.includes(nothingDone)) return error
  return fail(
    'ToolFailed',
    `The tool “${tool}” gave no answer, so it may or may not have done its work. ${kind.message} Look there before it is called again.`,
  )
}
