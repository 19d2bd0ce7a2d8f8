import OpenAI from 'openai'
import { fail } from '../../../shared/temporal/failure.ts'
import { toFailure } from '../openai-failure.ts'
import type { Embeddings } from './port.ts'

interface OpenAiOptions {
  apiKey: string
  baseUrl?: string | undefined
  model: string
  /** Milliseconds for one call. */
  timeLimit?: number
}

const words = { what: 'The embedding model', setting: 'OPENAI_EMBEDDING_MODEL' }

/** Any endpoint that speaks OpenAI's embeddings protocol. Retries are Temporal's business, so the client has none. */
export function createOpenAiEmbeddings(options: OpenAiOptions): Embeddings {
  const { apiKey, model, timeLimit = 60_000 } = options
  // Its log would quote what people wrote.
  const client = new OpenAI({
    apiKey,
    baseURL: options.baseUrl,
    maxRetries: 0,
    timeout: timeLimit,
    logLevel: 'off',
  })
  return {
    model,
    embed: async (texts, { signal }) => {
      const deadline = AbortSignal.timeout(timeLimit)
      try {
        const answer = await client.embeddings.create(
          // The client would ask for base64 otherwise, which not all servers know.
          { model, input: texts, encoding_format: 'float' },
          { signal: AbortSignal.any([signal, deadline]) },
        )
        const tokensIn = answer.usage?.prompt_tokens ?? 0
        return { vectors: vectorsOf(answer.data, texts.length), model, tokensIn }
      } catch (error) {
        if (signal.aborted) throw error
        if (deadline.aborted)
          throw fail('ProviderBusy', `The embedding model did not finish within ${timeLimit / 1000} s.`)
        throw toFailure(error, apiKey, words)
      }
    },
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
