import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import type { Child } from './child.ts'
import type { Children } from './children.ts'

export type TemporalOptions = {
  /** The Temporal CLI, which holds the server. */
  cli: string
  /** Its database file: every run there ever was. */
  dbFile: string
  port: number
  /** Of its Web UI; without one there is none. */
  uiPort?: number
  namespace?: string
  /** Yes unless said otherwise; off only to measure what the tuning gives. */
  tuned?: boolean
  /** Further `--dynamic-config-value`s, as tests lower the server's limits. */
  dynamicConfig?: Record<string, string | number | boolean>
}

// The stock server lets a shard poll its queue 20 times a second, which alone makes a turn of four activities take
// 400 ms instead of 115; eager start saves an activity the way through the queue. Where more tasks wait than workers can
// take, each workspace gets its share (`shared/temporal/fairness.ts`).
const TUNING = {
  'history.transferProcessorMaxPollRPS': 2000,
  'system.enableActivityEagerExecution': true,
  'matching.enableFairness': true,
}

// The server acknowledges an event only once it is on the disk, and readers do not wait for writers.
const PRAGMAS = ['journal_mode=wal', 'synchronous=2']

/** Starts the Temporal dev server on loopback, with what earlier starts left in its database file. */
export async function startTemporal(
  children: Children,
  { cli, dbFile, port, uiPort, namespace = 'default', tuned = true, dynamicConfig = {} }: TemporalOptions,
): Promise<{ address: string; uiUrl: string | undefined; child: Child }> {
  const address = `127.0.0.1:${port}`
  const config = Object.entries({ ...(tuned ? TUNING : {}), ...dynamicConfig })
  const child = await children.start({
    name: 'temporal',
    command: cli,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`],
      ...(uiPort ? ['--ui-port', `${uiPort}`] : ['--headless']),
      ...['--db-filename', dbFile],
      ...PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
      ...config.flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
      ...['--namespace', namespace, '--log-level', 'warn'],
    ],
    isReady: () => serves(address, namespace),
    startWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
  })
  return { address, uiUrl: uiPort ? `http://localhost:${uiPort}` : undefined, child }
}

async function serves(address: string, namespace: string): Promise<boolean> {
  let connection: Connection | undefined
  try {
    connection = await Connection.connect({ address, connectTimeout: 1_000 })
    await connection.workflowService.getSystemInfo({})
    await connection.workflowService.describeNamespace({ namespace })
    return true
  } catch {
    return false // not yet listening, or its namespace is not yet made
  } finally {
    await connection?.close()
  }
}

/** The folder of all its state is the data folder; the file's name is the same everywhere. */
export const temporalDbFile = (dataFolder: string) => join(dataFolder, 'temporal.db')
