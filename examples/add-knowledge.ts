import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ParleyHttp } from '../client/http.ts'
import type { Example } from './example.ts'

/** Milliseconds in which small documents are surely taken in; whoever asks earlier finds what is there by then. */
const patience = 30_000

/** Adds a knowledge base with its documents, where it is not there yet, and waits until they can be searched. */
export async function addKnowledge(
  parley: ParleyHttp,
  folder: URL,
  { name, description, files }: NonNullable<Example['knowledge']>,
): Promise<void> {
  const { items: before } = await parley.knowledgeBases({ limit: 100 })
  if (before.some((one) => one.name === name)) return
  const { knowledgeBaseId } = await parley.createKnowledgeBase({ name, description })
  for (const file of files) {
    const { fileId } = await parley.upload(join(fileURLToPath(folder), 'files', file))
    await parley.addKnowledgeDocument(knowledgeBaseId, { fileId, name: file })
  }
  for (const until = Date.now() + patience; Date.now() < until; await pause(100)) {
    const { items } = await parley.knowledgeDocuments(knowledgeBaseId, { limit: 100 })
    if (items.every(({ state }) => state === 'ready' || state === 'failed')) return
  }
}
