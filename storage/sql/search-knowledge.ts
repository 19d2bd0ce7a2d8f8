import { and, inArray, isNotNull, sql } from 'drizzle-orm'
import type { FoundPassage } from '../../shared/contract/knowledge.ts'
import { foldWords } from '../knowledge/fold-words.ts'
import type { Database, Transaction } from './database.ts'
import { knowledgeDocuments } from './schema.ts'

/** What is looked for in which bases; `vector` is the query's, of length 1, by the model that passages must have theirs from. */
export interface KnowledgeQuery {
  knowledgeBaseIds: string[]
  query: string
  embedding?: { model: string; vector: number[] } | undefined
  limit: number
}

/** Where a passage is. */
type Key = [documentId: string, number: number]

/** Words of a question that are looked for. */
const mostWords = 48
/** Passages that each way of searching brings. */
const mostEach = 50
/** Of reciprocal rank fusion: how little a first place is ahead of a second. Cormack, Clarke and Büttcher, SIGIR 2009. */
const evenness = 60

/**
 * The passages that fit best, by their words and, where there is an embedding, by their meaning too. All is read from
 * one snapshot: a document that is ingested again meanwhile is found as it was, or as it is.
 */
export const searchKnowledge = (db: Database, wanted: KnowledgeQuery): Promise<FoundPassage[]> =>
  db.transaction(
    async (tx) => {
      const ways = [await byWords(tx, wanted), ...(wanted.embedding ? [await byMeaning(tx, wanted)] : [])]
      return readPassages(tx, fuse(ways).slice(0, wanted.limit))
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )

function fuse(ways: Key[][]): Key[] {
  const scores = new Map<string, { key: Key; score: number }>()
  for (const way of ways)
    for (const [rank, key] of way.entries()) {
      const before = scores.get(String(key))?.score ?? 0
      scores.set(String(key), { key, score: before + 1 / (evenness + rank + 1) })
    }
  return [...scores.values()].sort((one, other) => other.score - one.score).map(({ key }) => key)
}

const listed = (values: unknown) => sql`${sql.param(values)}`

/**
 * By the words of the question, stemmed in the languages of the documents, without their stop words. Rare words count
 * more: PostgreSQL's own rank does not know which are, so it is multiplied with their inverse frequency, term by term.
 * Longer words are also found as the beginning of others: `Rückgabe` in `Rückgabefrist`.
 */
async function byWords(tx: Transaction, { knowledgeBaseIds, query }: KnowledgeQuery): Promise<Key[]> {
  const found = await tx
    .selectDistinct({ language: knowledgeDocuments.language })
    .from(knowledgeDocuments)
    .where(
      and(inArray(knowledgeDocuments.knowledgeBaseId, knowledgeBaseIds), isNotNull(knowledgeDocuments.live)),
    )
  const languages = [...new Set(['simple', ...found.flatMap(({ language }) => language ?? [])])]
  const words = [
    ...new Set(
      query
        .toWellFormed()
        .toLowerCase()
        .split(/[\s\p{Cc},;:!?()"“”„«»]+/u),
    ),
  ].filter(Boolean)
  const said = words
    .slice(0, mostWords)
    .flatMap((word) => languages.map((language) => ({ word, language, folded: foldWords(word, language) })))
  const { rows } = await tx.execute<{ document_id: string; number: number }>(sql`
    with said as (
      select * from unnest(
        ${listed(said.map(({ word }) => word))}::text[],
        ${listed(said.map(({ language }) => language))}::regconfig[],
        ${listed(said.map(({ folded }) => folded))}::text[]
      ) as said (word, language, folded)
    ), terms as (
      select distinct term
      from said, unnest(tsvector_to_array(to_tsvector(language, folded))) as term
      where word not in (select word from said where to_tsvector(language, word) = '')
    ), asked as (
      select term,
        ('''' || replace(replace(term, '\\', '\\\\'), '''', '''''') || '''' || case when length(term) >= 5 then ':*' else '' end)::tsquery as query
      from terms
    ), matched as materialized (
      select passage.document_id, passage.number, asked.term,
        ts_rank('{0.2, 0.3, 0.7, 1}', passage.search, asked.query, 1) as rank
      from asked
      join knowledge_passages passage
        on passage.search @@ (asked.query && ${knowledgeBaseIds.map((id) => `'${id}'`).join(' | ')}::tsquery)
      join knowledge_documents document
        on document.document_id = passage.document_id and document.live = passage.generation
    ), everything as (
      select coalesce(sum(passages), 0) as passages from knowledge_documents
      where knowledge_base_id = any (${listed(knowledgeBaseIds)}::uuid[]) and live is not null
    ), rarity as (
      select term, ln(1 + (everything.passages - count(*) + 0.5) / (count(*) + 0.5)) as weight
      from matched, everything
      group by term, everything.passages
    )
    select document_id, number
    from matched join rarity using (term)
    group by document_id, number
    order by sum(rank * weight) desc, document_id, number
    limit ${mostEach}`)
  return rows.map(({ document_id, number }) => [document_id, number])
}

/**
 * By the angle between the vectors of question and passage, over all passages of the bases. With pgvector it does the
 * arithmetic; without, PostgreSQL does it in plain SQL.
 */
async function byMeaning(tx: Transaction, { knowledgeBaseIds, embedding }: KnowledgeQuery): Promise<Key[]> {
  const { model, vector } = embedding as NonNullable<typeof embedding>
  const has = await tx.execute(sql`select from pg_extension where extname = 'vector'`)
  const asked = sql`${listed(vector)}::real[]`
  const distance =
    has.rows.length > 0
      ? sql`passage.embedding::vector <=> ${asked}::vector`
      : sql`-(select sum(its * asked) from unnest(passage.embedding, ${asked}) as pair (its, asked))`
  const { rows } = await tx.execute<{ document_id: string; number: number }>(sql`
    select passage.document_id, passage.number
    from knowledge_passages passage
    join knowledge_documents document
      on document.document_id = passage.document_id and document.live = passage.generation
    where passage.knowledge_base_id = any (${listed(knowledgeBaseIds)}::uuid[])
      and document.embedding_model = ${model}
      and cardinality(passage.embedding) = ${vector.length}
    order by ${distance}, document_id, number
    limit ${mostEach}`)
  return rows.map(({ document_id, number }) => [document_id, number])
}

/** The passages, in the order in which they are named. */
async function readPassages(tx: Transaction, keys: Key[]): Promise<FoundPassage[]> {
  const { rows } = await tx.execute<FoundPassage & Record<string, unknown>>(sql`
    select base.name as "knowledgeBase", document.document_id as "documentId", document.name as "document", document.url,
      passage.heading, passage.page, passage."offset", passage.text
    from unnest(${listed(keys.map(([documentId]) => documentId))}::uuid[], ${listed(keys.map(([, number]) => number))}::int[])
      with ordinality as key (document_id, number, place)
    join knowledge_documents document on document.document_id = key.document_id
    join knowledge_bases base on base.knowledge_base_id = document.knowledge_base_id
    join knowledge_passages passage
      on passage.document_id = document.document_id and passage.generation = document.live and passage.number = key.number
    order by key.place`)
  return rows.map((row) => ({ ...row }))
}
