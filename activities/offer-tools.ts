import { actionsOf, messageOf, parametersOf } from '../shared/contract/action.ts'
import type { Json, JsonObject } from '../shared/contract/json.ts'
import type { JsonSchema } from '../shared/contract/json-schema.ts'
import { standingsOf } from '../shared/contract/mcp-server.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import type { PendingCall } from '../shared/contract/step-call.ts'
import type { Agent } from '../shared/contract/steps/agent.ts'
import { findActions } from '../storage/sql/find-actions.ts'
import { findOperation } from '../storage/sql/integrations.ts'
import { findMcpServerByName } from '../storage/sql/mcp-servers.ts'
import type { CallPlace } from '../storage/sql/record-call.ts'
import type { Answer } from './call-once.ts'
import type { Passages } from './cite-passages.ts'
import type { Deps } from './deps.ts'
import { holdsFor } from './one-go.ts'
import type { ModelTool } from './providers/models/port.ts'
import type { ToolCall, Tools } from './providers/tools/port.ts'
import { knowledgeTool } from './search-knowledge.ts'

interface Face {
  /** What it is called in front of people: `orders.refund`. */
  title: string
  /** How it stands in the run log, beside the arguments. */
  shown: JsonObject
  /** Whether a person has to allow each call. */
  approval: boolean
}

/** How it is called: here, or by the workflow, as a workflow of its own. */
type Way =
  | {
      /** `tools` are those of the step under way. */
      send: (call: Omit<ToolCall, 'marks'> & { place: CallPlace }, tools: Tools) => Promise<Answer>
      /** What the model is told of a result, where that is not the result as it stands. `number` is that of the call. */
      tell?: (value: Json, number: number) => string
    }
  | { run: (given: JsonObject) => NonNullable<PendingCall['action']> }

/** A tool as a model is offered it, and how it is called. */
export type OfferedTool = ModelTool & Face & Way

export interface Offer {
  tools: OfferedTool[]
  /** What the step names and cannot be called now, and why: the model and the run log are told. */
  missing: string[]
  /** What searches of knowledge bases have found so far. */
  passages: Passages
}

/** A tool before it has its name. */
export type Found = Omit<ModelTool, 'name'> & Face & Way & { wish: string }

/** The tools of an agent's step, under names that every provider takes and no two of them share. */
export async function offerTools(
  deps: Pick<Deps, 'db' | 'actionTime' | 'embeddings' | 'prices'>,
  run: RunRef,
  step: Agent,
): Promise<Offer> {
  const { tools = [], mcpServers = [], knowledgeBases = [] } = step
  const passages: Passages = new Map()
  const found = await Promise.all([
    // The first, so that each has the name by which the prompt calls it.
    offeredActions(deps, run, step),
    knowledgeTool(deps, run, knowledgeBases, passages),
    ...tools.map((named) => operationOf(deps, run, named)),
    ...mcpServers.map((named) => mcpToolsOf(deps, run, named)),
  ])
  const taken = new Set<string>()
  return {
    tools: found
      .flatMap((one) => one.tools)
      .map(({ wish, ...tool }) => ({ ...tool, name: freeName(wish, tool.title, taken) })),
    missing: found.flatMap((one) => one.missing),
    passages,
  }
}

/** Actions as the newest published version describes them. */
async function offeredActions(
  { db, actionTime }: Pick<Deps, 'db' | 'actionTime'>,
  run: RunRef,
  step: Agent,
): Promise<{ tools: Found[]; missing: string[] }> {
  const named = actionsOf(step)
  const found = await findActions(
    db,
    run,
    named.map(({ name }) => name),
  )
  const offered = named.map(({ name, approval }): Found | string => {
    const one = found.find(({ action }) => action.name === name)
    if (!one) return `This app has no published action “${name}”.`
    return {
      wish: name,
      title: name,
      description: one.action.description,
      parameters: parametersOf(one.action),
      shown: { action: name },
      approval,
      run: (given) => ({
        workflowId: one.workflowId,
        message: messageOf(one.action, given),
        time: actionTime,
      }),
    }
  })
  return {
    tools: offered.filter((one) => typeof one !== 'string'),
    missing: offered.filter((one) => typeof one === 'string'),
  }
}

async function operationOf(
  { db }: Pick<Deps, 'db'>,
  run: RunRef,
  { integration, operation, approval = false }: NonNullable<Agent['tools']>[number],
): Promise<{ tools: Found[]; missing: string[] }> {
  const found = await findOperation(db, run, integration, operation)
  if (typeof found === 'string') return { tools: [], missing: [found] }
  const holdsUntil = Date.now() + holdsFor
  const { description, arguments: parameters } = found.operation
  const tool: Found = {
    wish: operation,
    title: `${integration}.${operation}`,
    description,
    parameters: asParameters(parameters),
    shown: { integration, operation },
    approval,
    send: (call, tools) =>
      tools.callOperation({
        ...call,
        marks: new Map(),
        integration,
        operation,
        ...(Date.now() < holdsUntil ? { found } : {}),
      }),
  }
  return { tools: [tool], missing: [] }
}

/** Of an MCP server what was accepted and is allowed: the server itself is asked when one of them is called. */
async function mcpToolsOf(
  { db }: Pick<Deps, 'db'>,
  run: RunRef,
  { server, tools: wanted }: NonNullable<Agent['mcpServers']>[number],
): Promise<{ tools: Found[]; missing: string[] }> {
  const row = await findMcpServerByName(db, run, server)
  if (!row) return { tools: [], missing: [`This app has no MCP server “${server}” any more.`] }
  const standings = standingsOf(row.seen?.tools ?? [], row.accepted?.tools ?? [], row.allowedTools)
  const usable = standings.filter(({ obstacle }) => obstacle === undefined)
  const missing = (wanted ?? []).flatMap((name) => {
    if (usable.some(({ tool }) => tool.name === name)) return []
    const why = standings.find(({ tool }) => tool.name === name)?.obstacle ?? 'the server does not offer it'
    return [`The tool “${name}” of the MCP server “${server}” cannot be called: ${why}.`]
  })
  return {
    tools: usable
      .filter(({ tool }) => wanted?.includes(tool.name) ?? true)
      .map(({ tool: { name, description, inputSchema } }) => ({
        wish: name,
        title: `${server}.${name}`,
        description,
        parameters: asParameters(inputSchema),
        shown: { server, tool: name },
        approval: false,
        send: (call, tools) => tools.callMcpTool({ ...call, marks: new Map(), server, tool: name }),
      })),
    missing,
  }
}

/** Providers want an object's schema, and say so in words of their own. */
const asParameters = (schema: JsonSchema): JsonSchema => ({ type: 'object', properties: {}, ...schema })

/** A tool's own name; where that is taken, with the name of what offers it; where that is taken too, with a number. */
function freeName(wish: string, title: string, taken: Set<string>): string {
  const plainName = (name: string) => name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  let name = plainName(wish)
  if (taken.has(name)) name = plainName(title)
  for (let number = 2; taken.has(name); number++) name = `${plainName(title)}_${number}`.slice(-64)
  taken.add(name)
  return name
}
