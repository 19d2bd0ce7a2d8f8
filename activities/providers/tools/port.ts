import type { JsonObject } from '../../../shared/contract/json.ts'
import type { McpToolList } from '../../../shared/contract/mcp-server.ts'
import type { SecureHandles } from '../../../shared/contract/secure-metadata.ts'
import type { FoundOperation } from '../../../storage/sql/integrations.ts'
import type { McpServerRow } from '../../../storage/sql/mcp-servers.ts'
import type { ToolValue } from './mcp-result.ts'

export interface ToolCall {
  workspaceId: string
  appId: string
  /** Handles of what the run was given, by name. */
  secure?: SecureHandles | undefined
  arguments: JsonObject
  /** What stands in the arguments in place of a secret, and the secret's name. Nobody else can write these words. */
  marks: ReadonlyMap<string, string>
  /** Of the effect: equal over attempts, so that a server that knows keys can tell a repetition. */
  key: string
  signal: AbortSignal
  /** Called when something may happen there that must not happen twice: what fails before surely did nothing. */
  onHandOver: () => Promise<void>
}

/**
 * Tools of other systems. Secrets are opened here, at the moment of sending, and taken out of everything that comes back.
 * @throws ProviderBusy when another attempt may succeed and repeats nothing; ToolFailed when it failed, or may have done
 * its work without an answer; ToolUnavailable, ToolsChanged, ToolInputInvalid, SecretUnusable, OutboundRefused before
 * anything is asked of it
 */
export interface Tools {
  /** `found` is the operation, where the caller has just read it. */
  callOperation(
    call: ToolCall & { integration: string; operation: string; found?: FoundOperation | undefined },
  ): Promise<ToolValue>
  callMcpTool(call: ToolCall & { server: string; tool: string }): Promise<ToolValue>
  /** The same for a step that may make many calls: it connects to each MCP server once, for as long as `use` takes. */
  forStep<T>(use: (tools: Tools) => Promise<T>): Promise<T>
  /** Asks an MCP server for its tools and keeps what it said. */
  listMcpTools(server: McpServerRow, signal: AbortSignal): Promise<McpToolList>
}
