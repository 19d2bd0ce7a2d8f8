import { workflowInfo } from '@temporalio/workflow'

/** Thrown through the walk to its top: the run goes on in a new execution, from where each of its lines stands. */
export class HandOver extends Error {
  override name = 'HandOver'
}

/** Well below what the server bears: replays stay short, and a wake after weeks stays quick. */
const limits = { events: 1_500, bytes: 1_000_000, updates: 500 }

/**
 * Tells when an execution's history is long enough to go on in a new one. Bytes count from here, so that a large state
 * that was handed over does not lead to the next hand-over at once.
 */
export function createRelay() {
  const startedWith = workflowInfo().historySize
  let updates = 0
  let due = false
  return {
    countUpdate: () => {
      updates++
    },
    /** Who called this run has to go on in a new execution, and takes it along. */
    rest: () => {
      due = true
    },
    /** Stays true once it is. */
    get due(): boolean {
      const { continueAsNewSuggested, historyLength, historySize } = workflowInfo()
      due ||=
        continueAsNewSuggested ||
        historyLength > limits.events ||
        historySize - startedWith > limits.bytes ||
        updates > limits.updates
      return due
    },
  }
}

export type Relay = Pick<ReturnType<typeof createRelay>, 'due'>
