import { CancellationScope, isCancellation } from '@temporalio/workflow'
import { giveUpIngestion, ingestDocument } from '../activities.ts'
import { faultOf } from '../fault.ts'
import type { JobRunner } from './runner.ts'

const stopped = {
  code: 'Cancelled',
  message: 'Its ingestion was stopped in Temporal. Ingest the document again.',
}

/**
 * Takes a document into its knowledge base. How far it is, and what went wrong, stands in the document's row: also where
 * the activity could not write it, because it never came to its end or was stopped.
 */
export const runIngest: JobRunner<'ingest'> = async (job) => {
  try {
    return { ...(await ingestDocument(job)) }
  } catch (error) {
    const { code, message } = isCancellation(error) ? stopped : faultOf(error)
    await CancellationScope.nonCancellable(() => giveUpIngestion({ job, code, message }))
    throw error
  }
}
