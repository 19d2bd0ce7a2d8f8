import { setTimeout as sleep } from 'node:timers/promises'

/** Waits, or until the signal aborts: then it returns early, without an error. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {})
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}

/** Milliseconds before attempt `n` (1, 2, …): doubling from `first` up to `most`, with jitter so that clients spread. */
export const backoff = (attempt: number, first = 200, most = 5_000): number =>
  Math.min(most, first * 2 ** (attempt - 1)) * (0.75 + Math.random() / 4)
