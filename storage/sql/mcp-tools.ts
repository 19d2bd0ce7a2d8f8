import { and, eq, sql } from 'drizzle-orm'
import type { McpTools } from '../../shared/contract/api/mcp-servers.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { type McpToolList, type McpToolStanding, standingsOf } from '../../shared/contract/mcp-server.ts'
import type { Database } from './database.ts'
import type { McpServerRow } from './mcp-servers.ts'
import { mcpServers } from './schema.ts'

/** Keeps what a server offers now; not when it was pointed at another address while it was asked. */
export async function noteMcpTools(
  db: Database,
  { mcpServerId, url, operatorServer }: Pick<McpServerRow, 'mcpServerId' | 'url' | 'operatorServer'>,
  seen: McpToolList,
): Promise<void> {
  await db
    .update(mcpServers)
    .set({ seen, seenAt: new Date() })
    .where(
      and(
        eq(mcpServers.mcpServerId, mcpServerId),
        sql`${mcpServers.url} is not distinct from ${url}`,
        sql`${mcpServers.operatorServer} is not distinct from ${operatorServer}`,
      ),
    )
}

/**
 * Accepts the list that was looked at.
 * @throws Refusal `ToolsChanged` when the server offered another one since, or was never asked
 */
export const acceptMcpTools = (
  db: Database,
  caller: Caller,
  mcpServerId: string,
  { sha256, allowedTools }: { sha256: string; allowedTools?: string[] | undefined },
): Promise<McpServerRow | undefined> =>
  db.transaction(async (tx) => {
    const mine = and(
      eq(mcpServers.workspaceId, caller.workspaceId),
      eq(mcpServers.appId, caller.appId),
      eq(mcpServers.mcpServerId, mcpServerId),
    )
    const [before] = await tx.select().from(mcpServers).where(mine).for('update')
    if (!before) return undefined
    if (before.seen?.sha256 !== sha256)
      throw new Refusal(
        'ToolsChanged',
        before.seen
          ? 'the server offers other tools than those you looked at: read its tools again'
          : 'the server has not been asked for its tools yet: POST …/tools does that',
      )
    const [row] = await tx
      .update(mcpServers)
      .set({
        accepted: before.seen,
        acceptedBy: caller.userId,
        acceptedAt: new Date(),
        ...(allowedTools ? { allowedTools } : {}),
        updatedAt: new Date(),
      })
      .where(mine)
      .returning()
    return row
  })

/** The tools of a server as people see them. */
export const showMcpTools = (row: McpServerRow): McpTools => ({
  listedAt: row.seenAt?.toISOString() ?? null,
  sha256: row.seen?.sha256 ?? null,
  acceptedSha256: row.accepted?.sha256 ?? null,
  acceptedBy: row.acceptedBy,
  acceptedAt: row.acceptedAt?.toISOString() ?? null,
  items: standingsOf(row.seen?.tools ?? [], row.accepted?.tools ?? [], row.allowedTools).map(showTool),
  leftOut: row.seen?.leftOut ?? [],
})

const showTool = ({
  tool,
  accepted,
  state,
  allowed,
  obstacle,
}: McpToolStanding): McpTools['items'][number] => ({
  name: tool.name,
  description: tool.description,
  inputSchema: tool.inputSchema,
  sha256: tool.sha256,
  state,
  allowed,
  usable: obstacle === undefined,
  reason: obstacle ?? null,
  before:
    state === 'changed' && accepted
      ? { description: accepted.description, inputSchema: accepted.inputSchema }
      : null,
})
