import type { RunRef } from '../shared/contract/run-ref.ts'
import type { SpentBudget } from '../shared/contract/spending.ts'
import { hasRoom as find } from '../storage/sql/reserve-budget.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

/** Whether a call that waits for a budget would find room now. */
export const hasRoom =
  ({ db }: Pick<Deps, 'db'>) =>
  ({ run, spent }: { run: RunRef; spent: SpentBudget }): Promise<boolean> =>
    find(db, run, spent).catch((error: unknown) => {
      throw unavailable(error) ?? faultOfOurs(error)
    })
