import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { Brand } from '../../../shared/contract/brand.ts'
import type { Settings } from '../../../shared/contract/settings.ts'
import { at, jsonb } from './columns.ts'

/** A tenant. Every other row carries its id, and every query asks for it. */
export const workspaces = pgTable('workspaces', {
  workspaceId: uuid('workspace_id').primaryKey(),
  name: text('name').notNull(),
  brand: jsonb('brand').$type<Brand>().notNull(),
  settings: jsonb('settings').$type<Settings>().notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
})

/** A group of workflows inside a workspace. */
export const apps = pgTable(
  'apps',
  {
    appId: uuid('app_id').primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.workspaceId),
    name: text('name').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [index('apps_workspace').on(table.workspaceId)],
)

/** A person of a workspace and what they may do there. */
export const members = pgTable(
  'members',
  {
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.workspaceId),
    userId: text('user_id').notNull(),
    name: text('name').notNull(),
    email: text('email'),
    roles: text('roles').array().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.userId] })],
)

/** A key carries a user and roles. Only its hash is kept; `prefix` is for people to tell keys apart. */
export const apiKeys = pgTable(
  'api_keys',
  {
    apiKeyId: uuid('api_key_id').primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.workspaceId),
    userId: text('user_id').notNull(),
    name: text('name').notNull(),
    prefix: text('prefix').notNull(),
    sha256: text('sha256').notNull().unique(),
    roles: text('roles').array().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [index('api_keys_workspace').on(table.workspaceId)],
)
