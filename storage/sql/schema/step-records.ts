import { sql } from 'drizzle-orm'
import { index, integer, numeric, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { Json } from '../../../shared/contract/json.ts'
import { at, jsonb } from './columns.ts'
import { instances } from './runs.ts'

/** What a step's activity gave, stored with its journal entries: a retry finds it here and does nothing twice. */
export const outcomes = pgTable(
  'outcomes',
  {
    instanceUuid: uuid('instance_uuid')
      .notNull()
      .references(() => instances.instanceUuid),
    path: text('path').notNull(),
    ordinal: integer('ordinal').notNull(),
    workspaceId: uuid('workspace_id').notNull(),
    outcome: jsonb('outcome').$type<Json>(),
  },
  (table) => [primaryKey({ columns: [table.instanceUuid, table.path, table.ordinal] })],
)

/** The run log's half of a step that the journal does not hold: attempts, input as really used, output. */
export const steps = pgTable(
  'steps',
  {
    instanceUuid: uuid('instance_uuid')
      .notNull()
      .references(() => instances.instanceUuid),
    path: text('path').notNull(),
    workspaceId: uuid('workspace_id').notNull(),
    attempts: integer('attempts').notNull().default(0),
    input: jsonb('input').$type<Json>(),
    output: jsonb('output').$type<Json>(),
    logs: jsonb('logs').$type<string[]>().notNull().default([]),
    error: jsonb('error').$type<{ code: string; message: string; times?: number; retry?: number }>(),
  },
  (table) => [primaryKey({ columns: [table.instanceUuid, table.path] })],
)

/** A finished model or tool call, written before its answer is used: a retry goes on from here, and pays nothing twice. */
export const calls = pgTable(
  'calls',
  {
    instanceUuid: uuid('instance_uuid')
      .notNull()
      .references(() => instances.instanceUuid),
    path: text('path').notNull(),
    ordinal: integer('ordinal').notNull(),
    workspaceId: uuid('workspace_id').notNull(),
    kind: text('kind').$type<'model' | 'tool'>().notNull(),
    request: jsonb('request').$type<Json>().notNull(),
    response: jsonb('response').$type<Json>().notNull(),
    model: text('model'),
    tokensIn: integer('tokens_in'),
    tokensOut: integer('tokens_out'),
    /** By the price of that day: another price later does not change it. */
    cost: numeric('cost', { mode: 'number' }),
    currency: text('currency'),
    startedAt: at('started_at'),
    finishedAt: at('finished_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.instanceUuid, table.path, table.ordinal] }),
    index('calls_recent').on(table.finishedAt),
  ],
)

/** An effect outside (a mail): its key stands here before it is tried, and how far it came. */
export const effects = pgTable(
  'effects',
  {
    key: text('key').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    instanceUuid: uuid('instance_uuid').notNull(),
    kind: text('kind').notNull(),
    state: text('state').$type<'begun' | 'handedOver' | 'done'>().notNull(),
    detail: jsonb('detail').$type<Json>(),
    at: at('at').notNull().defaultNow(),
  },
  (table) => [index('effects_unknown').on(table.at).where(sql`state <> 'done'`)],
)
