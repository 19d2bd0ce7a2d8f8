import { api } from '../../shared/contract/api/index.ts'
import { idFrom } from '../../storage/id-from.ts'
import {
  addKnowledgeBase,
  findKnowledgeBase,
  listKnowledgeBases,
  removeKnowledgeBase,
  replaceKnowledgeBase,
} from '../../storage/sql/knowledge-bases.ts'
import {
  addKnowledgeDocument,
  findKnowledgeDocument,
  ingestAgain,
  listKnowledgeDocuments,
  removeKnowledgeDocument,
  showDocument,
} from '../../storage/sql/knowledge-documents.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { startIngestion } from '../knowledge/start-ingestion.ts'
import { wantedDocument } from '../knowledge/wanted-document.ts'
import { must } from '../runs/must-read.ts'

const base = 'knowledge base'

export function bindKnowledgeBases(bind: Binder, deps: Deps): void {
  const { db } = deps
  bind(api.knowledgeBases.list, ({ caller, query }) => listKnowledgeBases(db, caller, query))
  bind(api.knowledgeBases.create, ({ caller, body, one }) =>
    addKnowledgeBase(db, caller, idFrom(`${one.seed}:knowledge-base`), body),
  )
  bind(api.knowledgeBases.get, async ({ caller, params }) =>
    must(await findKnowledgeBase(db, caller, params.knowledgeBaseId), base),
  )
  bind(api.knowledgeBases.replace, async ({ caller, params, body }) =>
    must(await replaceKnowledgeBase(db, caller, params.knowledgeBaseId, body), base),
  )
  bind(api.knowledgeBases.remove, async ({ caller, params }) => {
    must((await removeKnowledgeBase(db, caller, params.knowledgeBaseId)) || undefined, base)
    return undefined
  })
  bind(api.knowledgeBases.documents, async ({ caller, params, query }) => {
    must(await findKnowledgeBase(db, caller, params.knowledgeBaseId), base)
    return listKnowledgeDocuments(db, params, query)
  })
  bind(api.knowledgeBases.addDocument, async ({ caller, params, body, one }) => {
    const documentId = idFrom(`${one.seed}:document`)
    const wanted = await wantedDocument(deps, caller, body)
    const document = must(await addKnowledgeDocument(db, { ...params, documentId }, wanted), base)
    return startIngestion(deps, caller, document)
  })
  bind(api.knowledgeBases.document, async ({ params }) =>
    showDocument(must(await findKnowledgeDocument(db, params), 'document')),
  )
  bind(api.knowledgeBases.removeDocument, async ({ params }) => {
    must((await removeKnowledgeDocument(db, params)) || undefined, 'document')
    return undefined
  })
  bind(api.knowledgeBases.ingest, async ({ caller, params }) =>
    startIngestion(deps, caller, must(await ingestAgain(db, params), 'document')),
  )
}
