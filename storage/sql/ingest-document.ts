import { and, asc, eq, isNull, ne, sql } from 'drizzle-orm'
import type { DocumentState, Passage } from '../../shared/contract/knowledge.ts'
import { foldWords } from '../knowledge/fold-words.ts'
import type { Database, Transaction } from './database.ts'
import type { DocumentRow } from './knowledge-documents.ts'
import { knowledgeDocuments, knowledgePassages, knowledgeReadings } from './schema.ts'

/** One ingestion of a document. Nothing is written for one that another has taken the place of. */
export interface Ingestion {
  documentId: string
  generation: number
}

/** What was found in a document. */
export interface Reading {
  passages: Passage[]
  characters: number
  truncated: boolean
  language: string
  embeddingModel: string | null
}

const isWanted = ({ documentId, generation }: Ingestion) =>
  and(eq(knowledgeDocuments.documentId, documentId), eq(knowledgeDocuments.wanted, generation))
const ofIngestion = ({ documentId, generation }: Ingestion) =>
  and(eq(knowledgePassages.documentId, documentId), eq(knowledgePassages.generation, generation))
const isReading = ({ documentId, generation }: Ingestion) =>
  and(eq(knowledgeReadings.documentId, documentId), eq(knowledgeReadings.generation, generation))

/** The document, and what was read of it before a worker died; undefined when this ingestion is not wanted any more. */
export async function findIngestion(
  db: Database,
  ingestion: Ingestion,
): Promise<
  { document: DocumentRow; reading: typeof knowledgeReadings.$inferSelect | undefined } | undefined
> {
  const [document] = await db.select().from(knowledgeDocuments).where(isWanted(ingestion))
  if (!document) return undefined
  const [reading] = await db.select().from(knowledgeReadings).where(isReading(ingestion))
  return { document, reading }
}

/** How far it is. It never falls within one ingestion. */
export async function noteProgress(
  db: Database,
  ingestion: Ingestion,
  state: DocumentState,
  progress: number,
): Promise<void> {
  await db
    .update(knowledgeDocuments)
    .set({
      state,
      progress: sql`greatest(${knowledgeDocuments.progress}, ${Math.round(progress)}::int)`,
      updatedAt: sql`now()`,
    })
    .where(isWanted(ingestion))
}

/** Passages of one statement. */
const atOnce = 100

/** Keeps all passages, or none. Nobody finds them before `showReading`. False when the ingestion is not wanted any more. */
export const storeReading = (db: Database, ingestion: Ingestion, reading: Reading): Promise<boolean> =>
  db.transaction(async (tx) => {
    const [document] = await tx
      .select({ name: knowledgeDocuments.name, knowledgeBaseId: knowledgeDocuments.knowledgeBaseId })
      .from(knowledgeDocuments)
      .where(isWanted(ingestion))
      .for('share')
    if (!document) return false
    const { passages, ...rest } = reading
    await tx.delete(knowledgeReadings).where(isReading(ingestion))
    await tx.insert(knowledgeReadings).values({ ...ingestion, ...rest, passages: passages.length })
    for (let from = 0; from < passages.length; from += atOnce)
      await tx.insert(knowledgePassages).values(
        passages.slice(from, from + atOnce).map((passage, index) => ({
          ...ingestion,
          ...passage,
          number: from + index,
          knowledgeBaseId: document.knowledgeBaseId,
          search: vectorOf(document, passage, reading.language),
        })),
      )
    return true
  })

/**
 * The words of a passage: their stems, and as they are written, for names, numbers and other languages. What stands in
 * headings weighs most.
 */
function vectorOf(
  { name, knowledgeBaseId }: { name: string; knowledgeBaseId: string },
  { heading, text }: Passage,
  language: string,
) {
  const stems = (words: string | null) =>
    sql`to_tsvector(${language}::regconfig, ${foldWords(words ?? '', language)})`
  const written = foldWords(`${heading ?? ''} ${text}`, 'simple')
  return sql<string>`setweight(${stems(heading)}, 'A') || setweight(${stems(text)}, 'B') || setweight(${stems(name)}, 'C')
    || to_tsvector('simple', ${written}) || array_to_tsvector(array[${knowledgeBaseId}::text])`
}

