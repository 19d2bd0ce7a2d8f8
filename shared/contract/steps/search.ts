import { z } from 'zod'
import { type StepKind, step } from '../step.ts'
import { Wording } from '../template.ts'

export const Search = step('search', {
  query: Wording,
  /** Results wanted, 5 where it does not say. */
  count: z.int().min(1).max(20).optional(),
  /** Of how many of the first results the page itself is read. */
  pages: z.int().min(0).max(10).optional(),
})
export type Search = z.infer<typeof Search>

export type SearchResult = {
  title: string
  url: string
  snippet: string
  /** The page as readable text, where it was wanted and could be read. */
  text?: string
  /** Set where the page goes on behind the text. */
  truncated?: true
}

/** Said where a step would search and nothing is there to search with. */
export const searchMissing =
  'web search is not configured: set SEARXNG_URL, BRAVE_API_KEY or TAVILY_API_KEY, then start Parley again'

export const search = {
  schema: Search,
  title: 'Search the web',
  weight: 3,
  check: ({ id, onError = 'fail' }, { world }) =>
    world.search === false
      ? [{ stepId: id, path: 'type', message: searchMissing, warning: onError !== 'fail' }]
      : [],
} satisfies StepKind<Search>
