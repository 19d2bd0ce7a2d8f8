import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { UiFlow } from '../../../shared/contract/ui-flow.ts'
import { at, jsonb } from './columns.ts'
import { apps, workspaces } from './tenants.ts'

/** The screens of an application, as far as conversations know of them. */
export const uiFlows = pgTable(
  'ui_flows',
  {
    uiFlowId: uuid('ui_flow_id').primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.workspaceId),
    appId: uuid('app_id')
      .notNull()
      .references(() => apps.appId),
    name: text('name').notNull(),
    flow: jsonb('flow').$type<UiFlow>().notNull(),
    /** Rises with every change: its ETag. */
    revision: integer('revision').notNull().default(1),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [index('ui_flows_app').on(table.workspaceId, table.appId, table.name)],
)
