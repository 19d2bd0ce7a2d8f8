import { count } from '../shared/contract/budget.ts'
import { bytesOf, largestPayload } from '../shared/temporal/payload-size.ts'
import { writeEntries } from './activities.ts'
import { costOfBytes, isOutOfBreath, nextTask } from './breath.ts'
import type { Ledger } from './ledger.ts'
import type { RunState } from './run-state.ts'

/** Writes what a line of the run owes its readers, in as many calls as it takes for each to fit into a payload. */
export async function flush(state: RunState, ledger: Ledger): Promise<void> {
  while (!ledger.isEmpty) await state.seats.with(() => writeSome(state, ledger))
}

async function writeSome({ ref }: RunState, ledger: Ledger): Promise<void> {
  while (isOutOfBreath()) await nextTask()
  const entries = ledger.take(largestPayload)
  if (entries.length === 0) return
  count(costOfBytes(bytesOf(entries)))
  try {
    await writeEntries({ run: ref, entries })
  } catch (error) {
    ledger.giveBack(entries)
    throw error
  }
}
