import type { Memory, MemorySettings } from '../shared/contract/memory.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import type { StepOutcome } from '../shared/contract/step-call.ts'
import {
  findSurroundings,
  findTurnsSurroundings,
  type Surroundings,
} from '../storage/sql/find-surroundings.ts'
import { OwedRows } from '../storage/sql/owed-rows.ts'
import { type Looked, recall } from '../storage/sql/recall.ts'
import type { Deps } from './deps.ts'

/** Milliseconds for which a step may go by what it has read of budgets and integrations: what changes meanwhile holds from then on. */
export const holdsFor = 5_000

/** What steps share that are done in one go: what is read for them, each once, and what is still to be written of them. */
export interface OneGo {
  /** The workspace and the budgets, as they stood a few seconds ago at most. */
  around: () => Promise<Surroundings>
  /** What the turn is told of those before it. */
  memory: (settings: MemorySettings) => Promise<Memory>
  owed: OwedRows
  /** Whether another step begins at once behind one that gave this. */
  isPassedOn?: (outcome: StepOutcome) => boolean
}

export function oneGo({ db }: Pick<Deps, 'db'>, run: RunRef): OneGo {
  let until = 0
  let found: Promise<Surroundings & { looked?: Looked }> | undefined
  let memory: Promise<Memory> | undefined
  const around = () => {
    if (!found || Date.now() > until) {
      until = Date.now() + holdsFor
      // A turn is told of those before it, as a rule: that is asked in the same question.
      found = run.chatSessionId ? findTurnsSurroundings(db, run) : findSurroundings(db, run)
      found.catch(() => {
        found = undefined
      })
    }
    return found
  }
  return {
    owed: new OwedRows(),
    around,
    memory: (settings) => {
      memory ??= around().then(({ looked }) => recall(db, run, settings, looked))
      memory.catch(() => {
        memory = undefined
      })
      return memory
    },
  }
}
