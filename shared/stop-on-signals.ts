import { faultFields, type Logger } from './log.ts'

/** One Ctrl-C can arrive several times, from the terminal and from npm: a second one within this time is the same one. */
const samePress = 500

interface Stopping {
  log: Logger
  /** Milliseconds after which the process ends whatever is left: what supervises it would kill it soon. */
  within: number
}

/** The first SIGTERM or SIGINT stops the process in order, with code 0; another one ends it at once. Gives whether it was asked to stop. */
export function stopOnSignals(stop: () => Promise<void>, { log, within }: Stopping): () => boolean {
  let asked: number | undefined
  const begin = (signal: NodeJS.Signals) => {
    if (asked !== undefined) {
      if (Date.now() - asked > samePress) process.exit(130)
      return
    }
    asked = Date.now()
    log.info({ signal }, 'stopping')
    setTimeout(() => {
      log.warn(
        { seconds: within / 1_000 },
        'stopped before everything was done: what is left goes on elsewhere',
      )
      process.exit(0)
    }, within).unref()
    stop().then(
      () => {
        log.info({ seconds: (Date.now() - (asked as number)) / 1_000 }, 'stopped')
        process.exit(0)
      },
      (error: unknown) => {
        log.fatal(faultFields(error), 'could not stop in order')
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, begin)
  return () => asked !== undefined
}
