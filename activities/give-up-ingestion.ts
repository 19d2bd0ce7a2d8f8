import type { JobOf } from '../shared/contract/job.ts'
import { failIngestion } from '../storage/sql/ingest-document.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

/** Says of a document that its ingestion is over and why, where that could not say it itself. */
export const giveUpIngestion =
  ({ db }: Pick<Deps, 'db'>) =>
  ({
    job: { documentId, generation },
    ...error
  }: {
    job: JobOf<'ingest'>
    code: string
    message: string
  }): Promise<void> =>
    failIngestion(db, { documentId, generation }, error).catch((reason: unknown) => {
      throw unavailable(reason) ?? faultOfOurs(reason)
    })
