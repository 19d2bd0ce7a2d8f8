import type { WorkflowInterceptors } from '@temporalio/workflow'
import { countOn, newMeter } from '../shared/contract/budget.ts'

/**
 * The contract is shared by all runs on a thread, and what a run may do in a task hangs on what it alone has cost. So
 * each run counts on a meter of its own, put in place whenever it is its turn: a replay then comes to the same figures.
 */
export const interceptors = (): WorkflowInterceptors => {
  const own = newMeter()
  return {
    internals: [
      {
        activate: (input, next) => {
          countOn(own)
          next(input)
        },
      },
    ],
  }
}
