import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { Person } from '../../../shared/contract/person.ts'
import type { SessionView } from '../../../shared/contract/session.ts'
import { at, jsonb } from './columns.ts'

/** Messages wait in it: so few that looking for one of them is quick. */
export const hasQueue = sql`view -> 'queued' <> '[]'::jsonb`

/** One conversation. `view` is its journal, applied; its turns are `instances`, and share its sequence. */
export const sessions = pgTable(
  'sessions',
  {
    chatSessionId: uuid('chat_session_id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    workflowId: uuid('workflow_id').notNull(),
    /** Pinned until it ends; a session that starts anew takes the newest. */
    version: integer('version').notNull(),
    workflowName: text('workflow_name').notNull(),
    status: text('status').$type<SessionView['status']>().notNull(),
    view: jsonb('view').$type<SessionView>().notNull(),
    isTest: boolean('is_test').notNull().default(false),
    channel: text('channel'),
    startedById: text('started_by_id'),
    startedBy: jsonb('started_by').$type<Person>(),
    temporalWorkflowId: text('temporal_workflow_id').notNull(),
    temporalRunId: text('temporal_run_id').notNull(),
    nextSeq: bigint('next_seq', { mode: 'number' }).notNull().default(1),
    /** When it was last compared with Temporal. */
    comparedAt: at('compared_at').notNull().defaultNow(),
    startedAt: at('started_at').notNull().defaultNow(),
    lastAt: at('last_at').notNull().defaultNow(),
    endedAt: at('ended_at'),
  },
  (table) => [
    index('sessions_mine').on(table.workspaceId, table.appId, table.startedById, table.lastAt.desc()),
    index('sessions_of_workflow').on(table.workflowId, table.status),
    index('sessions_queued').on(table.workspaceId, table.appId).where(hasQueue),
    index('sessions_open').on(table.comparedAt).where(sql`ended_at is null`),
  ],
)
