import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { cutPassages } from '../../storage/knowledge/cut-passages.ts'
import { detectLanguage } from '../../storage/knowledge/detect-language.ts'
import type { Database } from '../../storage/sql/database.ts'
import { showReading, storeReading } from '../../storage/sql/ingest-document.ts'
import { addKnowledgeBase } from '../../storage/sql/knowledge-bases.ts'
import { addKnowledgeDocument } from '../../storage/sql/knowledge-documents.ts'
import { searchKnowledge } from '../../storage/sql/search-knowledge.ts'
import { type Question, questions } from './questions.ts'

const folder = new URL('documents/', import.meta.url)

export const documents = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(new URL(name, folder), 'utf8'),
}))

/** Puts documents, those of the set where nothing else is said, into a new knowledge base. */
export async function fillBase(
  db: Database,
  place: { workspaceId: string; appId: string },
  name = 'Retrieval set',
  given = documents,
): Promise<string> {
  const knowledgeBaseId = randomUUID()
  await addKnowledgeBase(db, place, knowledgeBaseId, { name, description: '' })
  for (const { name: document, text } of given) {
    const documentId = randomUUID()
    const fields = { name: document, fileId: randomUUID() }
    await addKnowledgeDocument(db, { ...place, knowledgeBaseId, documentId }, fields)
    const ingestion = { documentId, generation: 1 }
    await storeReading(db, ingestion, {
      passages: cutPassages({ text }),
      characters: text.length,
      truncated: false,
      language: detectLanguage(text),
      embeddingModel: null,
    })
    await showReading(db, ingestion)
  }
  return knowledgeBaseId
}

export interface Recall {
  asked: number
  /** Questions whose passage is among the first five. */
  found: number
  /** Questions whose passage is the first. */
  first: number
  missed: Question[]
  /** Milliseconds of each search. */
  times: number[]
}

/** Asks every question, and looks for the passage that answers it. */
export async function measureRecall(db: Database, knowledgeBaseId: string): Promise<Recall> {
  const recall: Recall = { asked: questions.length, found: 0, first: 0, missed: [], times: [] }
  for (const question of questions) {
    const began = performance.now()
    const found = await searchKnowledge(db, {
      knowledgeBaseIds: [knowledgeBaseId],
      query: question.asks,
      limit: 5,
    })
    recall.times.push(performance.now() - began)
    const place = found.findIndex(
      ({ document, text }) => document === question.document && text.includes(question.says),
    )
    if (place < 0) recall.missed.push(question)
    else recall.found++
    if (place === 0) recall.first++
  }
  return recall
}
