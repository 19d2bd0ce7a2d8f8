import { Refusal } from '../shared/contract/errors.ts'
import type { JournalEntry } from '../shared/contract/journal.ts'
import { asFailure } from '../shared/temporal/failure.ts'
import type { SessionRef } from '../storage/sql/lock-session.ts'
import { writeSession as write } from '../storage/sql/write-session.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

interface SessionEntries {
  session: SessionRef
  chatSessionId: string
  entries: JournalEntry[]
}

/** Writes what happened in a session outside of its turns. */
export const writeSession =
  ({ db }: Pick<Deps, 'db'>) =>
  async ({ session, chatSessionId, entries }: SessionEntries): Promise<void> => {
    try {
      await write(db, session, chatSessionId, entries)
    } catch (error) {
      throw unavailable(error) ?? (error instanceof Refusal ? asFailure(error) : faultOfOurs(error))
    }
  }
