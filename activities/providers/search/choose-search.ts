import { createBraveSearch } from './brave.ts'
import { missingSearch } from './missing.ts'
import type { WebSearch } from './port.ts'
import { createSearxngSearch } from './searxng.ts'
import { createTavilySearch } from './tavily.ts'

interface Configured {
  SEARXNG_URL?: string | undefined
  BRAVE_API_KEY?: string | undefined
  TAVILY_API_KEY?: string | undefined
}

/** The first that is configured, in the order of the names: one's own server before those that are paid for. */
export function chooseSearch({ SEARXNG_URL, BRAVE_API_KEY, TAVILY_API_KEY }: Configured): WebSearch {
  if (SEARXNG_URL) return createSearxngSearch({ url: SEARXNG_URL })
  if (BRAVE_API_KEY) return createBraveSearch({ apiKey: BRAVE_API_KEY })
  return TAVILY_API_KEY ? createTavilySearch({ apiKey: TAVILY_API_KEY }) : missingSearch
}
