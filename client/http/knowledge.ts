import type { api } from '../../shared/contract/api/index.ts'
import type { Calls, Given, WriteOptions } from './routes.ts'

type Routes = (typeof api)['knowledgeBases']
const bases = '/api/admin/wks/{workspaceId}/app/{appId}/knowledge-bases'
const documents = `${bases}/{knowledgeBaseId}/documents` as const

/** What builders and admins do with knowledge bases. */
export const knowledgeCalls = ({ call }: Calls) => ({
  knowledgeBases: (query?: Given<Routes['list']>['query']) => call<Routes['list']>('get', bases, { query }),

  createKnowledgeBase: (body: NonNullable<Given<Routes['create']>['body']>, options?: WriteOptions) =>
    call<Routes['create']>('post', bases, { body }, options),

  deleteKnowledgeBase: (knowledgeBaseId: string, options?: WriteOptions) =>
    call<Routes['remove']>('delete', `${bases}/{knowledgeBaseId}`, { params: { knowledgeBaseId } }, options),

  knowledgeDocuments: (knowledgeBaseId: string, query?: Given<Routes['documents']>['query']) =>
    call<Routes['documents']>('get', documents, { params: { knowledgeBaseId }, query }),

  /** Adds a document by `fileId` or `url`. Its ingestion goes on behind the answer: ask for it until its `state` is ready or failed. */
  addKnowledgeDocument: (
    knowledgeBaseId: string,
    body: NonNullable<Given<Routes['addDocument']>['body']>,
    options?: WriteOptions,
  ) => call<Routes['addDocument']>('post', documents, { params: { knowledgeBaseId }, body }, options),

  knowledgeDocument: (knowledgeBaseId: string, documentId: string) =>
    call<Routes['document']>('get', `${documents}/{documentId}`, { params: { knowledgeBaseId, documentId } }),

  deleteKnowledgeDocument: (knowledgeBaseId: string, documentId: string, options?: WriteOptions) =>
    call<Routes['removeDocument']>(
      'delete',
      `${documents}/{documentId}`,
      { params: { knowledgeBaseId, documentId } },
      options,
    ),

  ingestKnowledgeDocument: (knowledgeBaseId: string, documentId: string, options?: WriteOptions) =>
    call<Routes['ingest']>(
      'post',
      `${documents}/{documentId}/ingest`,
      { params: { knowledgeBaseId, documentId } },
      options,
    ),
})
