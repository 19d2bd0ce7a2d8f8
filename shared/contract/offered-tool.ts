import type { AppWorld, OfferedTools } from './app-world.ts'

/** What a step calls: an operation of an integration, or a tool of an MCP server. */
export type ToolName = { integration: string; operation: string } | { server: string; tool: string }

export type Offer = { tool: OfferedTools[string][string] } | { field: string; message: string }

/** What the app offers under these names, or which field names what it does not have. Undefined when that is not known. */
export function offeredTool({ integrations, mcpServers }: AppWorld, name: ToolName): Offer | undefined {
  const isOperation = 'integration' in name
  const offered = isOperation ? integrations : mcpServers
  if (!offered) return undefined
  const [place, from] = isOperation ? ['integration', name.integration] : ['server', name.server]
  const tools = pick(offered, from)
  if (!tools)
    return { field: place, message: `this app has no ${place} "${from}"; it has ${listed(offered)}` }
  const wanted = isOperation ? name.operation : name.tool
  const tool = pick(tools, wanted)
  if (tool) return { tool }
  return isOperation
    ? { field: 'operation', message: `"${from}" has no operation "${wanted}"; it has ${listed(tools)}` }
    : {
        field: 'tool',
        message: `"${from}" has no tool "${wanted}" that may be called; it has ${listed(tools)}: an admin accepts and allows tools`,
      }
}

const pick = <T>(from: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(from, name) ? from[name] : undefined

const listed = (names: object) => Object.keys(names).slice(0, 10).join(', ') || 'none'
