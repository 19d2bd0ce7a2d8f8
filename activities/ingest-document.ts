import { ApplicationFailure, Context, heartbeat } from '@temporalio/activity'
import type { JobOf } from '../shared/contract/job.ts'
import { knowledgeLimits } from '../shared/contract/knowledge.ts'
import { asFailure, fail, kindOf } from '../shared/temporal/failure.ts'
import { cutPassages } from '../storage/knowledge/cut-passages.ts'
import { detectLanguage } from '../storage/knowledge/detect-language.ts'
import { readStoredFile } from '../storage/read-file-text.ts'
import {
  countAttempt,
  failIngestion,
  findIngestion,
  type Ingestion,
  listWithoutEmbedding,
  noteProgress,
  showReading,
  storeEmbeddings,
  storeReading,
  takeAttemptBack,
} from '../storage/sql/ingest-document.ts'
import type { DocumentRow } from '../storage/sql/knowledge-documents.ts'
import type { PagedText } from '../storage/text/page-starts.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { readWholePage } from './providers/search/read-page.ts'
import { unavailable } from './unavailable.ts'
import { embedWithinBudget } from './within-budget.ts'

type IngestDeps = Pick<Deps, 'db' | 'assets' | 'outbound' | 'embeddings' | 'prices'>

/** A cancelled job is heard of in the answer to a heartbeat. */
const heartbeatEvery = 400
/** How often a server may be away, or whoever reads it may break down, before the document is given up. */
const mostAttempts = 5
/** A file may bring its worker down before that can say why. */
const neverEnded = `It was begun ${mostAttempts} times and never came to its end: whoever read it broke down or hung. Try it in another format or in parts, or ingest it again.`
/** Passages of one call of the embedding model. */
const embeddedAtOnce = 64
/** A large document takes long to read, and who waits is no person. */
const limits = {
  mostCharacters: knowledgeLimits.characters,
  seconds: 300,
  timeLimit: 60_000,
  mostBytes: 30_000_000,
}

/** What came of an ingestion; `superseded` where the document is gone, or another ingestion of it has begun. */
export interface Ingested {
  state: 'ready' | 'failed' | 'superseded'
}

/**
 * Ingests a document: reads it, cuts it into passages, and, where a model is configured, gives them vectors. What is done
 * is in the database, so another attempt goes on from there; readers find the new passages once all are there.
 */
export const ingestDocument =
  (deps: IngestDeps) =>
  async ({ documentId, generation }: JobOf<'ingest'>): Promise<Ingested> => {
    const { cancellationSignal: signal, cancelled } = Context.current()
    const ingestion = { documentId, generation }
    const beat = setInterval(() => heartbeat(), heartbeatEvery)
    let attempt = 0
    // What is not known any more when the database is away, too, counts: that is rare.
    const takeBack = () => takeAttemptBack(deps.db, ingestion).catch(() => {})
    try {
      attempt = await countAttempt(deps.db, ingestion)
      if (attempt > mostAttempts) throw fail('FileUnreadable', neverEnded)
      return await ingest(deps, ingestion, signal)
    } catch (error) {
      if (signal.aborted) {
        await takeBack()
        throw await cancelled.catch((reason) => reason)
      }
      const failure = unavailable(error) ?? (kindOf(error) ? asFailure(error) : faultOfOurs(error))
      const fault = kindOf(failure) ?? { code: 'Internal', message: 'A fault of ours.' }
      if (fault.code === 'Unavailable' || fault.code === 'Full') {
        await takeBack()
        throw failure
      }
      const isFinal = failure instanceof ApplicationFailure && failure.nonRetryable
      if (!isFinal && attempt < mostAttempts) throw failure
      const what = fault.code === 'BudgetSpent' ? ' Raise it, then ingest the document again.' : ''
      await failIngestion(deps.db, ingestion, { code: fault.code, message: `${fault.message}${what}` })
      return { state: 'failed' }
    } finally {
      clearInterval(beat)
    }
  }

async function ingest(deps: IngestDeps, ingestion: Ingestion, signal: AbortSignal): Promise<Ingested> {
  const { db, embeddings } = deps
  const found = await findIngestion(db, ingestion)
  if (!found) return { state: 'superseded' }
  if (found.document.live === ingestion.generation) return { state: 'ready' }
  const embeddingModel = embeddings?.model ?? null
  // Vectors of two models do not go together: with another one than before the document is read anew.
  const before = found.reading?.embeddingModel === embeddingModel ? found.reading.passages : undefined
  const passages = before ?? (await readPassages(deps, found.document, ingestion, signal))
  if (passages === undefined) return { state: 'superseded' }
  await embedPassages(deps, found.document, ingestion, passages, signal)
  signal.throwIfAborted()
  return { state: (await showReading(db, ingestion)) ? 'ready' : 'superseded' }
}

/** Reads the document and keeps its passages. How many there are; undefined when the ingestion is not wanted any more. */
async function readPassages(
  deps: IngestDeps,
  document: DocumentRow,
  ingestion: Ingestion,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { db, embeddings } = deps
  await noteProgress(db, ingestion, 'reading', 5)
  const { text, pages = [], truncated } = await readDocument(deps, document, signal)
  await noteProgress(db, ingestion, 'indexing', 40)
  const passages = cutPassages({ text, pages })
  const isStored = await storeReading(db, ingestion, {
    passages,
    characters: text.length,
    truncated,
    language: detectLanguage(text),
    embeddingModel: embeddings?.model ?? null,
  })
  return isStored ? passages.length : undefined
}

/** @throws FileUnreadable where no repetition helps, ProviderBusy where one may */
async function readDocument(
  { db, assets, outbound }: IngestDeps,
  { workspaceId, fileId, url }: DocumentRow,
  signal: AbortSignal,
): Promise<PagedText & { truncated: boolean }> {
  const read = fileId
    ? await readStoredFile({ db, assets }, { workspaceId, fileId }, limits, signal)
    : await readWholePage(outbound, url ?? '', signal, limits)
  if (read.ok) return read
  const reason = fileId ? read.reason : `${url} could not be read: ${read.reason}.`.replace(/\.\.$/, '.')
  const mayPass = 'isPassing' in read || ('code' in read && read.code === 'TooSlow')
  throw fail(mayPass ? 'ProviderBusy' : 'FileUnreadable', reason)
}

/** Gives vectors to the passages that have none yet, in order. */
async function embedPassages(
  { db, embeddings, prices }: IngestDeps,
  { workspaceId, documentId }: DocumentRow,
  ingestion: Ingestion,
  all: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const next = await listWithoutEmbedding(db, ingestion, embeddedAtOnce)
    const [first] = next
    if (!first || !embeddings) return
    await noteProgress(db, ingestion, 'embedding', 50 + (45 * first.number) / all)
    const texts = next.map(({ heading, text }) => (heading ? `${heading}\n\n${text}` : text))
    await embedWithinBudget(
      { db, embeddings, prices },
      { call: { run: { workspaceId } }, signal, at: () => {} },
      { workspaceId, instanceUuid: documentId, path: 'ingestion', ordinal: first.number },
      texts,
      ({ vectors, tokensIn: tokens }, settle) =>
        storeEmbeddings(
          db,
          ingestion,
          { vectors: next.map(({ number }, index) => ({ number, embedding: vectors[index] ?? [] })), tokens },
          settle,
        ),
    )
  }
}
