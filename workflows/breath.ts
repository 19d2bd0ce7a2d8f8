import { CancellationScope, CancelledFailure, sleep, workflowInfo } from '@temporalio/workflow'
import { spentSoFar } from '../shared/contract/budget.ts'

/**
 * What a run may do in one workflow task, in the units of expressions, of which the sandbox does about a million a
 * second. All runs of a worker share a thread, the server gives a task ten seconds, and a worker ends a task after
 * five. Beyond `most` the rest waits for the next task; what would still go beyond `last`, where nothing can wait, is
 * too expensive and fails.
 */
const units = { most: 200_000, last: 1_200_000 }

/** Values on their way to Temporal count too: a task that carries more than 4 MB is refused for ever. */
export const costOfBytes = (bytes: number): number => bytes / 10

// Of one run: each has modules of its own in the sandbox.
let task = -1
let before = 0
let turn: Promise<void> | undefined

/** What this task has cost so far. A task is known by the length of the history it began with. */
function spentHere(): number {
  const { historyLength } = workflowInfo()
  if (task !== historyLength) {
    task = historyLength
    before = spentSoFar()
  }
  return spentSoFar() - before
}

export const isOutOfBreath = (): boolean => spentHere() > units.most

/** What evaluations may still cost in this task. */
export const breathLeft = (): number => units.last - spentHere()

/** The next task: others have their turn in between. Lines that wait for it at the same time share it. */
export function nextTask(): Promise<void> {
  turn ??= CancellationScope.nonCancellable(() => sleep(1, { summary: 'others first' })).finally(() => {
    turn = undefined
  })
  return turn
}

/** A cancel that came too late for one effect still stops everything behind it. */
export function stopWhenCancelled(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('The run was cancelled.')
}
