import type { JournalEvent } from '../shared/contract/journal.ts'

/** An event as the workflow notes it: with its cause, unique in the run. */
export type Noted = JournalEvent & { key: string }
