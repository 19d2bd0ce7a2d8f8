/** One result, as a provider gives it. */
export interface Hit {
  title: string
  url: string
  snippet: string
}

export interface Found {
  hits: Hit[]
  /** What a reader of the run log should know about how it was found. */
  notes: string[]
}

/** The ability to search the web. Fails with `ProviderBusy` (worth another try) or `ProviderRefused`. */
export interface WebSearch {
  /** Its name, as people know it. */
  provider: string
  search(wanted: { query: string; count: number }, call: { signal: AbortSignal }): Promise<Found>
}
