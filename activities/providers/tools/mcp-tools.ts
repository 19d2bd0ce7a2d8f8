import { setImmediate as breathe } from 'node:timers/promises'
import { z } from 'zod'
import { isObject, type JsonObject } from '../../../shared/contract/json.ts'
import { JsonSchema } from '../../../shared/contract/json-schema.ts'
import {
  type McpTool,
  type McpToolList,
  McpToolName,
  toolLimits,
} from '../../../shared/contract/mcp-server.ts'
import { contentHash } from '../../../storage/sql/content-hash.ts'
import type { Ask } from './mcp-connection.ts'

const pages = 50
/** Characters of all schemas together, and of one. */
const schemaLimits = { all: 1_000_000, one: 100_000 } as const

const Listed = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().max(10_000).optional() })
const Described = z.looseObject({
  name: z.string(),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown().optional(),
})

/** Asks a server for its tools, as many as are kept. What it says of its own goodness, its annotations, is not. */
export async function readTools(ask: Ask): Promise<McpToolList> {
  const kept = new Map<string, McpTool>()
  const leftOut: string[] = []
  let room: number = schemaLimits.all
  const refusal = ({ name, inputSchema }: McpTool): string | undefined => {
    if (kept.has(name)) return 'it is offered twice'
    if (kept.size === toolLimits.tools) return `there are more than ${toolLimits.tools} tools`
    room -= JSON.stringify(inputSchema).length
    return room < 0 ? 'the schemas of all tools are too large together' : undefined
  }
  let cursor: string | undefined
  for (let page = 0; page < pages; page++) {
    const params = cursor === undefined ? {} : { cursor }
    const listed = await ask({ method: 'tools/list', params }, Listed)
    for (const given of listed.tools) {
      const tool = asTool(given)
      const why = 'problem' in tool ? tool.problem : refusal(tool)
      if (why !== undefined) leftOut.push(`${tool.name}: ${why}`)
      else kept.set(tool.name, tool as McpTool)
    }
    cursor = listed.nextCursor
    if (cursor === undefined || leftOut.length >= toolLimits.tools) break
  }
  if (cursor !== undefined) leftOut.push('the list goes on and on: the rest was not read')
  const tools = [...kept.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return {
    tools,
    sha256: contentHash(tools.map(({ name, sha256 }) => [name, sha256])),
    leftOut: leftOut.length > 20 ? [...leftOut.slice(0, 20), `and ${leftOut.length - 20} more`] : leftOut,
  }
}

/** A tool as it is kept, or why it cannot be. */
function asTool(given: unknown): McpTool | { name: string; problem: string } {
  const described = Described.safeParse(given)
  if (!described.success) return { name: 'one of them', problem: 'it has no name' }
  const { name, description = '', inputSchema } = described.data
  const leftOut = (problem: string) => ({ name: name.slice(0, 128).toWellFormed(), problem })
  const [wrong] = McpToolName.safeParse(name).error?.issues ?? []
  if (wrong) return leftOut(wrong.message)
  if (!isObject(inputSchema)) return leftOut('its input schema is no JSON object')
  if (JSON.stringify(inputSchema).length > schemaLimits.one)
    return leftOut(`its input schema has more than ${schemaLimits.one} characters`)
  const kept = {
    name,
    description: description.slice(0, toolLimits.description).toWellFormed(),
    inputSchema: withoutDialect(inputSchema as JsonObject),
  }
  return { ...kept, sha256: contentHash(kept) }
}

/** Most servers name draft 07. What they write in it means the same in ours; where it does not, the schema is refused. */
function withoutDialect({ $schema, ...schema }: JsonObject): JsonObject {
  const isKnown = typeof $schema === 'string' && /^https?:\/\/json-schema\.org\/draft/.test($schema)
  return isKnown || $schema === undefined ? schema : { $schema, ...schema }
}

/** Says of each tool whether its schema can be used. It is a stranger's, so others get their turn in between. */
export async function examine(list: McpToolList): Promise<McpToolList> {
  const tools: McpTool[] = []
  for (const tool of list.tools) {
    await breathe()
    const parsed = JsonSchema.safeParse(tool.inputSchema)
    const problem = parsed.success ? undefined : parsed.error.issues[0]?.message
    tools.push(problem ? { ...tool, problem: `its input schema cannot be used: ${problem}` } : tool)
  }
  return { ...list, tools }
}
