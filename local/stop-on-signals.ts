import type { Say } from './child.ts'
import type { Children } from './children.ts'

// One Ctrl-C can arrive several times, from the terminal and from npm: a second one within this time is the same one.
const SAME_PRESS_MS = 500

/** Ctrl-C (or SIGTERM) stops the children in order and then us; a second one kills them at once. */
export function stopOnSignals(
  children: Children,
  { say, after }: { say: Say; after: () => void },
): () => boolean {
  let asked: number | undefined
  const stop = async () => {
    if (asked !== undefined) {
      if (Date.now() - asked > SAME_PRESS_MS) process.exit(130) // the exit handler below kills
      return
    }
    asked = Date.now()
    say('\nStopping … (Ctrl-C again: at once)')
    await children.stop()
    after()
    say('Stopped. Everything is kept for the next start.')
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  process.stdout.on('error', () => {}) // a terminal that was closed must not keep us from stopping in order
  process.on('exit', () => children.kill())
  return () => asked !== undefined
}
