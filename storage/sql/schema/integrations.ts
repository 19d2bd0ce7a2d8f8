import { pgTable, text, unique, uuid } from 'drizzle-orm/pg-core'
import type { Credentials, Operation } from '../../../shared/contract/integration.ts'
import type { JsonObject } from '../../../shared/contract/json.ts'
import type { Sealed } from '../../secrets/seal.ts'
import { at, jsonb } from './columns.ts'
import { apps, workspaces } from './tenants.ts'

const ofApp = {
  workspaceId: uuid('workspace_id')
    .notNull()
    .references(() => workspaces.workspaceId),
  appId: uuid('app_id')
    .notNull()
    .references(() => apps.appId),
}

/** A value that only calls to its hosts may carry. It is sealed: what is here opens nothing. */
export const secrets = pgTable(
  'secrets',
  {
    secretId: uuid('secret_id').primaryKey(),
    ...ofApp,
    name: text('name').notNull(),
    hosts: text('hosts').array().notNull(),
    sealed: jsonb('sealed').$type<Sealed>().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [unique('secrets_name').on(table.appId, table.name)],
)

/** Another system and what can be asked of it. Headers and queries name secrets and hold none. */
export const integrations = pgTable(
  'integrations',
  {
    integrationId: uuid('integration_id').primaryKey(),
    ...ofApp,
    name: text('name').notNull(),
    description: text('description').notNull(),
    baseUrl: text('base_url').notNull(),
    headers: jsonb('headers').$type<Credentials>().notNull(),
    query: jsonb('query').$type<Credentials>().notNull(),
    operations: jsonb('operations').$type<Operation[]>().notNull(),
    /** The document that the operations were read from, as it was given. */
    openapi: jsonb('openapi').$type<string | JsonObject>(),
    leftOut: text('left_out').array().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [unique('integrations_name').on(table.appId, table.name)],
)
