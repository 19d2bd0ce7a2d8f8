import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow'
import { fail } from '../shared/temporal/failure.ts'

/** The time of some work: it can stand still, and says in milliseconds what is left. */
export interface Clock {
  stop(): void
  goOn(): void
  left(): number
}

/**
 * Does something in a time, in milliseconds, or cancels it and waits until it has stopped.
 * @throws `TimedOut` with the given message
 */
export async function inTime<T>(
  limit: number,
  { summary, message }: { summary: string; message: string },
  work: (clock: Clock) => Promise<T>,
): Promise<T> {
  const inner = new CancellationScope()
  let late = false
  const ring = () => {
    late = true
    inner.cancel()
  }
  const clock = startClock(limit, summary, ring)
  try {
    return await inner.run(() => work(clock))
  } catch (error) {
    if (!late || !isCancellation(error)) throw error
    throw fail('TimedOut', message)
  } finally {
    clock.stop()
  }
}

function startClock(limit: number, summary: string, ring: () => void): Clock {
  let ahead = limit
  let running: { timer: CancellationScope; since: number } | undefined
  const left = () => Math.max(1, ahead - (running ? Date.now() - running.since : 0))
  const goOn = () => {
    const timer = new CancellationScope()
    running = { timer, since: Date.now() }
    timer.run(() => sleep(ahead, { summary })).then(ring, () => {})
  }
  const stop = () => {
    ahead = left()
    running?.timer.cancel()
    running = undefined
  }
  goOn()
  return { stop, goOn, left }
}
