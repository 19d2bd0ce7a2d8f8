import { sql } from 'drizzle-orm'
import { index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { Definition } from '../../../shared/contract/definition.ts'
import { at, jsonb } from './columns.ts'
import { apps, workspaces } from './tenants.ts'

/** A workflow with its draft. `revision` counts saves and is the draft's ETag. */
export const workflows = pgTable(
  'workflows',
  {
    workflowId: uuid('workflow_id').primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.workspaceId),
    appId: uuid('app_id')
      .notNull()
      .references(() => apps.appId),
    type: text('type').$type<Definition['type']>().notNull(),
    name: text('name').notNull(),
    draft: jsonb('draft').$type<Definition>().notNull(),
    revision: integer('revision').notNull().default(1),
    publishedVersion: integer('published_version'),
    /** The revision that the published version was made from: another one means unpublished changes. */
    publishedRevision: integer('published_revision'),
    /** The name under which agents call its published version, where that is an action. */
    actionName: text('action_name'),
    deletedAt: at('deleted_at'),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    index('workflows_app').on(table.workspaceId, table.appId),
    uniqueIndex('workflows_action')
      .on(table.appId, table.actionName)
      .where(sql`action_name is not null and deleted_at is null`),
  ],
)

/** A published definition: numbered, immutable, with the hash of its content. */
export const versions = pgTable(
  'versions',
  {
    workflowId: uuid('workflow_id')
      .notNull()
      .references(() => workflows.workflowId),
    version: integer('version').notNull(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    definition: jsonb('definition').$type<Definition>().notNull(),
    sha256: text('sha256').notNull(),
    publishedBy: text('published_by').notNull(),
    publishedAt: at('published_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workflowId, table.version] })],
)
