import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import type { FileValue } from '../../../shared/contract/file.ts'
import type { Json } from '../../../shared/contract/json.ts'
import { at, jsonb } from './columns.ts'

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
    /** A keyed hash: a body may hold a weak secret. */
    bodyMark: text('body_mark').notNull(),
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
