import { CancellationScope } from '@temporalio/workflow'
import { memorySettingsOf } from '../shared/contract/memory.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { summarise } from './activities.ts'
import type { ChatDefinition } from './session.ts'

/**
 * Has the summary of a conversation kept up to date beside its turns, one piece of work at a time. The next turn does
 * not wait for it: what is not summarised yet goes to the model in full.
 */
export function createSummariser() {
  const scope = new CancellationScope()
  let work: Promise<void> | undefined
  let isDue = false
  const keepUp = async (run: RunRef, definition: ChatDefinition): Promise<void> => {
    while (isDue) {
      isDue = false
      // It is tried again after the next turn; nothing is missing until then.
      await summarise({ run, memory: memorySettingsOf(definition) }).catch(() => {})
    }
    work = undefined
  }
  return {
    /** @param turns how many turns there have been, with the one that is over */
    afterTurn(run: RunRef, definition: ChatDefinition, turns: number): void {
      const memory = memorySettingsOf(definition)
      if (memory.strategy !== 'summary' || turns <= memory.turns) return
      isDue = true
      work ??= scope.run(() => keepUp(run, definition))
    },
    /** Stops it where it is, for an execution that ends. */
    async stop(): Promise<void> {
      isDue = false
      scope.cancel()
      await work?.catch(() => {})
    },
  }
}
