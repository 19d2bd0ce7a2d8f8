import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KnowledgeDocument } from '../../shared/contract/api/knowledge-bases.ts'
import { ingestWorkflowId } from '../../shared/temporal/names.ts'
import type { As } from './api.ts'
import { until } from './until.ts'
import type { World } from './world.ts'

/** A knowledge base with documents by name, each taken in through the API as an uploaded file. */
export async function knowledgeBase(
  admin: As,
  world: World,
  name: string,
  files: Record<string, string | Uint8Array>,
): Promise<{ at: string; documents: Record<string, KnowledgeDocument> }> {
  const made = await admin.post('A/knowledge-bases', { name })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  const at = `A/knowledge-bases/${made.body.knowledgeBaseId}`
  const documents: Record<string, KnowledgeDocument> = {}
  for (const [file, content] of Object.entries(files)) {
    const { body } = await admin.upload(file, content)
    documents[file] = await ingested(admin, world, at, { fileId: body.fileId })
  }
  return { at, documents }
}

/** Adds a document, and waits for what comes of it. */
export async function ingested(
  admin: As,
  world: World,
  at: string,
  fields: Record<string, unknown>,
): Promise<KnowledgeDocument> {
  const { status, body } = await admin.post(`${at}/documents`, fields)
  if (status !== 201) throw new Error(JSON.stringify(body))
  world.followJob(ingestWorkflowId(world.workspaceId, body.documentId, 1))
  return settled(admin, at, body.documentId)
}

/** Waits for the end of the newest ingestion of a document. */
export const settled = (admin: As, at: string, documentId: string): Promise<KnowledgeDocument> =>
  until('the end of the ingestion', async () => {
    const { body } = await admin.get(`${at}/documents/${documentId}`)
    return (body.state === 'ready' || body.state === 'failed') && body
  })

export interface EmbeddingServer {
  baseUrl: string
  /** The texts of each request. */
  requests: string[][]
  /** Statuses with which the next requests are refused. */
  refuse: number[]
  /** Hears of each request before it is answered. */
  before: (texts: string[]) => Promise<void> | void
  close(): Promise<void>
}

/** A server of OpenAI's embeddings protocol. A text's vector tells which of the given words are in it. */
export async function startEmbeddingServer(meanings: string[][]): Promise<EmbeddingServer> {
  const state = {
    requests: [] as string[][],
    refuse: [] as number[],
    before: (() => {}) as EmbeddingServer['before'],
  }
  const vectorOf = (text: string) => [
    0.01,
    ...meanings.map((words) => words.filter((word) => text.toLowerCase().includes(word)).length),
  ]
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', async () => {
      const { input } = JSON.parse(Buffer.concat(parts).toString()) as { input: string[] }
      state.requests.push(input)
      await state.before(input)
      const refused = state.refuse.shift()
      // The order of the answers is the server's own.
      const data = input
        .map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }))
        .reverse()
      response
        .writeHead(refused ?? 200, { 'content-type': 'application/json' })
        .end(
          JSON.stringify(
            refused
              ? { error: { message: 'not now' } }
              : { object: 'list', data, model: 'meanings', usage: { prompt_tokens: 7, total_tokens: 7 } },
          ),
        )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(state, {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
