import { z } from 'zod'
import { DocumentFields, DocumentState, KnowledgeBaseFields, knowledgeLimits } from '../knowledge.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { admin, admins, builders, Id, Scope, scopeParams, Time } from './scope.ts'

export const KnowledgeBase = z
  .object({
    knowledgeBaseId: Id,
    name: z.string(),
    description: z.string(),
    documents: z.int(),
    /** Of the documents, those that can be searched now. */
    ready: z.int(),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'KnowledgeBase' })
export type KnowledgeBase = z.infer<typeof KnowledgeBase>

export const KnowledgeDocument = z
  .object({
    documentId: Id,
    knowledgeBaseId: Id,
    name: z.string(),
    fileId: Id.nullable(),
    url: z.string().nullable(),
    state: DocumentState,
    /** Of the newest ingestion, in percent. */
    progress: z.int().min(0).max(100),
    /** Why the newest ingestion failed. */
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    /** Passages that are found now. */
    passages: z.int(),
    characters: z.int(),
    /** Whether the document goes on behind what was taken. */
    truncated: z.boolean(),
    /** By which its words are stemmed, as PostgreSQL calls it. */
    language: z.string().nullable(),
    /** Whose vectors its passages have; null where they are found by their words only. */
    embeddingModel: z.string().nullable(),
    /** What all its ingestions took of the embedding model. */
    embeddingTokens: z.int(),
    createdAt: Time,
    updatedAt: Time,
    /** When what is found now was taken in; null when nothing was yet. */
    ingestedAt: Time.nullable(),
  })
  .meta({ id: 'KnowledgeDocument' })
export type KnowledgeDocument = z.infer<typeof KnowledgeDocument>

const BaseParams = z.object({ ...scopeParams, knowledgeBaseId: Id })
const DocumentParams = BaseParams.extend({ documentId: Id })
const bases = `${admin}/knowledge-bases` as const
const documents = `${bases}/{knowledgeBaseId}/documents` as const
const tag = 'Knowledge'

export const knowledgeBases = {
  list: route({
    name: 'listKnowledgeBases',
    method: 'get',
    path: bases,
    tag,
    summary: 'Knowledge bases of the app, by name',
    access: builders,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of knowledge bases', body: pageOf(KnowledgeBase) },
  }),
  create: route({
    name: 'createKnowledgeBase',
    method: 'post',
    path: bases,
    tag,
    summary: 'Adds a knowledge base, without documents',
    access: admins,
    params: Scope,
    body: KnowledgeBaseFields,
    reply: { status: 201, description: 'Added', body: KnowledgeBase },
    problems: ['Conflict'],
    idempotent: true,
  }),
  get: route({
    name: 'getKnowledgeBase',
    method: 'get',
    path: `${bases}/{knowledgeBaseId}`,
    tag,
    summary: 'One knowledge base',
    access: builders,
    params: BaseParams,
    reply: { status: 200, description: 'The knowledge base', body: KnowledgeBase },
  }),
  replace: route({
    name: 'replaceKnowledgeBase',
    method: 'put',
    path: `${bases}/{knowledgeBaseId}`,
    tag,
    summary: 'Renames or describes a knowledge base. Steps name it by its name: they do not follow',
    access: admins,
    params: BaseParams,
    body: KnowledgeBaseFields,
    reply: { status: 200, description: 'The knowledge base', body: KnowledgeBase },
    problems: ['Conflict'],
    idempotent: true,
  }),
  remove: route({
    name: 'deleteKnowledgeBase',
    method: 'delete',
    path: `${bases}/{knowledgeBaseId}`,
    tag,
    summary:
      'Takes a knowledge base away with its documents and passages. Agents that name it go on without it',
    access: admins,
    params: BaseParams,
    reply: { status: 204, description: 'Taken away' },
  }),
  documents: route({
    name: 'listKnowledgeDocuments',
    method: 'get',
    path: documents,
    tag,
    summary: 'Documents of a knowledge base, by name, with how far their ingestion is',
    access: builders,
    params: BaseParams,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of documents', body: pageOf(KnowledgeDocument) },
  }),
  addDocument: route({
    name: 'addKnowledgeDocument',
    method: 'post',
    path: documents,
    tag,
    summary: 'Adds a document by an uploaded file or an address, and begins to ingest it',
    description: `PDF, Word (.docx), PowerPoint (.pptx), web pages, Markdown, CSV and plain text; of each the first ${knowledgeLimits.characters.toLocaleString('en-US')} characters. At most ${knowledgeLimits.documents.toLocaleString('en-US')} documents a knowledge base.`,
    access: admins,
    params: BaseParams,
    body: DocumentFields,
    reply: { status: 201, description: 'Added; its ingestion has begun', body: KnowledgeDocument },
    problems: ['Conflict', 'Invalid', 'OutboundRefused'],
    idempotent: true,
  }),
  document: route({
    name: 'getKnowledgeDocument',
    method: 'get',
    path: `${documents}/{documentId}`,
    tag,
    summary: 'One document: state, progress, and what went wrong',
    access: builders,
    params: DocumentParams,
    reply: { status: 200, description: 'The document', body: KnowledgeDocument },
  }),
  removeDocument: route({
    name: 'deleteKnowledgeDocument',
    method: 'delete',
    path: `${documents}/{documentId}`,
    tag,
    summary: 'Takes a document away with all of its passages. The uploaded file stays',
    access: admins,
    params: DocumentParams,
    reply: { status: 204, description: 'Taken away' },
  }),
  ingest: route({
    name: 'ingestKnowledgeDocument',
    method: 'post',
    path: `${documents}/{documentId}/ingest`,
    tag,
    summary: 'Ingests a document again. Until that is done, what was there is found',
    access: admins,
    params: DocumentParams,
    reply: { status: 202, description: 'Begun', body: KnowledgeDocument },
    idempotent: true,
  }),
}
