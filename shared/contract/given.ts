import type { Json } from './json.ts'

/** How a step ended in an earlier pass. */
export interface GivenStep {
  status: 'completed' | 'skipped' | 'failed'
  result?: Json
  /** Where the words of the result came from, when a person must know. */
  label?: string
  error?: { code: string; message: string }
}

/**
 * What a run that is taken up again has from an earlier pass: steps by path, and what steps that were under way had
 * decided for good. The walk goes over it without doing any of it again.
 */
export interface Given {
  steps: Record<string, GivenStep>
  memos: Record<string, Record<string, Json>>
  /** Path of the question that is answered anew. */
  askedAt?: string
}

export const nothingGiven = (): Given => ({ steps: {}, memos: {} })
