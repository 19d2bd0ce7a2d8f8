import { and, eq, isNotNull, isNull } from 'drizzle-orm'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { AppWorld, OfferedTools } from '../../shared/contract/app-world.ts'
import { standingsOf } from '../../shared/contract/mcp-server.ts'
import type { Database } from './database.ts'
import { actionNames } from './find-actions.ts'
import { offeredOperations } from './integrations.ts'
import { knowledgeBaseNames } from './knowledge-bases.ts'
import { mcpServers, workflows } from './schema.ts'
import { secretHosts } from './secrets.ts'
import { teamNames } from './teams.ts'
import { destinations } from './ui-flows.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>

/** What an app has that its definitions may name. */
export async function readAppWorld(db: Database, place: Place): Promise<AppWorld> {
  const [integrations, servers, secrets, published, uiFlows, teams, actions, knowledgeBases] =
    await Promise.all([
      offeredOperations(db, place),
      offeredMcpTools(db, place),
      secretHosts(db, place),
      publishedWorkflows(db, place),
      destinations(db, place),
      teamNames(db, place),
      actionNames(db, place),
      knowledgeBaseNames(db, place),
    ])
  return {
    integrations,
    mcpServers: servers,
    secrets,
    workflows: published,
    uiFlows,
    teams,
    actions,
    knowledgeBases,
  }
}

async function publishedWorkflows(
  db: Database,
  { workspaceId, appId }: Place,
): Promise<NonNullable<AppWorld['workflows']>> {
  const rows = await db
    .select({ workflowId: workflows.workflowId, name: workflows.name, type: workflows.type })
    .from(workflows)
    .where(
      and(
        eq(workflows.workspaceId, workspaceId),
        eq(workflows.appId, appId),
        isNull(workflows.deletedAt),
        isNotNull(workflows.publishedVersion),
      ),
    )
  return Object.fromEntries(rows.map(({ workflowId, name, type }) => [workflowId, { name, type }]))
}

/** Of each MCP server the tools that may be called. */
async function offeredMcpTools(db: Database, { workspaceId, appId }: Place): Promise<OfferedTools> {
  const rows = await db
    .select()
    .from(mcpServers)
    .where(and(eq(mcpServers.workspaceId, workspaceId), eq(mcpServers.appId, appId)))
  return Object.fromEntries(
    rows.map(({ name, url, seen, accepted, allowedTools }) => [
      name,
      Object.fromEntries(
        standingsOf(seen?.tools ?? [], accepted?.tools ?? [], allowedTools)
          .filter(({ obstacle }) => obstacle === undefined)
          .map(({ tool }) => [tool.name, { arguments: tool.inputSchema ?? {}, url: url ?? undefined }]),
      ),
    ]),
  )
}
