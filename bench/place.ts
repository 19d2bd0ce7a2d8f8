import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Child } from '../local/child.ts'
import { Children } from '../local/children.ts'
import { claimDataFolder } from '../local/data-folder.ts'
import { freePort } from '../local/ports.ts'
import { startPostgres } from '../local/postgres.ts'
import { startTemporal, temporalDbFile } from '../local/temporal.ts'
import { migrate } from '../storage/sql/migrate.ts'

const project = fileURLToPath(new URL('..', import.meta.url))

export type Part = 'postgres' | 'temporal' | 'model' | 'orders' | 'worker' | 'floor' | 'api'

const scripts = {
  model: 'bench/model.ts',
  orders: 'bench/orders.ts',
  worker: 'workers/main.ts',
  floor: 'bench/floor/worker.ts',
  api: 'api/main.ts',
} as const

/** A whole Parley for measuring: every part a process of its own, on free ports of loopback and a new data folder. */
export interface Place {
  folder: string
  databaseUrl: string
  temporalAddress: string
  apiUrl: string
  /** Where the worker looks for its model: the part `model`, or what somebody else listens with there. */
  modelPort: number
  /** The other system that is asked for an order. */
  ordersUrl: string
  /** The worker's Prometheus page, where it was asked for its `figures`. */
  metricsUrl: string
  start(part: Part): Promise<void>
  pid(part: Part): number
  /** SIGKILL to all of these, at once. */
  kill(...parts: Part[]): void
  close(): Promise<void>
}

const open = new Set<() => Promise<void>>()

/** Ends the processes of all places, in order, and removes what they stored. */
export const closeAll = async (): Promise<void> => void (await Promise.all([...open].map((close) => close())))

/** A place with its PostgreSQL and its Temporal; the other parts are started as they are needed. */
export async function openPlace({
  temporalCli,
  tuned = true,
  figures = false,
}: {
  temporalCli: string
  tuned?: boolean
  /** Whether the worker shows its figures, which it does not by itself. */
  figures?: boolean
}): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'))
  const where = claimDataFolder(folder, { api: 'bench' })
  const children = new Children(where, { startOrder: ['postgres', 'temporal'], restart: false })
  const killAll = () => children.kill()
  process.once('exit', killAll)
  const end = async () => {
    await children.stop()
    process.off('exit', killAll)
    where.release()
    await rm(folder, { recursive: true, force: true })
    open.delete(close)
  }
  let ending: Promise<void> | undefined
  // Whoever comes second waits for the same end.
  const close = () => {
    ending ??= end()
    return ending
  }
  open.add(close)

  const [postgres, temporal, model, orders, api, metrics] = (await Promise.all(
    Array.from({ length: 6 }, () => freePort()),
  )) as [number, number, number, number, number, number]
  const live = new Map<Part, Child>()
  let databaseUrl = ''
  const temporalAddress = `127.0.0.1:${temporal}`
  const startServer = {
    postgres: async () => {
      const started = await startPostgres(children, { folder: join(folder, 'postgres'), port: postgres })
      databaseUrl = started.socketUrl
      return started.child
    },
    temporal: async () => {
      const order = { cli: temporalCli, dbFile: temporalDbFile(folder), port: temporal, tuned }
      return (await startTemporal(children, order)).child
    },
  }
  const portOf: Partial<Record<keyof typeof scripts, number>> = { model, orders }
  const startProgram = (name: keyof typeof scripts) =>
    children.start({
      name,
      command: process.execPath,
      args: [scripts[name]],
      cwd: project,
      // Nothing of the developer's own settings.
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporalAddress,
        PARLEY_DATA_DIR: folder,
        OPENAI_BASE_URL: `http://127.0.0.1:${model}/v1`,
        OPENAI_API_KEY: 'bench',
        OPENAI_MODEL: 'bench',
        PORT: `${portOf[name] ?? api}`,
        ORDERS_URL: `http://127.0.0.1:${orders}`,
        PARLEY_OUTBOUND_ALLOW: `127.0.0.1:${orders}`,
        ...(name === 'worker' && figures ? { WORKER_METRICS_ADDRESS: `127.0.0.1:${metrics}` } : {}),
      },
      isReady: (log) => log.includes('"ready":true'),
      startWithinMs: 120_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 30_000,
    })
  const start = async (part: Part) =>
    void live.set(
      part,
      part === 'postgres' || part === 'temporal' ? await startServer[part]() : await startProgram(part),
    )
  const pid = (part: Part) => {
    const found = live.get(part)?.pid
    if (!found) throw new Error(`${part} does not run; its log is in ${folder}/logs`)
    return found
  }

  await Promise.all([start('postgres'), start('temporal')])
  await migrate(databaseUrl)
  return {
    folder,
    databaseUrl,
    temporalAddress,
    apiUrl: `http://127.0.0.1:${api}`,
    modelPort: model,
    ordersUrl: `http://127.0.0.1:${orders}`,
    metricsUrl: `http://127.0.0.1:${metrics}/metrics`,
    start,
    pid,
    kill: (...parts) => {
      for (const part of parts) process.kill(pid(part), 'SIGKILL')
    },
    close,
  }
}
