import { pgTable, text, unique, uuid } from 'drizzle-orm/pg-core'
import type { McpToolList } from '../../../shared/contract/mcp-server.ts'
import { at, jsonb } from './columns.ts'
import { apps, workspaces } from './tenants.ts'

/** A server that offers tools. What it offered last is `seen`; what an admin looked at and let in is `accepted`. */
export const mcpServers = pgTable(
  'mcp_servers',
  {
    mcpServerId: uuid('mcp_server_id').primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.workspaceId),
    appId: uuid('app_id')
      .notNull()
      .references(() => apps.appId),
    name: text('name').notNull(),
    /** One of the two: an address, or a name in the operator's configuration file. */
    url: text('url'),
    operatorServer: text('operator_server'),
    /** Values name secrets and hold none. */
    headers: jsonb('headers').$type<Record<string, string>>().notNull(),
    allowedTools: text('allowed_tools').array().notNull(),
    timeout: text('timeout').notNull(),
    seen: jsonb('seen').$type<McpToolList>(),
    seenAt: at('seen_at'),
    accepted: jsonb('accepted').$type<McpToolList>(),
    acceptedBy: text('accepted_by'),
    acceptedAt: at('accepted_at'),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [unique('mcp_servers_name').on(table.appId, table.name)],
)
