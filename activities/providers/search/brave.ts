import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import { z } from 'zod'
import { askEngine, type Engine, noResults } from './ask-engine.ts'
import type { WebSearch } from './port.ts'
import { tidyHits } from './tidy-hits.ts'

const Answer = z.object({ web: z.object({ results: z.array(z.unknown()) }).nullish() })
const Result = z.object({ title: z.string().nullish(), url: z.string(), description: z.string().nullish() })

interface BraveOptions {
  apiKey: string
  baseUrl?: string
  timeLimit?: number
}

/** The Brave Search API. Source: api-dashboard.search.brave.com/app/documentation/web-search. */
export function createBraveSearch({
  apiKey,
  baseUrl = 'https://api.search.brave.com',
  timeLimit = 20_000,
}: BraveOptions): WebSearch {
  const checkKey = ' Check BRAVE_API_KEY.'
  const engine: Engine = {
    name: 'Brave Search',
    secrets: [apiKey],
    timeLimit,
    // An unknown key is told with 422.
    advice: { 401: checkKey, 403: checkKey, 422: checkKey },
    again: whenAgain,
  }
  return {
    provider: engine.name,
    search: async ({ query, count }, { signal }) => {
      const address = new URL('/res/v1/web/search', baseUrl)
      address.search = new URLSearchParams({
        q: query,
        count: `${count}`,
        result_filter: 'web',
        text_decorations: 'false',
      }).toString()
      const headers = { accept: 'application/json', 'x-subscription-token': apiKey }
      // The key would go along to wherever it is sent on to.
      const answer = await askEngine(engine, address, { headers, redirect: 'manual' }, signal)
      const read = Answer.safeParse(answer)
      if (!read.success) throw noResults(engine)
      const raw = (read.data.web?.results ?? []).flatMap((result) => {
        const { data } = Result.safeParse(result)
        if (!data) return []
        return [{ title: words(data.title), url: data.url, snippet: words(data.description) }]
      })
      return { hits: tidyHits(raw, count), notes: [] }
    },
  }
}

/** Brave has a window of a second and one of a month: `X-RateLimit-Remaining: 0, 1000`, and the same for the seconds until each is over. */
function whenAgain(headers: Headers): number | 'never' | undefined {
  const [left = [], until = []] = ['x-ratelimit-remaining', 'x-ratelimit-reset'].map((name) =>
    headers.get(name)?.split(',').map(Number),
  )
  const waits = until.filter((seconds, index) => left[index] === 0 && Number.isFinite(seconds))
  if (waits.length === 0) return undefined
  const seconds = Math.max(...waits)
  return seconds > 300 ? 'never' : seconds * 1_000
}

/** Titles and descriptions are HTML. */
function words(html: string | null | undefined): string {
  const textOf = (node: DefaultTreeAdapterTypes.ChildNode): string => {
    if (node.nodeName === '#text') return (node as DefaultTreeAdapterTypes.TextNode).value
    return 'childNodes' in node ? node.childNodes.map(textOf).join('') : ''
  }
  // Parsers build a tree as deep as the text wants it.
  return parseFragment((html ?? '').slice(0, 10_000))
    .childNodes.map(textOf)
    .join('')
}
