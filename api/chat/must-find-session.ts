import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Database } from '../../storage/sql/database.ts'
import { findReadableSession, findSessionOf } from '../../storage/sql/find-session.ts'
import type { SessionRow } from '../../storage/sql/lock-session.ts'

/** A conversation of the caller. @throws Refusal `NotFound`, also for one of others: to the caller that is the same */
export async function mustFindSession(
  db: Database,
  caller: Caller,
  chatSessionId: string,
): Promise<SessionRow> {
  const session = await findSessionOf(db, caller, chatSessionId)
  if (!session) throw new Refusal('NotFound', 'there is no such conversation')
  return session
}

/** A conversation that the caller may read: theirs, or handed to a team of theirs. @throws Refusal `NotFound` */
export async function mustReadSession(
  db: Database,
  caller: Caller,
  chatSessionId: string,
): Promise<SessionRow> {
  const session = await findReadableSession(db, caller, chatSessionId)
  if (!session) throw new Refusal('NotFound', 'there is no such conversation')
  return session
}
