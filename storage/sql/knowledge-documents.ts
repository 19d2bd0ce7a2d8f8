import { and, asc, count, eq, inArray, lt, ne, sql } from 'drizzle-orm'
import type { KnowledgeDocument } from '../../shared/contract/api/knowledge-bases.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { knowledgeLimits } from '../../shared/contract/knowledge.ts'
import type { Database } from './database.ts'
import { NameKey, readCursor, toPage } from './page.ts'
import { knowledgeBases, knowledgeDocuments } from './schema.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'> & { knowledgeBaseId: string }
type DocumentPlace = Place & { documentId: string }
export type DocumentRow = typeof knowledgeDocuments.$inferSelect

const ofBase = ({ workspaceId, appId, knowledgeBaseId }: Place) =>
  and(
    eq(knowledgeDocuments.workspaceId, workspaceId),
    eq(knowledgeDocuments.appId, appId),
    eq(knowledgeDocuments.knowledgeBaseId, knowledgeBaseId),
  )
const one = (place: DocumentPlace) => and(ofBase(place), eq(knowledgeDocuments.documentId, place.documentId))

/** Documents of a knowledge base, by name. */
export async function listKnowledgeDocuments(
  db: Database,
  place: Place,
  { limit, cursor }: PageQuery,
): Promise<Page<KnowledgeDocument>> {
  const after = readCursor(cursor, NameKey)
  const rows = await db
    .select()
    .from(knowledgeDocuments)
    .where(
      and(
        ofBase(place),
        after &&
          sql`(${knowledgeDocuments.name}, ${knowledgeDocuments.documentId}) > (${after[0]}, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(knowledgeDocuments.name), asc(knowledgeDocuments.documentId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: showDocument, key: (row) => [row.name, row.documentId] })
}

export async function findKnowledgeDocument(
  db: Database,
  place: DocumentPlace,
): Promise<DocumentRow | undefined> {
  const [row] = await db.select().from(knowledgeDocuments).where(one(place))
  return row
}

/**
 * Adds a document, to be ingested. With an id that is there already nothing happens. Undefined when there is no such base.
 * @throws Refusal `Conflict` when it is in the base already, `Invalid` when the base is full
 */
export const addKnowledgeDocument = (
  db: Database,
  { workspaceId, appId, knowledgeBaseId, documentId }: DocumentPlace,
  { name, fileId, url }: { name: string; fileId?: string | undefined; url?: string | undefined },
): Promise<DocumentRow | undefined> =>
  db.transaction(async (tx) => {
    const place = { workspaceId, appId, knowledgeBaseId }
    const [base] = await tx
      .select({ knowledgeBaseId: knowledgeBases.knowledgeBaseId })
      .from(knowledgeBases)
      .where(
        and(
          eq(knowledgeBases.workspaceId, workspaceId),
          eq(knowledgeBases.appId, appId),
          eq(knowledgeBases.knowledgeBaseId, knowledgeBaseId),
        ),
      )
      .for('update')
    if (!base) return undefined
    const others = and(ofBase(place), ne(knowledgeDocuments.documentId, documentId))
    const isSame = fileId ? eq(knowledgeDocuments.fileId, fileId) : eq(knowledgeDocuments.url, url ?? '')
    const [twin] = await tx
      .select({ name: knowledgeDocuments.name })
      .from(knowledgeDocuments)
      .where(and(others, isSame))
    if (twin)
      throw new Refusal(
        'Conflict',
        `it is in this knowledge base already, as "${twin.name}": ingest that one again`,
      )
    const [{ there = 0 } = {}] = await tx.select({ there: count() }).from(knowledgeDocuments).where(others)
    if (there >= knowledgeLimits.documents)
      throw new Refusal(
        'Invalid',
        `a knowledge base holds at most ${knowledgeLimits.documents} documents: begin another one`,
      )
    await tx
      .insert(knowledgeDocuments)
      .values({ ...place, documentId, name, fileId: fileId ?? null, url: url ?? null })
      .onConflictDoNothing({ target: knowledgeDocuments.documentId })
    const [row] = await tx
      .select()
      .from(knowledgeDocuments)
      .where(eq(knowledgeDocuments.documentId, documentId))
    return row
  })

/** Wants a new generation of its passages. Those of the one before are found until it is there. */
export async function ingestAgain(db: Database, place: DocumentPlace): Promise<DocumentRow | undefined> {
  const [row] = await db
    .update(knowledgeDocuments)
    .set({
      wanted: sql`${knowledgeDocuments.wanted} + 1`,
      dispatched: false,
      state: 'waiting',
      progress: 0,
      attempts: 0,
      error: null,
      updatedAt: sql`now()`,
    })
    .where(one(place))
    .returning()
  return row
}

export async function removeKnowledgeDocument(db: Database, place: DocumentPlace): Promise<boolean> {
  const gone = await db
    .delete(knowledgeDocuments)
    .where(one(place))
    .returning({ documentId: knowledgeDocuments.documentId })
  return gone.length > 0
}

/** Keeps that Temporal knows of the ingestion. */
export async function markIngestionDispatched(
  db: Database,
  { documentId, wanted }: Pick<DocumentRow, 'documentId' | 'wanted'>,
): Promise<void> {
  await db
    .update(knowledgeDocuments)
    .set({ dispatched: true })
    .where(and(eq(knowledgeDocuments.documentId, documentId), eq(knowledgeDocuments.wanted, wanted)))
}

/** Ingestions of which Temporal was not told since `before`, oldest first. */
export const listUndispatchedIngestions = (db: Database, before: Date): Promise<DocumentRow[]> =>
  db
    .select()
    .from(knowledgeDocuments)
    .where(and(eq(knowledgeDocuments.dispatched, false), lt(knowledgeDocuments.updatedAt, before)))
    .orderBy(asc(knowledgeDocuments.updatedAt))
    .limit(100)

/**
 * Takes the documents under way whose ingestion was compared with Temporal longest ago, at most `count` and none since
 * `before`. Taking them counts as comparing, so that several processes share the work.
 */
export async function takeOpenIngestions(db: Database, before: Date, count: number): Promise<DocumentRow[]> {
  const oldest = db
    .select({ documentId: knowledgeDocuments.documentId })
    .from(knowledgeDocuments)
    .where(
      and(
        sql`${knowledgeDocuments.state} not in ('ready', 'failed')`,
        eq(knowledgeDocuments.dispatched, true),
        lt(knowledgeDocuments.comparedAt, before),
      ),
    )
    .orderBy(asc(knowledgeDocuments.comparedAt))
    .limit(count)
    .for('update', { skipLocked: true })
  return db
    .update(knowledgeDocuments)
    .set({ comparedAt: sql`now()` })
    .where(inArray(knowledgeDocuments.documentId, oldest))
    .returning()
}

export const showDocument = (row: DocumentRow): KnowledgeDocument => ({
  documentId: row.documentId,
  knowledgeBaseId: row.knowledgeBaseId,
  name: row.name,
  fileId: row.fileId,
  url: row.url,
  state: row.state,
  progress: row.progress,
  error: row.error,
  passages: row.passages,
  characters: row.characters,
  truncated: row.truncated,
  language: row.language,
  embeddingModel: row.embeddingModel,
  embeddingTokens: row.embeddingTokens,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  ingestedAt: row.ingestedAt?.toISOString() ?? null,
})
