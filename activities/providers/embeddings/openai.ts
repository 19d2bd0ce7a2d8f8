import type OpenAI from 'openai'
import { fail } from '../../../shared/temporal/failure.ts'
import { createOpenAiCaller, type OpenAiOptions } from '../openai-caller.ts'
import type { Embeddings } from './port.ts'

const words = { what: 'The embedding model', setting: 'OPENAI_EMBEDDING_MODEL' }

/** Any endpoint that speaks OpenAI's embeddings protocol. */
export function createOpenAiEmbeddings({ timeLimit = 60_000, ...options }: OpenAiOptions): Embeddings {
  const { model } = options
  const ask = createOpenAiCaller({ ...options, timeLimit }, words)
  return {
    model,
    embed: (texts, { signal }) =>
      ask(signal, async (client, either) => {
        const answer = await client.embeddings.create(
          // The client would ask for base64 otherwise, which not all servers know.
          { model, input: texts, encoding_format: 'float' },
          { signal: either },
        )
        const tokensIn = answer.usage?.prompt_tokens ?? 0
        return { vectors: vectorsOf(answer.data, texts.length), model, tokensIn }
      }),
  }
}

/** One vector for each text, as the indexes say. @throws ProviderBusy where that is not what came */
function vectorsOf(data: OpenAI.Embedding[] | undefined, count: number): number[][] {
  const sorted = Array.isArray(data) ? data.toSorted((one, other) => one.index - other.index) : []
  const vectors = sorted.map(({ embedding }) => unit(embedding))
  const [first] = vectors
  const areWhole = vectors.every((vector) => vector.length > 0 && vector.length === first?.length)
  if (vectors.length !== count || !areWhole)
    throw fail(
      'ProviderBusy',
      `The embedding model was given ${count} texts and did not send as many vectors.`,
    )
  return vectors
}

function unit(vector: unknown): number[] {
  if (!Array.isArray(vector) || !vector.every(Number.isFinite)) return []
  const length = Math.hypot(...(vector as number[]))
  return length > 0 ? vector.map((value: number) => value / length) : []
}
