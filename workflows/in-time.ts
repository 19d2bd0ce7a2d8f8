import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow'
import { fail } from '../shared/temporal/failure.ts'

/**
 * Does something in a time, in milliseconds, or cancels it and waits until it has stopped.
 * @throws `TimedOut` with the given message
 */
export async function inTime<T>(
  limit: number,
  { summary, message }: { summary: string; message: string },
  work: () => Promise<T>,
): Promise<T> {
  const inner = new CancellationScope()
  const clock = new CancellationScope()
  let late = false
  const ring = () => {
    late = true
    inner.cancel()
  }
  clock.run(() => sleep(limit, { summary })).then(ring, () => {})
  try {
    return await inner.run(work)
  } catch (error) {
    if (!late || !isCancellation(error)) throw error
    throw fail('TimedOut', message)
  } finally {
    clock.cancel()
  }
}
