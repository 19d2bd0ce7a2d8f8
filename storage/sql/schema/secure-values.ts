import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { Sealed } from '../../secrets/seal.ts'
import { at, jsonb } from './columns.ts'

/** A value that a run or a conversation was given, sealed. Its handle stands for it everywhere else. */
export const secureValues = pgTable(
  'secure_values',
  {
    handle: uuid('handle').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    /** The run or the conversation, which may not have a row yet. */
    ownerId: uuid('owner_id').notNull(),
    name: text('name').notNull(),
    hosts: text('hosts').array().notNull(),
    sealed: jsonb('sealed').$type<Sealed>().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [index('secure_values_owner').on(table.ownerId)],
)
