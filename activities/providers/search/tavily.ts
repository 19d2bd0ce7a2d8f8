import { z } from 'zod'
import { askEngine, type Engine, noResults } from './ask-engine.ts'
import type { WebSearch } from './port.ts'
import { tidyHits } from './tidy-hits.ts'

const Answer = z.object({ results: z.array(z.unknown()) })
const Result = z.object({ title: z.string().nullish(), url: z.string(), content: z.string().nullish() })

interface TavilyOptions {
  apiKey: string
  baseUrl?: string
  timeLimit?: number
}

/** The Tavily API. Source: docs.tavily.com/documentation/api-reference/endpoint/search. */
export function createTavilySearch({
  apiKey,
  baseUrl = 'https://api.tavily.com',
  timeLimit = 20_000,
}: TavilyOptions): WebSearch {
  const usedUp = ' The plan behind TAVILY_API_KEY is used up.'
  const engine: Engine = {
    name: 'Tavily',
    secrets: [apiKey],
    timeLimit,
    advice: { 401: ' Check TAVILY_API_KEY.', 403: ' Check TAVILY_API_KEY.', 432: usedUp, 433: usedUp },
  }
  return {
    provider: engine.name,
    search: async ({ query, count }, { signal }) => {
      const answer = await askEngine(
        engine,
        new URL('/search', baseUrl),
        {
          method: 'POST',
          headers: {
            accept: 'application/json',
            'content-type': 'application/json',
            authorization: `Bearer ${apiKey}`,
          },
          body: JSON.stringify({
            query,
            max_results: count,
            search_depth: 'basic',
            include_answer: false,
            include_raw_content: false,
          }),
          redirect: 'manual',
        },
        signal,
      )
      const read = Answer.safeParse(answer)
      if (!read.success) throw noResults(engine)
      const raw = read.data.results.flatMap((result) => {
        const { data } = Result.safeParse(result)
        return data ? [{ title: data.title, url: data.url, snippet: data.content }] : []
      })
      return { hits: tidyHits(raw, count), notes: [] }
    },
  }
}
