import type { KnowledgeDocument } from '../../shared/contract/api/knowledge-bases.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { faultFields } from '../../shared/log.ts'
import {
  type DocumentRow,
  markIngestionDispatched,
  showDocument,
} from '../../storage/sql/knowledge-documents.ts'
import type { Deps } from '../deps.ts'

/** Has a worker ingest a document. Where Temporal does not answer, the sweeper of the workers repeats it. */
export async function startIngestion(
  deps: Deps,
  caller: Caller,
  document: DocumentRow,
): Promise<KnowledgeDocument> {
  const { documentId, wanted } = document
  try {
    await deps.engine(caller).startIngest({ documentId, generation: wanted })
    await markIngestionDispatched(deps.db, document)
  } catch (error) {
    deps.log.warn(
      { ...faultFields(error), documentId },
      'the document is accepted, and its ingestion will be started by the sweeper',
    )
  }
  return showDocument(document)
}
