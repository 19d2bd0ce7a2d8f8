import type { Json } from '../shared/contract/json.ts'
import type { Search, SearchResult } from '../shared/contract/steps/search.ts'
import { stringify } from '../shared/contract/template.ts'
import { fail } from '../shared/temporal/failure.ts'
import { bytesOf, largestPayload } from '../shared/temporal/payload-size.ts'
import { findCall, recordCall } from '../storage/sql/record-call.ts'
import { cleanText } from '../storage/text/clean-text.ts'
import type { Deps } from './deps.ts'
import type { Found } from './providers/search/port.ts'
import { type PageText, readPage } from './providers/search/read-page.ts'
import { renderValue } from './render-call.ts'
import { type StepJob, stepActivity } from './step-activity.ts'

/** The providers refuse what is longer. */
const longestQuery = { characters: 400, words: 50 } as const
const usualCount = 5
/** Pages under way side by side. */
const atOnce = 4
/** Steps that name the result name other things, too. */
const mostBytes = largestPayload / 2

/** Runs a `search` step: asks the provider once, and reads the first pages where that is wanted. */
export const searchWeb = (deps: Deps) =>
  stepActivity<Search, SearchResult[]>(deps, async (job) => {
    const { step } = job.call
    const { query, notes } = queryOf(stringify(renderValue(job.call, step.query)))
    const { provider } = deps.search
    const count = step.count ?? usualCount
    const once = recorded(deps, job)
    job.at('search')
    const { hits, notes: said } = await once<Found>(0, { provider, query, count }, () =>
      deps.search.search({ query, count }, { signal: job.signal }),
    )
    const pages = Math.min(step.pages ?? 0, hits.length)
    const logs = [...notes, ...said]
    if (hits.length === 0) logs.push(`${provider} found nothing.`)
    const results: SearchResult[] = [...hits]
    const left = hits.slice(0, pages).entries()
    const readNext = async () => {
      for (const [index, hit] of left) {
        job.at(`page ${index + 1} of ${pages}`)
        const page = await once<PageText>(index + 1, { url: hit.url }, () =>
          readPage(deps.outbound, hit.url, job.signal),
        )
        if (page.ok)
          results[index] = { ...hit, text: page.text, ...(page.truncated ? { truncated: true } : {}) }
        else logs.push(`${hit.url} could not be read: ${page.reason}.`.replace(/\.\.$/, '.'))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, readNext))
    return { value: fitted(results), input: { query, provider, count, pages: step.pages ?? 0 }, logs }
  })

/** The query as it is sent. */
function queryOf(rendered: string): { query: string; notes: string[] } {
  const asked = cleanText(rendered).replace(/\s+/g, ' ').trim()
  if (!asked)
    throw fail(
      'Invalid',
      'The query is empty once its placeholders are filled in: there is nothing to search for.',
    )
  const words = asked.slice(0, longestQuery.characters).toWellFormed().split(' ')
  const query = words.slice(0, longestQuery.words).join(' ')
  if (query === asked) return { query, notes: [] }
  const { characters, words: most } = longestQuery
  return {
    query,
    notes: [
      `The query was cut: of its ${asked.length} characters the first ${query.length} were searched for (at most ${characters} characters and ${most} words).`,
    ],
  }
}

/** Does each thing once: it is written down before it is used, so that a retry finds it. */
function recorded({ db }: Deps, { call, signal }: StepJob<Search>) {
  const { workspaceId, instanceUuid } = call.run
  return async <T extends object>(number: number, request: Json, act: () => Promise<T>): Promise<T> => {
    const place = { workspaceId, instanceUuid, path: call.path, ordinal: call.ordinal * 1_000 + number }
    const before = await findCall(db, place)
    if (before) return before.response as unknown as T
    const startedAt = new Date()
    const response = await act()
    signal.throwIfAborted()
    await recordCall(db, place, 'tool', { request, response: response as unknown as Json, startedAt })
    return response
  }
}

/** Cuts the longest texts until the whole may travel. */
function fitted(results: SearchResult[]): SearchResult[] {
  while (bytesOf(results) > mostBytes) {
    const [longest] = results.toSorted((one, other) => (other.text?.length ?? 0) - (one.text?.length ?? 0))
    if (!longest?.text) break
    longest.text = longest.text.slice(0, longest.text.length / 2).toWellFormed()
    longest.truncated = true
  }
  return results
}
