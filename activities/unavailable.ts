import { fail } from '../shared/temporal/failure.ts'

/** Node's and PostgreSQL's words for "not there right now". Source: PostgreSQL error codes, classes 08, 53 and 57. */
const away = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|08\w{3}|53\w{3}|57P0[123])$/

/** A database that is away, as a failure that is worth waiting for; undefined for anything else. */
export function unavailable(error: unknown) {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
    const { code } = at as { code?: unknown }
    if (
      (typeof code === 'string' && away.test(code)) ||
      /Connection terminated|timeout exceeded when trying to connect/i.test(at.message)
    )
      return fail('Unavailable', 'The database is not available right now.')
  }
  return undefined
}
