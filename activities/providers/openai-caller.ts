import OpenAI, { type ClientOptions } from 'openai'
import { fail } from '../../shared/temporal/failure.ts'
import { toFailure, type Wording } from './openai-failure.ts'

export interface OpenAiOptions {
  apiKey: string
  baseUrl?: string | undefined
  model: string
  /** Milliseconds for one call, from request to last byte. */
  timeLimit?: number
}

/**
 * Calls of an endpoint that speaks one of OpenAI's protocols, in time, with failures in our words. Retries are Temporal's
 * business, so the client has none; and its log would quote what people wrote.
 */
export function createOpenAiCaller(
  { apiKey, baseUrl, timeLimit }: OpenAiOptions & { timeLimit: number },
  words: Wording,
  more: Pick<ClientOptions, 'fetch'> = {},
) {
  const client = new OpenAI({
    apiKey,
    baseURL: baseUrl,
    maxRetries: 0,
    timeout: timeLimit,
    logLevel: 'off',
    ...more,
  })
  return async <T>(
    signal: AbortSignal,
    call: (client: OpenAI, signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const deadline = AbortSignal.timeout(timeLimit)
    try {
      return await call(client, AbortSignal.any([signal, deadline]))
    } catch (error) {
      if (signal.aborted) throw error
      if (deadline.aborted)
        throw fail('ProviderBusy', `${words.what} did not finish within ${timeLimit / 1000} s.`)
      throw toFailure(error, apiKey, words)
    }
  }
}
