import { largestPayload } from '../shared/temporal/payload-size.ts'
import { writeEntries } from './activities.ts'
import type { RunState } from './run-state.ts'

/** Writes what is owed to readers, in as many calls as it takes for each to fit into a payload. */
export async function flush(state: RunState): Promise<void> {
  while (state.owes) {
    const entries = state.takeOwed(largestPayload)
    try {
      await writeEntries({ run: state.ref, entries })
    } catch (error) {
      state.giveBack(entries)
      throw error
    }
  }
}
