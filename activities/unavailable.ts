import { fail } from '../shared/temporal/failure.ts'
import { outageOf } from '../storage/sql/outage.ts'

/** A database that is away or a disk that is full, as a failure that is worth waiting for; undefined for anything else. */
export function unavailable(error: unknown) {
  const outage = outageOf(error)
  if (outage === 'away') return fail('Unavailable', 'The database is not available right now.')
  return outage === 'full' ? fail('Full', 'There is no space left on the server.') : undefined
}
