import { CancellationScope } from '@temporalio/workflow'
import { HandOver } from './hand-over.ts'

/**
 * Runs lines of work side by side, `most` at a time, and waits until none is under way. The first failure, or whatever
 * makes `isOver` true, cancels the others. A hand-over in one line lets the others come to a place where they can be
 * handed over too, and begins no new one.
 * @throws the first failure, or HandOver
 */
export async function together(
  lines: (() => Promise<void>)[],
  { most, isOver }: { most: number; isOver: () => boolean },
): Promise<void> {
  const scopes = new Set<CancellationScope>()
  let failure: { error: unknown } | undefined
  let handOver: HandOver | undefined
  let isStopped = false
  const stop = () => {
    isStopped = true
    for (const scope of scopes) scope.cancel()
  }
  const take = async (line: () => Promise<void>): Promise<void> => {
    const scope = new CancellationScope()
    scopes.add(scope)
    try {
      await scope.run(line)
      if (isOver()) stop()
    } catch (error) {
      if (error instanceof HandOver) handOver = error
      // What breaks in a line that was told to stop changes nothing.
      else if (!isStopped) {
        failure ??= { error }
        stop()
      }
    } finally {
      scopes.delete(scope)
    }
  }
  const waiting = [...lines]
  const worker = async (): Promise<void> => {
    for (let line = waiting.shift(); line && !isStopped && !handOver; line = waiting.shift()) await take(line)
  }
  await Promise.all(Array.from({ length: Math.min(most, lines.length) }, worker))
  if (failure) throw failure.error
  if (handOver && !isStopped) throw handOver
}
