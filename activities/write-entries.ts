import { Refusal } from '../shared/contract/errors.ts'
import type { JournalEntry } from '../shared/contract/journal.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { asFailure } from '../shared/temporal/failure.ts'
import { writeEntries as write } from '../storage/sql/write-journal.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

interface Entries {
  run: RunRef
  entries: JournalEntry[]
  ofSession?: JournalEntry[]
}

/** Writes journal entries that no step's activity could carry: before a wait, and at the end. Of a turn, its session's first. */
export const writeEntries =
  ({ db }: Pick<Deps, 'db'>) =>
  async ({ run, entries, ofSession }: Entries): Promise<void> => {
    try {
      await write(db, run, entries, { ofSession })
    } catch (error) {
      throw unavailable(error) ?? (error instanceof Refusal ? asFailure(error) : faultOfOurs(error))
    }
  }
