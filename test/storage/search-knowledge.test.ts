import { randomUUID } from 'node:crypto'
import { fillBase, measureRecall } from '../../bench/knowledge/recall.ts'
import { embedded } from '../../shared/contract/api/embedded.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { ensureWorkspace } from '../../storage/sql/ensure-workspace.ts'
import { showReading, storeEmbeddings, storeReading } from '../../storage/sql/ingest-document.ts'
import { addKnowledgeBase, removeKnowledgeBase } from '../../storage/sql/knowledge-bases.ts'
import { addKnowledgeDocument, ingestAgain } from '../../storage/sql/knowledge-documents.ts'
import { searchKnowledge } from '../../storage/sql/search-knowledge.ts'
import { type Ground, ground } from '../harness/ground.ts'

let place: Ground
let db: Database
let set: string

beforeAll(async () => {
  place = await ground()
  db = openDatabase(place.databaseUrl)
  await ensureWorkspace(db)
  set = await fillBase(db, embedded)
})
afterAll(async () => {
  await db.$client.end()
  await place.drop()
})

const search = (query: string, knowledgeBaseIds = [set]) =>
  searchKnowledge(db, { knowledgeBaseIds, query, limit: 5 })
const headings = async (query: string) => (await search(query)).map(({ heading }) => heading)

/** A base with one document of these passages. */
async function baseOf(
  texts: string[],
  { language = 'english', embeddingModel = null as string | null } = {},
) {
  const [knowledgeBaseId, documentId] = [randomUUID(), randomUUID()]
  await addKnowledgeBase(db, embedded, knowledgeBaseId, { name: knowledgeBaseId, description: '' })
  const at = { ...embedded, knowledgeBaseId, documentId }
  await addKnowledgeDocument(db, at, { name: 'document', url: `https://example.com/${documentId}` })
  const passages = texts.map((text, offset) => ({ heading: null, page: null, offset, text }))
  const reading = { passages, characters: 10, truncated: false, language, embeddingModel }
  await storeReading(db, { documentId, generation: 1 }, reading)
  return { knowledgeBaseId, documentId, at, reading, first: { documentId, generation: 1 } }
}

it('F089 questions in people’s own words find their passage among the first five, by full text alone', async () => {
  const { asked, found, first, missed } = await measureRecall(db, set)
  expect({ asked, missed: missed.map(({ asks }) => asks).slice(6) }).toEqual({ asked: 40, missed: [] })
  expect(found / asked).toBeGreaterThanOrEqual(0.85)
  expect(first / asked).toBeGreaterThanOrEqual(0.6)
})

it.each(['Rückgabefrist', 'rueckgabefrist', 'RUCKGABEFRIST', 'Rückgabe'])(
  'F089 German words are found as people type them, also as part of longer ones: %s',
  async (query) => {
    expect((await search(query))[0]?.text).toContain('verlängerter Rückgabefrist')
  },
)

it('F089 numbers and codes are found as they are written', async () => {
  expect((await headings('PX-204'))[0]).toContain('A payment was refused')
  expect((await headings('47-622'))[0]).toContain('Tyres')
})

it.each([
  ['nothing but small words', 'what is it, and how?'],
  ['no words at all', '?! ... ""'],
  ['nothing', ''],
  ['words that nobody wrote', 'zzyzx qwrtp'],
])('F089 %s finds nothing', async (_, query) => {
  expect(await search(query)).toEqual([])
})

it.each([
  "it's 'quoted' and \\ back\\slashed & | ! ( ) :* <-> refund",
  "refund'); drop table knowledge_passages; --",
  'refund \u0000 \ud800',
  `refund ${'x'.repeat(100_000)}`,
  'refund https://example.com/a?b=c&d user@example.com /usr/local/bin',
])('F089 a query is words, whatever else it looks like: case %#', async (query) => {
  expect((await search(query)).length).toBeGreaterThan(0)
})

