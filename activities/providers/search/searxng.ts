import { z } from 'zod'
import { askEngine, type Engine, noResults } from './ask-engine.ts'
import type { Found, WebSearch } from './port.ts'
import { type RawHit, tidyHits } from './tidy-hits.ts'

/** A page of SearXNG holds ten results or more; twenty are on three pages even where some have no address. */
const mostPages = 3

const Answer = z.object({
  results: z.array(z.unknown()),
  unresponsive_engines: z.array(z.unknown()).catch([]),
})
const Result = z.object({ title: z.string().nullish(), url: z.string(), content: z.string().nullish() })

interface SearxngOptions {
  /** Where it stands; a user name and a password in it go along as HTTP Basic. */
  url: string
  timeLimit?: number
}

/** A SearXNG server. Source: docs.searxng.org/dev/search_api.html. */
export function createSearxngSearch({ url, timeLimit = 20_000 }: SearxngOptions): WebSearch {
  const { base, headers, secrets } = readAddress(url)
  const engine: Engine = {
    name: 'SearXNG',
    secrets,
    timeLimit,
    advice: {
      0: ' Check SEARXNG_URL.',
      401: ' Check the user name and the password in SEARXNG_URL.',
      403: ' Its settings.yml must allow the JSON format: search.formats: [html, json].',
      404: ' Check SEARXNG_URL.',
      429: ' Its limiter counts Parley among the robots: turn it off, or let this machine pass.',
    },
  }
  const page = async (query: string, number: number, signal: AbortSignal) => {
    const address = new URL('search', base)
    address.search = new URLSearchParams({ q: query, format: 'json', pageno: `${number}` }).toString()
    const read = Answer.safeParse(await askEngine(engine, address, { headers }, signal))
    if (!read.success) throw noResults(engine)
    return read.data
  }
  return {
    provider: engine.name,
    search: async ({ query, count }, { signal }) => {
      const raw: RawHit[] = []
      const found: Found = { hits: [], notes: [] }
      for (let number = 1; number <= mostPages && found.hits.length < count; number++) {
        const { results, unresponsive_engines } = await page(query, number, signal)
        for (const result of results) {
          const { data } = Result.safeParse(result)
          if (data) raw.push({ title: data.title, url: data.url, snippet: data.content })
        }
        found.hits = tidyHits(raw, count)
        if (number === 1) found.notes = silentEngines(unresponsive_engines)
        if (results.length === 0) break
      }
      return found
    },
  }
}

/** SearXNG asks many engines. Some are always away; it matters where nothing or little was found. */
function silentEngines(engines: unknown[]): string[] {
  const names = engines
    .slice(0, 20)
    .map((engine) => (Array.isArray(engine) ? `${engine[0]} (${engine[1] ?? 'no answer'})` : String(engine)))
  return names.length > 0 ? [`SearXNG had no answer from ${names.join(', ').slice(0, 500)}.`] : []
}

/** `fetch` takes no address with a password in it. */
function readAddress(text: string) {
  const base = new URL(text)
  const [user, password] = [decoded(base.username), decoded(base.password)]
  base.username = ''
  base.password = ''
  base.search = ''
  base.hash = ''
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  const basic = Buffer.from(`${user}:${password}`).toString('base64')
  const headers = {
    accept: 'application/json',
    ...(user || password ? { authorization: `Basic ${basic}` } : {}),
  }
  return { base, headers, secrets: password ? [password, basic] : [] }
}

/** A lone `%` in a password is one, too. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
