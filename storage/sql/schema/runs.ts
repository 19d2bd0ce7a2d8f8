import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import type { RunView } from '../../../shared/contract/journal.ts'
import type { Json } from '../../../shared/contract/json.ts'
import type { Resume } from '../../../shared/contract/messages.ts'
import type { Person } from '../../../shared/contract/person.ts'
import type { OpenRequest } from '../../../shared/contract/request.ts'
import type { SecureHandles } from '../../../shared/contract/secure-metadata.ts'
import { at, jsonb } from './columns.ts'

/** What a start through the API asked for: kept until Temporal has it, so that a sweeper can repeat the start. */
export interface StartOrder {
  input?: Json | undefined
  variables?: Record<string, Json> | undefined
  secureMetadata?: SecureHandles | undefined
  resume?: Resume | undefined
  /** A test of the draft. */
  isTest?: boolean | undefined
}

/** One pass through a definition's steps. `view` is the journal, applied. */
export const instances = pgTable(
  'instances',
  {
    instanceUuid: uuid('instance_uuid').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    workflowId: uuid('workflow_id').notNull(),
    version: integer('version').notNull(),
    workflowName: text('workflow_name').notNull(),
    kind: text('kind').notNull(),
    status: text('status').$type<RunView['status']>().notNull(),
    view: jsonb('view').$type<RunView>().notNull(),
    startOrder: jsonb('start_order').$type<StartOrder>().notNull(),
    startedById: text('started_by_id'),
    startedBy: jsonb('started_by').$type<Person>(),
    parentInstanceUuid: uuid('parent_instance_uuid'),
    /** The step of the run above that called it. */
    parentPath: text('parent_path'),
    /** The run that this one was made from, by answering one of its questions anew. */
    rewoundFrom: uuid('rewound_from'),
    /** How often it was taken up again after a failure. */
    retries: integer('retries').notNull().default(0),
    chatSessionId: uuid('chat_session_id'),
    temporalWorkflowId: text('temporal_workflow_id').notNull(),
    temporalRunId: text('temporal_run_id'),
    /** Whether Temporal is known to have the run. */
    dispatched: boolean('dispatched').notNull(),
    /** When it was last compared with Temporal. */
    comparedAt: at('compared_at').notNull().defaultNow(),
    nextSeq: bigint('next_seq', { mode: 'number' }).notNull().default(1),
    startedAt: at('started_at').notNull().defaultNow(),
    finishedAt: at('finished_at'),
  },
  (table) => [
    index('instances_history').on(
      table.workspaceId,
      table.appId,
      table.kind,
      table.startedAt.desc(),
      table.instanceUuid,
    ),
    index('instances_mine').on(table.workspaceId, table.startedById, table.startedAt.desc()),
    index('instances_parent').on(table.parentInstanceUuid).where(sql`parent_instance_uuid is not null`),
    index('instances_of_session')
      .on(table.chatSessionId, table.startedAt.desc())
      .where(sql`chat_session_id is not null`),
    index('instances_of_workflow').on(table.workflowId, table.status),
    index('instances_undispatched').on(table.startedAt).where(sql`not dispatched`),
    index('instances_open').on(table.comparedAt).where(sql`finished_at is null`),
  ],
)

/** The ordered record of what happened. `streamId` is the run, or the session whose turns share one sequence. */
export const journal = pgTable(
  'journal',
  {
    streamId: uuid('stream_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    workspaceId: uuid('workspace_id').notNull(),
    instanceUuid: uuid('instance_uuid').notNull(),
    /** The entry's cause: writing it again changes nothing. */
    key: text('key').notNull(),
    event: text('event').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    at: at('at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.streamId, table.seq] }),
    unique('journal_cause').on(table.streamId, table.key),
    index('journal_instance').on(table.instanceUuid, table.seq),
    index('journal_steps_over').on(table.at).where(sql`event in ('stepFinished', 'stepFailed')`),
  ],
)

/** What runs wait for from people, open and closed. */
export const requests = pgTable(
  'requests',
  {
    requestId: uuid('request_id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    instanceUuid: uuid('instance_uuid')
      .notNull()
      .references(() => instances.instanceUuid),
    kind: text('kind').notNull(),
    request: jsonb('request').$type<OpenRequest>().notNull(),
    approverUsers: text('approver_users').array(),
    approverRole: text('approver_role'),
    approverTeam: text('approver_team'),
    openedAt: at('opened_at').notNull(),
    /** Of a question for a budget: when its run was last told that there is room. */
    toldAt: at('told_at'),
    closedAt: at('closed_at'),
    outcome: text('outcome'),
    closedBy: jsonb('closed_by').$type<Person>(),
  },
  (table) => [
    index('requests_instance').on(table.instanceUuid),
    index('requests_open')
      .on(table.workspaceId, table.appId, table.kind, table.openedAt)
      .where(sql`closed_at is null`),
  ],
)
