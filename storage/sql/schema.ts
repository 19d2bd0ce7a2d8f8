import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import type { Brand } from '../../shared/contract/brand.ts'
import type { Definition } from '../../shared/contract/definition.ts'
import type { FileValue } from '../../shared/contract/file.ts'
import type { RunView } from '../../shared/contract/journal.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { Person } from '../../shared/contract/person.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import type { Settings } from '../../shared/contract/settings.ts'

const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })

/**
 * JSON as PostgreSQL can hold it. People, models and other programs send NUL and half surrogate pairs, which `jsonb`
 * refuses: a run must not stand still for that, so they are left out on the way in.
 */
const jsonb = customType<{ data: unknown; driverData: string }>({
  dataType: () => 'jsonb',
  toDriver: (value) => JSON.stringify(value).replace(unholdable, '$1'),
})
/** Their escapes as `JSON.stringify` writes them, behind an even number of backslashes. */
const unholdable = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

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
    deletedAt: at('deleted_at'),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [index('workflows_app').on(table.workspaceId, table.appId)],
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

/** What a start through the API asked for: kept until Temporal has it, so that a sweeper can repeat the start. */
export interface StartOrder {
  input?: Json | undefined
  variables?: Record<string, Json> | undefined
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
    openedAt: at('opened_at').notNull(),
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
    error: jsonb('error').$type<{ code: string; message: string; times?: number }>(),
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
    finishedAt: at('finished_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.instanceUuid, table.path, table.ordinal] })],
)

/** An effect outside (a mail): its key stands here before it is tried, and how far it came. */
export const effects = pgTable('effects', {
  key: text('key').primaryKey(),
  workspaceId: uuid('workspace_id').notNull(),
  instanceUuid: uuid('instance_uuid').notNull(),
  kind: text('kind').notNull(),
  state: text('state').$type<'begun' | 'handedOver' | 'done'>().notNull(),
  detail: jsonb('detail').$type<Json>(),
  at: at('at').notNull().defaultNow(),
})

/** A file that was uploaded or made. `text` of it is kept beside it once it was read. */
export const files = pgTable(
  'files',
  {
    fileId: uuid('file_id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    name: text('name').notNull(),
    mediaType: text('media_type').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    createdBy: text('created_by'),
    instanceUuid: uuid('instance_uuid'),
    /** Where its words came from, when a person must know. */
    label: text('label'),
    reading: jsonb('reading').$type<
      { ok: true; truncated: boolean } | { ok: false; code: string; reason: string }
    >(),
    libraryAt: at('library_at'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('files_library')
      .on(table.workspaceId, table.appId, table.libraryAt.desc())
      .where(sql`library_at is not null`),
  ],
)

/** What a person is told outside of the conversation. `key` is its cause. */
export const notices = pgTable(
  'notices',
  {
    id: uuid('id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    userId: text('user_id').notNull(),
    key: text('key').notNull(),
    kind: text('kind').notNull(),
    text: text('text').notNull(),
    instanceUuid: uuid('instance_uuid'),
    fileId: uuid('file_id'),
    href: text('href'),
    createdAt: at('created_at').notNull().defaultNow(),
    readAt: at('read_at'),
  },
  (table) => [
    unique('notices_cause').on(table.userId, table.key),
    index('notices_inbox').on(table.workspaceId, table.appId, table.userId, table.createdAt.desc()),
  ],
)

/** The embedded mailbox: mails of a workspace without an SMTP server. */
export const mails = pgTable(
  'mails',
  {
    mailId: uuid('mail_id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    instanceUuid: uuid('instance_uuid'),
    from: text('from').notNull(),
    to: text('to').array().notNull(),
    subject: text('subject').notNull(),
    text: text('text').notNull(),
    attachments: jsonb('attachments').$type<FileValue[]>().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [index('mails_workspace').on(table.workspaceId, table.appId, table.createdAt.desc())],
)

/** A write with an Idempotency-Key. `seed` makes the same ids at every try; the answer is kept once there is one. */
export const idempotency = pgTable(
  'idempotency',
  {
    caller: text('caller').notNull(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    workspaceId: uuid('workspace_id'),
    bodySha256: text('body_sha256').notNull(),
    seed: uuid('seed').notNull(),
    /** Until then the first request is taken to be alive; afterwards a repetition takes over. */
    claimedUntil: at('claimed_until').notNull(),
    status: integer('status'),
    answer: jsonb('answer').$type<Json>(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.caller, table.route, table.key] }),
    index('idempotency_age').on(table.createdAt),
  ],
)
