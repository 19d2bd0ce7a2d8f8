import { types } from 'node:util'

/**
 * Node's and PostgreSQL's words for "not there right now". Source: PostgreSQL error codes, classes 08 (connection), 53
 * (resources), 57P0 (shutdown), and 40001 and 40P01, which repeating cures.
 */
const away =
  /^(08\w{3}|53\w{3}|57P0\w|40001|40P01|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/
const awayText =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|the database system is|Cannot use a pool after/i
const full = /^(ENOSPC|EDQUOT|53100)$/

/** What keeps the database or the disk from serving right now, however deep it is wrapped; undefined for any other fault. */
export function outageOf(error: unknown): 'away' | 'full' | undefined {
  // By its nature, not its class: what the system throws may be of another realm.
  for (let at = error, depth = 0; types.isNativeError(at) && depth < 10; at = at.cause, depth++) {
    const inner: unknown = at instanceof AggregateError ? at.errors[0] : at
    const code = String((inner as { code?: unknown }).code ?? '')
    if (full.test(code)) return 'full'
    if (away.test(code) || awayText.test(at.message)) return 'away'
  }
  return undefined
}
