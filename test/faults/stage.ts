import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ParleyHttp, connectHttp } from '../../client/http.ts'
import type { Child } from '../../local/child.ts'
import { Children } from '../../local/children.ts'
import { claimDataFolder } from '../../local/data-folder.ts'
import { PROJECT } from '../../local/parts.ts'
import { freePort } from '../../local/ports.ts'
import { startPostgres } from '../../local/postgres.ts'
import { startTemporal, temporalDbFile } from '../../local/temporal.ts'
import type { Instance } from '../../client/http.ts'
import { migrate } from '../../storage/sql/migrate.ts'
import { type MailSink, startMailSink } from '../harness/mail-sink.ts'
import { type ChatBody, type ModelServer, startModelServer } from '../harness/model-server.ts'
import { temporalCli } from '../harness/temporal-cli.ts'
import { until } from '../harness/until.ts'

/** Parley as real processes on their own PostgreSQL and Temporal: each may be killed, and comes back by itself. */
export interface Stage {
  databaseUrl: string
  temporalAddress: string
  model: ModelServer
  mails: MailSink
  /** One client for each API process. */
  clients: ParleyHttp[]
  parley: ParleyHttp
  /** SIGKILL for the process of that name (`worker`, `worker-2`, `api`, `temporal`, `postgres`). It is started again. */
  kill(name: string): void
  /** Waits until the process of that name lives again after a `kill`. */
  back(name: string): Promise<void>
  publish(definition: object): Promise<string>
  request(instanceUuid: string, stepId: string): Promise<Instance['requests'][number]>
  ended(instanceUuid: string): Promise<Instance>
  close(): Promise<void>
}

export async function createStage({ workers = 1, apis = 1, reply }: { workers?: number; apis?: number; reply: (body: ChatBody) => string }): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-stage-'))
  const where = claimDataFolder(folder, { api: 'tests' })
  const children = new Children(where, { startOrder: ['postgres', 'temporal'] })
  const [model, mails, cli] = await Promise.all([startModelServer(reply), startMailSink(), temporalCli()])
  const live = new Map<string, Child>()
  const [postgres, temporal] = await Promise.all([
    startPostgres(children, { folder: join(folder, 'postgres'), port: await freePort() }),
    startTemporal(children, { cli, dbFile: temporalDbFile(folder), port: await freePort() }),
  ])
  live.set('postgres', postgres.child).set('temporal', temporal.child)
  await migrate(postgres.databaseUrl)
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    DATABASE_URL: postgres.databaseUrl,
    TEMPORAL_ADDRESS: temporal.address,
    PARLEY_DATA_DIR: folder,
    OPENAI_BASE_URL: model.baseUrl,
    OPENAI_API_KEY: 'test',
    OPENAI_MODEL: 'test-model',
    SMTP_URL: mails.url,
  }
  const begin = async (name: string, script: string, more: NodeJS.ProcessEnv = {}) => {
    const child = await children.start({
      name,
      command: process.execPath,
      args: [script],
      cwd: PROJECT,
      env: { ...env, ...more },
      isReady: (log) => log.includes('"ready":true'),
      startWithinMs: 60_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 30_000,
    })
    live.set(name, child)
  }
  const named = (name: string, index: number) => (index === 0 ? name : `${name}-${index + 1}`)
  const ports = await Promise.all(Array.from({ length: apis }, () => freePort()))
  for (let index = 0; index < workers; index++) await begin(named('worker', index), 'workers/main.ts')
  for (const [index, port] of ports.entries()) await begin(named('api', index), 'api/main.ts', { PORT: `${port}` })
  const clients = ports.map((port) => connectHttp({ baseUrl: `http://127.0.0.1:${port}` }))
  const [parley] = clients as [ParleyHttp]
  const killed = new Map<string, number>()

  return {
    databaseUrl: postgres.databaseUrl,
    temporalAddress: temporal.address,
    model,
    mails,
    clients,
    parley,
    kill: (name) => {
      const pid = live.get(name)?.pid
      if (!pid) throw new Error(`${name} does not run`)
      killed.set(name, pid)
      process.kill(pid, 'SIGKILL')
    },
    back: async (name) => {
      await until(`${name} to be back`, () => {
        const pid = live.get(name)?.pid
        return pid !== undefined && pid !== killed.get(name)
      })
    },
    publish: async (definition) => {
      const given = { name: 'Test', type: 'output_focused', ...definition } as Parameters<ParleyHttp['saveDraft']>[1]
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