export const listWithoutEmbedding = (
  db: Database,
  ingestion: Ingestion,
  limit: number,
): Promise<Pick<typeof knowledgePassages.$inferSelect, 'number' | 'heading' | 'text'>[]> =>
  db
    .select({
      number: knowledgePassages.number,
      heading: knowledgePassages.heading,
      text: knowledgePassages.text,
    })
    .from(knowledgePassages)
    .where(and(ofIngestion(ingestion), isNull(knowledgePassages.embedding)))
    .orderBy(asc(knowledgePassages.number))
    .limit(limit)

export const storeEmbeddings = (
  db: Database,
  ingestion: Ingestion,
  { vectors, tokens }: { vectors: { number: number; embedding: number[] }[]; tokens: number },
  also?: (tx: Transaction) => Promise<void>,
): Promise<void> =>
  db.transaction(async (tx) => {
    // Also for an ingestion that is not wanted any more: it was paid for.
    await tx
      .update(knowledgeDocuments)
      .set({ embeddingTokens: sql`${knowledgeDocuments.embeddingTokens} + ${tokens}` })
      .where(eq(knowledgeDocuments.documentId, ingestion.documentId))
    await also?.(tx)
    for (const { number, embedding } of vectors)
      await tx
        .update(knowledgePassages)
        .set({ embedding })
        .where(and(ofIngestion(ingestion), eq(knowledgePassages.number, number)))
  })

/** Puts the new passages in the place of those before, in one go. False when the ingestion is not wanted any more. */
export const showReading = (db: Database, ingestion: Ingestion): Promise<boolean> =>
  db.transaction(async (tx) => {
    const [reading] = await tx.select().from(knowledgeReadings).where(isReading(ingestion))
    if (!reading) return false
    const { documentId: _, generation, ...found } = reading
    const shown = await tx
      .update(knowledgeDocuments)
      .set({
        ...found,
        live: generation,
        state: 'ready',
        progress: 100,
        error: null,
        ingestedAt: sql`now()`,
        updatedAt: sql`now()`,
      })
      .where(isWanted(ingestion))
      .returning({ documentId: knowledgeDocuments.documentId })
    if (shown.length === 0) return false
    await forgetOthers(tx, ingestion)
    return true
  })

const forgetOthers = (tx: Transaction, { documentId, generation }: Ingestion) =>
  tx
    .delete(knowledgeReadings)
    .where(and(eq(knowledgeReadings.documentId, documentId), ne(knowledgeReadings.generation, generation)))

/** Counts an attempt that begins: should its worker die, it stays counted. */
export async function countAttempt(db: Database, ingestion: Ingestion): Promise<number> {
  const [row] = await db
    .update(knowledgeDocuments)
    .set({ attempts: sql`${knowledgeDocuments.attempts} + 1` })
    .where(isWanted(ingestion))
    .returning({ attempts: knowledgeDocuments.attempts })
  return row?.attempts ?? 0
}

/** Takes the attempt back that could not know how it would have ended: a database was away, a worker was shut down. */
export async function takeAttemptBack(db: Database, ingestion: Ingestion): Promise<void> {
  await db
    .update(knowledgeDocuments)
    .set({ attempts: sql`greatest(0, ${knowledgeDocuments.attempts} - 1)` })
    .where(isWanted(ingestion))
}

/** Gives an ingestion up, and says why. What an earlier one gave is found as before. */
export const failIngestion = (
  db: Database,
  ingestion: Ingestion,
  error: { code: string; message: string },
): Promise<void> =>
  db.transaction(async (tx) => {
    await tx
      .update(knowledgeDocuments)
      .set({ state: 'failed', error, updatedAt: sql`now()` })
      .where(and(isWanted(ingestion), ne(knowledgeDocuments.state, 'ready')))
    await tx.delete(knowledgeReadings).where(isReading(ingestion))
  })
