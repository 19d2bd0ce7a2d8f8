import type { FileValue } from '../../shared/contract/file.ts'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import type { Person } from '../../shared/contract/person.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'

/** The queue of the hand-written workflow. */
export const floorQueue = 'bench-floor'

/** What the hand-written workflow is started with. */
export interface LetterInput {
  workspaceId: string
  appId: string
  workflowId: string
  instanceUuid: string
  startedBy: Person
}

/** The journal that a step's activity carries: what happened before it, and what follows from it. */
export interface Carried {
  run: RunRef
  path: string
  before: JournalEntry[]
  after: JournalEntry[]
}

export interface ReviewResult {
  passed: boolean
  text: string
}

/** The activities, each with what the step needs and the journal. */
export interface LetterActivities {
  write(order: { run: RunRef; entries: JournalEntry[] }): Promise<void>
  draft(order: Carried & { topic: string }): Promise<string>
  review(order: Carried & { text: string }): Promise<ReviewResult>
  makeFile(order: Carried & { name: string; content: string }): Promise<FileValue>
  deliver(order: Carried & { file: FileValue }): Promise<void>
  notify(order: Carried & { userId: string; text: string }): Promise<void>
}
