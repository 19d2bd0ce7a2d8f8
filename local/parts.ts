import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChildSpec } from './child.ts'
import type { Children } from './children.ts'
import { freePort, requireFree } from './ports.ts'
import { startPostgres } from './postgres.ts'
import type { Settings } from './settings.ts'
import { startTemporal, temporalDbFile } from './temporal.ts'

/** The names of what `npm start` starts, each after those it needs. */
export const START_ORDER = ['postgres', 'temporal', 'demo-model', 'example-systems', 'worker', 'api']

const PROJECT = fileURLToPath(new URL('..', import.meta.url))

type Env = Record<string, string>

/** Each part gives the environment by which the others find it. */
export async function postgresPart(
  children: Children,
  { postgres }: Settings,
  dataFolder: string,
): Promise<{ DATABASE_URL: string }> {
  if ('given' in postgres) return { DATABASE_URL: postgres.given }
  const port = await freePort(postgres.port)
  const { socketUrl } = await startPostgres(children, { folder: join(dataFolder, 'postgres'), port })
  return { DATABASE_URL: socketUrl }
}

export async function temporalPart(children: Children, settings: Settings, dataFolder: string): Promise<Env> {
  const { temporal, namespace } = settings
  if ('given' in temporal) return { TEMPORAL_ADDRESS: temporal.given, TEMPORAL_NAMESPACE: namespace }
  const { cli, port, uiPort } = temporal
  const server = await startTemporal(children, {
    cli,
    dbFile: temporalDbFile(dataFolder),
    port,
    uiPort,
    namespace,
  })
  return {
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_UI_URL: server.uiUrl ?? '',
  }
}

/** The demo model is found before it is there: who uses it does so only once everything is ready. */
export async function modelPart(
  children: Children,
  { realModel }: Settings,
  env: NodeJS.ProcessEnv,
): Promise<{ env: Env; started: Promise<unknown> }> {
  if (realModel) return { env: {}, started: Promise.resolve() }
  const port = await freePort()
  const isReady = async () => {
    const reply = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    return reply?.ok === true
  }
  const spec = node('demo-model', 'local/demo-model/main.ts', { ...env, PORT: `${port}` }, { isReady })
  const address = `http://127.0.0.1:${port}/v1`
  return {
    env: {
      OPENAI_BASE_URL: address,
      OPENAI_API_KEY: 'demo',
      OPENAI_MODEL: 'parley-demo',
      // It paints nothing.
      OPENAI_IMAGE_MODEL: '',
      // Nor does it know what texts mean: knowledge bases are searched by their words.
      OPENAI_EMBEDDING_MODEL: '',
    },
    started: children.start(spec),
  }
}

/**
 * The systems that the examples call, on one port of this machine: private addresses that workflows may not reach
 * otherwise, so that port, and nothing else, is allowed.
 */
export async function systemsPart(
  children: Children,
  env: NodeJS.ProcessEnv,
): Promise<{ address: string; env: Env; started: Promise<unknown> }> {
  const port = await freePort(4020)
  const allowed = [env.PARLEY_OUTBOUND_ALLOW, `127.0.0.1:${port}`].filter(Boolean).join(',')
  return {
    address: `http://127.0.0.1:${port}`,
    env: { PARLEY_OUTBOUND_ALLOW: allowed },
    started: children.start(
      node('example-systems', 'examples/actions/systems.ts', { ...env, PORT: `${port}` }),
    ),
  }
}

export async function workerPart(children: Children, env: NodeJS.ProcessEnv): Promise<void> {
  await children.start(node('worker', 'workers/main.ts', env))
}

export async function apiPart(children: Children, env: NodeJS.ProcessEnv): Promise<void> {
  await children.start(node('api', 'api/main.ts', env))
}

/** Ports that people know by heart are not swapped for others in silence. */
export async function requirePorts({ port, temporal }: Settings): Promise<void> {
  await requireFree(
    port,
    'API and console',
    `Stop that program, or give Parley another port: PORT=${port + 1} npm start`,
  )
  if ('given' in temporal) return
  const own = `PARLEY_TEMPORAL_PORT=${temporal.port + 100} PARLEY_TEMPORAL_UI_PORT=${temporal.uiPort + 100} npm start`
  await requireFree(
    temporal.port,
    'Temporal',
    `If a Temporal of yours runs there, use it: TEMPORAL_ADDRESS=localhost:${temporal.port} npm start. Or give ours other ports: ${own}`,
  )
  await requireFree(
    temporal.uiPort,
    'Temporal Web UI',
    `Give it another: PARLEY_TEMPORAL_UI_PORT=${temporal.uiPort + 100} npm start`,
  )
}

/** One of our own programs: ready when it has logged a line that says so. */
function node(
  name: string,
  program: string,
  env: NodeJS.ProcessEnv,
  { isReady = saysReady }: Partial<Pick<ChildSpec, 'isReady'>> = {},
): ChildSpec {
  return {
    name,
    command: process.execPath,
    args: [join(PROJECT, program)],
    cwd: PROJECT,
    env,
    isReady,
    startWithinMs: 60_000, // the first bundle of the workflows takes some seconds on a slow machine
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
  }
}

function saysReady(log: string): boolean {
  return log.split('\n').some((line) => {
    if (!line.includes('"ready"')) return false
    try {
      return JSON.parse(line).ready === true
    } catch {
      return false // the line is still being written
    }
  })
}
