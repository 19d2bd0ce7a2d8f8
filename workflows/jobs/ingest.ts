import { ingestDocument } from '../activities.ts'
import type { JobRunner } from './runner.ts'

/** Takes a document into its knowledge base. How far it is, and what went wrong, stands in the document's row. */
export const runIngest: JobRunner<'ingest'> = async (job) => ({ ...(await ingestDocument(job)) })
