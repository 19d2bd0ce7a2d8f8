import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  real,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import type { DocumentState } from '../../../shared/contract/knowledge.ts'
import { at, jsonb } from './columns.ts'
import { apps, workspaces } from './tenants.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

export const knowledgeBases = pgTable(
  'knowledge_bases',
  {
    knowledgeBaseId: uuid('knowledge_base_id').primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.workspaceId),
    appId: uuid('app_id')
      .notNull()
      .references(() => apps.appId),
    name: text('name').notNull(),
    description: text('description').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [unique('knowledge_bases_name').on(table.appId, table.name)],
)

/**
 * A document of a knowledge base. Each ingestion is a generation: `wanted` is the newest, `live` the one whose passages
 * are found.
 */
export const knowledgeDocuments = pgTable(
  'knowledge_documents',
  {
    documentId: uuid('document_id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    knowledgeBaseId: uuid('knowledge_base_id')
      .notNull()
      .references(() => knowledgeBases.knowledgeBaseId, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** One of the two. */
    fileId: uuid('file_id'),
    url: text('url'),
    wanted: integer('wanted').notNull().default(1),
    /** Whether Temporal was told of the wanted generation. */
    dispatched: boolean('dispatched').notNull().default(false),
    /** When its ingestion was last compared with Temporal. */
    comparedAt: at('compared_at').notNull().defaultNow(),
    state: text('state').$type<DocumentState>().notNull().default('waiting'),
    progress: integer('progress').notNull().default(0),
    /** Attempts of the wanted generation that did not come to their end, and the one under way. */
    attempts: integer('attempts').notNull().default(0),
    error: jsonb('error').$type<{ code: string; message: string }>(),
    live: integer('live'),
    passages: integer('passages').notNull().default(0),
    characters: integer('characters').notNull().default(0),
    truncated: boolean('truncated').notNull().default(false),
    language: text('language'),
    embeddingModel: text('embedding_model'),
    /** What all its ingestions took of the embedding model. */
    embeddingTokens: bigint('embedding_tokens', { mode: 'number' }).notNull().default(0),
    ingestedAt: at('ingested_at'),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    unique('knowledge_documents_file').on(table.knowledgeBaseId, table.fileId),
    unique('knowledge_documents_url').on(table.knowledgeBaseId, table.url),
    index('knowledge_documents_name').on(table.knowledgeBaseId, table.name, table.documentId),
    index('knowledge_documents_undispatched').on(table.updatedAt).where(sql`not dispatched`),
    index('knowledge_documents_open').on(table.comparedAt).where(sql`state not in ('ready', 'failed')`),
  ],
)

/** What one ingestion found out about a document, kept until it takes the place of the one before. */
export const knowledgeReadings = pgTable(
  'knowledge_readings',
  {
    documentId: uuid('document_id')
      .notNull()
      .references(() => knowledgeDocuments.documentId, { onDelete: 'cascade' }),
    generation: integer('generation').notNull(),
    passages: integer('passages').notNull(),
    characters: integer('characters').notNull(),
    truncated: boolean('truncated').notNull(),
    language: text('language').notNull(),
    embeddingModel: text('embedding_model'),
  },
  (table) => [primaryKey({ columns: [table.documentId, table.generation] })],
)

/** A piece of a document. `search` holds the id of its base as a word, so that an index search stays inside of it. */
export const knowledgePassages = pgTable(
  'knowledge_passages',
  {
    documentId: uuid('document_id').notNull(),
    generation: integer('generation').notNull(),
    number: integer('number').notNull(),
    knowledgeBaseId: uuid('knowledge_base_id').notNull(),
    heading: text('heading'),
    page: integer('page'),
    offset: integer('offset').notNull(),
    text: text('text').notNull(),
    search: tsvector('search').notNull(),
    /** Of length 1. */
    embedding: real('embedding').array(),
  },
  (table) => [
    primaryKey({ columns: [table.documentId, table.generation, table.number] }),
    foreignKey({
      name: 'knowledge_passages_reading',
      columns: [table.documentId, table.generation],
      foreignColumns: [knowledgeReadings.documentId, knowledgeReadings.generation],
    }).onDelete('cascade'),
    index('knowledge_passages_search').using('gin', table.search),
    index('knowledge_passages_base').on(table.knowledgeBaseId),
  ],
)
