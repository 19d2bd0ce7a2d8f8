import type { Memory, MemorySettings } from '../shared/contract/memory.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { findSurroundings, type Surroundings } from '../storage/sql/find-surroundings.ts'
import { recall } from '../storage/sql/recall.ts'
import type { Deps } from './deps.ts'

/** Milliseconds for which a step may count by the budgets it knows: one that is set meanwhile holds from then on. */
const holdsFor = 5_000

/** What is read for a step, each once for all steps that are done in one go. */
export interface StepReads {
  /** The workspace and the budgets, as they stood a few seconds ago at most. */
  around: () => Promise<Surroundings>
  /** What the turn is told of those before it. */
  memory: (settings: MemorySettings) => Promise<Memory>
}

export function stepReads({ db }: Pick<Deps, 'db'>, run: RunRef): StepReads {
  let until = 0
  let around: Promise<Surroundings> | undefined
  let memory: Promise<Memory> | undefined
  return {
    around: () => {
      if (!around || Date.now() > until) {
        until = Date.now() + holdsFor
        around = findSurroundings(db, run)
        around.catch(() => {
          around = undefined
        })
      }
      return around
    },
    memory: (settings) => {
      memory ??= recall(db, run, settings)
      memory.catch(() => {
        memory = undefined
      })
      return memory
    },
  }
}
