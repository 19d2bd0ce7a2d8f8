import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Instance } from '../../client/http.ts'
import { connectHttp, type ParleyHttp } from '../../client/http.ts'
import type { Child } from '../../local/child.ts'
import { Children } from '../../local/children.ts'
import { claimDataFolder } from '../../local/data-folder.ts'
import { freePort } from '../../local/ports.ts'
import { startPostgres } from '../../local/postgres.ts'
import { startTemporal, temporalDbFile } from '../../local/temporal.ts'
import { migrate } from '../../storage/sql/migrate.ts'
import { type MailSink, startMailSink } from './mail-sink.ts'
import { type ModelServer, type Reply, startModelServer } from './model-server.ts'
import { startRedis } from './redis.ts'
import { temporalCli } from './temporal-cli.ts'
import { until } from './until.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

/** Parley as real processes on their own PostgreSQL and Temporal: each may be killed and started again. */
export interface Stage {
  /** The data folder of all processes. */
  folder: string
  databaseUrl: string
  temporalAddress: string
  model: ModelServer
  mails: MailSink
  /** The address of each API process, and a client of it. */
  urls: string[]
  clients: ParleyHttp[]
  parley: ParleyHttp
  /** SIGKILL for the process of that name: `worker`, `worker-2`, `api`, `temporal`, `postgres`, `redis`. */
  kill(name: string): void
  /** SIGSTOP: the process stands still, its connections open, until `goOn`. */
  halt(name: string): void
  goOn(name: string): void
  /** Starts the process of that name again, and waits until it is ready. */
  back(name: string): Promise<void>
  publish(definition: object): Promise<string>
  request(instanceUuid: string, stepId: string): Promise<Instance['requests'][number]>
  ended(instanceUuid: string): Promise<Instance>
  close(): Promise<void>
}

export interface StageOrder {
  /** How many, or the `WORKER_ROLES` of each. */
  workers?: number | string[]
  apis?: number
  /** Whether live events go through a Redis. */
  redis?: boolean
  /** Limits of the Temporal server, lowered so that a test comes to them soon. */
  temporal?: Record<string, string | number | boolean>
  /** What the model says, or the address and name of a model. */
  reply: Reply | { baseUrl: string; model: string }
}

export async function createStage({
  workers = 1,
  apis = 1,
  redis = false,
  temporal = {},
  reply,
}: StageOrder): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-stage-'))
  const where = claimDataFolder(folder, { api: 'tests' })
  // Kept from coming back by themselves: a test says when.
  const children = new Children(where, { startOrder: ['postgres', 'temporal'], restart: false })
  const [model, mails, cli] = await Promise.all([
    startModelServer(typeof reply === 'function' ? reply : () => ''),
    startMailSink(),
    temporalCli(),
  ])
  const [postgresPort, temporalPort] = [await freePort(), await freePort()]
  const starters = new Map<string, () => Promise<Child>>()
  const live = new Map<string, Child>()
  const start = async (name: string) =>
    void live.set(name, await (starters.get(name) as () => Promise<Child>)())
  let databaseUrl = ''
  let temporalAddress = ''
  starters.set('postgres', async () => {
    const started = await startPostgres(children, { folder: join(folder, 'postgres'), port: postgresPort })
    databaseUrl = started.databaseUrl
    return started.child
  })
  starters.set('temporal', async () => {
    const started = await startTemporal(children, {
      cli,
      dbFile: temporalDbFile(folder),
      port: temporalPort,
      dynamicConfig: temporal,
    })
    temporalAddress = started.address
    return started.child
  })
  const redisPort = redis ? await freePort() : undefined
  if (redis) starters.set('redis', async () => (await startRedis(children, redisPort)).child)
  await Promise.all([...starters.keys()].map(start))
  await migrate(databaseUrl)
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    PARLEY_DATA_DIR: folder,
    OPENAI_BASE_URL: typeof reply === 'function' ? model.baseUrl : reply.baseUrl,
    OPENAI_API_KEY: 'test',
    OPENAI_MODEL: typeof reply === 'function' ? 'test-model' : reply.model,
    SMTP_URL: mails.url,
    ...(redisPort ? { REDIS_URL: `redis://127.0.0.1:${redisPort}` } : {}),
  }
  const program = (name: string, script: string, more: NodeJS.ProcessEnv = {}) =>
    starters.set(name, () =>
      children.start({
        name,
        command: process.execPath,
        args: [script],
        cwd: project,
        env: { ...env, ...more },
        isReady: (log) => log.includes('"ready":true'),
        startWithinMs: 60_000,
        stopSignal: 'SIGTERM',
        stopWithinMs: 30_000,
      }),
    )
  const named = (name: string, index: number) => (index === 0 ? name : `${name}-${index + 1}`)
  const ports = await Promise.all(Array.from({ length: apis }, () => freePort()))
  const roles = typeof workers === 'number' ? Array<string>(workers).fill('') : workers
  for (const [index, WORKER_ROLES] of roles.entries())
    program(named('worker', index), 'workers/main.ts', { WORKER_ROLES })
  for (const [index, port] of ports.entries())
    program(named('api', index), 'api/main.ts', { PORT: `${port}` })
  for (const name of starters.keys()) if (!live.has(name)) await start(name)
  const signal = (name: string, which: NodeJS.Signals): void => {
    const pid = live.get(name)?.pid
    if (!pid) throw new Error(`${name} does not run`)
    process.kill(pid, which)
  }
  const urls = ports.map((port) => `http://127.0.0.1:${port}`)
  const clients = urls.map((baseUrl) => connectHttp({ baseUrl }))
  const [parley] = clients as [ParleyHttp]

  return {
    folder,
    databaseUrl,
    temporalAddress,
    model,
    mails,
    urls,
    clients,
    parley,
    kill: (name) => signal(name, 'SIGKILL'),
    halt: (name) => signal(name, 'SIGSTOP'),
    goOn: (name) => signal(name, 'SIGCONT'),
    back: start,
    publish: async (definition) => {
      const given = { name: 'Test', type: 'output_focused', ...definition } as Parameters<
        ParleyHttp['saveDraft']
      >[1]
      const { workflowId } = await parley.createWorkflow({ name: given.name, type: given.type })
      await parley.saveDraft(workflowId, given)
      await parley.publish(workflowId)
      return workflowId
    },
    request: (instanceUuid, stepId) =>
      until(
        `the question at ${stepId}`,
        async () => {
          const instance = await parley.instance(instanceUuid).catch(() => undefined)
          if (instance?.finishedAt) throw new Error(`the run ended: ${JSON.stringify(instance.error)}`)
          return instance?.requests.find((one) => one.stepId === stepId)
        },
        60_000,
      ),
    ended: (instanceUuid) =>
      until(
        'the end of the run',
        async () => {
          const instance = await parley.instance(instanceUuid).catch(() => undefined)
          return instance?.finishedAt ? instance : undefined
        },
        60_000,
      ),
    close: async () => {
      await children.stop()
      await model.close()
      await mails.close()
      where.release()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