it('F089 only the bases that are named are searched, and nothing that was taken away', async () => {
  const one = await baseOf(['The refund of the moon.'])
  await showReading(db, one.first)
  expect((await search('refund', [one.knowledgeBaseId])).map(({ text }) => text)).toEqual([
    'The refund of the moon.',
  ])
  expect((await search('refund')).every(({ knowledgeBase }) => knowledgeBase === 'Retrieval set')).toBe(true)
  expect(await search('moon', [set, one.knowledgeBaseId])).toHaveLength(1)
  await removeKnowledgeBase(db, embedded, one.knowledgeBaseId)
  expect(await search('refund', [one.knowledgeBaseId])).toEqual([])
})

it('F089 an ingestion shows its passages when all are there, and takes the place of the one before', async () => {
  const one = await baseOf(['The old comet.'])
  expect(await search('comet', [one.knowledgeBaseId])).toEqual([])
  expect(await showReading(db, one.first)).toBe(true)
  await ingestAgain(db, one.at)
  const second = { ...one.first, generation: 2 }
  const passages = [{ heading: null, page: null, offset: 0, text: 'The new comet.' }]
  expect(await storeReading(db, second, { ...one.reading, passages })).toBe(true)
  // Kept a second time, as by an attempt that takes over, it is there once.
  expect(await storeReading(db, second, { ...one.reading, passages })).toBe(true)
  const comets = async () => (await search('comet', [one.knowledgeBaseId])).map(({ text }) => text)
  expect(await comets()).toEqual(['The old comet.'])
  expect(await showReading(db, second)).toBe(true)
  expect(await comets()).toEqual(['The new comet.'])
  // The first one comes late: nothing of it is written any more.
  expect(await storeReading(db, one.first, one.reading)).toBe(false)
  expect(await showReading(db, one.first)).toBe(false)
  expect(await comets()).toEqual(['The new comet.'])
})

it('F089 words and meaning are weighed together; without a word in common the meaning alone finds it', async () => {
  const one = await baseOf(['A dog barks.', 'A hound howls.', 'The weather is fine.'], {
    embeddingModel: 'm',
  })
  await storeEmbeddings(db, one.first, {
    vectors: [
      { number: 0, embedding: [0.8, 0.6, 0] },
      { number: 1, embedding: [1, 0, 0] },
      { number: 2, embedding: [0, 0, 1] },
    ],
    tokens: 7,
  })
  await showReading(db, one.first)
  const ask = async (query: string, model = 'm', vector = [1, 0, 0]) =>
    (
      await searchKnowledge(db, {
        knowledgeBaseIds: [one.knowledgeBaseId],
        query,
        embedding: { model, vector },
        limit: 2,
      })
    ).map(({ text }) => text)
  expect(await ask('canine')).toEqual(['A hound howls.', 'A dog barks.'])
  // Second by meaning and the only one by its words: first.
  expect(await ask('dog')).toEqual(['A dog barks.', 'A hound howls.'])
  // Vectors of another model, or of another length, say nothing.
  expect(await ask('canine', 'other')).toEqual([])
  expect(await ask('canine', 'm', [1, 0])).toEqual([])
})

it('F089 where the server has pgvector, its operator compares; a stand-in for it, which likes what is far, shows that it is asked', async () => {
  const one = await baseOf(['A dog barks.', 'A hound howls.'], { embeddingModel: 'm' })
  await storeEmbeddings(db, one.first, {
    vectors: [
      { number: 0, embedding: [0.8, 0.6] },
      { number: 1, embedding: [1, 0] },
    ],
    tokens: 7,
  })
  await showReading(db, one.first)
  await db.$client.query(`
    create domain vector as real[];
    create function nearness(real[], real[]) returns float8 language sql
      return (select sum(a * b) from unnest($1, $2) as t (a, b));
    create operator <=> (leftarg = real[], rightarg = real[], function = nearness);
    insert into pg_extension values (99999, 'vector', 10, 'public'::regnamespace, false, '0', null, null)`)
  try {
    const found = await searchKnowledge(db, {
      knowledgeBaseIds: [one.knowledgeBaseId],
      query: 'canine',
      embedding: { model: 'm', vector: [1, 0] },
      limit: 2,
    })
    expect(found.map(({ text }) => text)).toEqual(['A dog barks.', 'A hound howls.'])
  } finally {
    await db.$client.query(`delete from pg_extension where extname = 'vector'`)
  }
})
