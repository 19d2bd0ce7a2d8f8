import { count } from '../shared/contract/budget.ts'
import { bytesOf, largestPayload } from '../shared/temporal/payload-size.ts'
import { writeEntries } from './activities.ts'
import { costOfBytes, isOutOfBreath, nextTask } from './breath.ts'
import type { Ledger } from './ledger.ts'
import type { RunState } from './run-state.ts'

/**
 * Writes what a line of the run owes its readers, in as many calls as it takes for each to fit into a payload. What a
 * turn's session owes goes along, or ahead.
 */
export async function flush(state: RunState, ledger: Ledger): Promise<void> {
  while (!ledger.isEmpty) await state.seats.with(() => writeSome(state, ledger))
}

async function writeSome({ ref, ofSession }: RunState, ledger: Ledger): Promise<void> {
  while (isOutOfBreath()) await nextTask()
  if (ledger.isEmpty) return
  const isApart = !ofSession.isEmpty && ofSession.bytes + ledger.bytes > largestPayload
  const entries = isApart ? [] : ledger.take(largestPayload)
  try {
    await ofSession.with((first) => {
      count(costOfBytes(bytesOf([...first, ...entries])))
      return writeEntries({ run: ref, entries, ...(first.length > 0 ? { ofSession: first } : {}) })
    }, largestPayload)
  } catch (error) {
    ledger.giveBack(entries)
    throw error
  }
}
