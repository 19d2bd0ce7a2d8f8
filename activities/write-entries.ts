import { Refusal } from '../shared/contract/errors.ts'
import type { JournalEntry } from '../shared/contract/journal.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { asFailure } from '../shared/temporal/failure.ts'
import { writeEntries as write } from '../storage/sql/write-journal.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

/** Writes journal entries that no step's activity could carry: before a wait, and at the end. */
export const writeEntries =
  ({ db }: Pick<Deps, 'db'>) =>
  async ({ run, entries }: { run: RunRef; entries: JournalEntry[] }): Promise<void> => {
    try {
      await write(db, run, entries)
    } catch (error) {
      throw unavailable(error) ?? (error instanceof Refusal ? asFailure(error) : faultOfOurs(error))
    }
  }
