import { setTimeout as pause } from 'node:timers/promises'

const askEvery = 25

/**
 * Waits until the read models show what a workflow has taken already, at most `within` milliseconds; then the caller
 * gets its answer all the same. A look that fails was none.
 */
export async function untilSeen(look: () => Promise<boolean>, within = 5_000): Promise<void> {
  for (const end = Date.now() + within; Date.now() < end; await pause(askEvery))
    if (await look().catch(() => false)) return
}
