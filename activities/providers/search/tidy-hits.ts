import { cleanText } from '../../../storage/text/clean-text.ts'
import type { Hit } from './port.ts'

const longest = { title: 300, url: 2_000, snippet: 2_000 } as const

/** A result as a provider sends it: whatever it is, until it was looked at. */
export interface RawHit {
  title?: string | null | undefined
  url?: string | null | undefined
  snippet?: string | null | undefined
}

/** The first so many results with an address on the web, each address once, in words that fit on a line. */
export function tidyHits(raw: RawHit[], count: number): Hit[] {
  const hits = new Map<string, Hit>()
  for (const { title, url, snippet } of raw) {
    if (!url || url.length > longest.url || !isWeb(url) || hits.has(url)) continue
    hits.set(url, {
      title: line(title ?? '', longest.title) || new URL(url).hostname,
      url,
      snippet: line(snippet ?? '', longest.snippet),
    })
    if (hits.size === count) break
  }
  return [...hits.values()]
}

const isWeb = (url: string): boolean =>
  URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol)

function line(text: string, most: number): string {
  const whole = cleanText(text).replace(/\s+/g, ' ').trim()
  return whole.length <= most ? whole : `${whole.slice(0, most - 1).toWellFormed()}…`
}
