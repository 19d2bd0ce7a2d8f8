import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../local/ports.ts'
import { identityOf } from '../../local/process-identity.ts'
import { sharedGround } from './shared-ground.ts'
import { until } from './until.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const START_MS = 50_000 // below Jest's limit for a test, so that its failure is ours and says why

/** The names of what a start runs, as in its `run` folder; `main` is the start itself. */
export type Part = 'main' | 'api' | 'worker' | 'demo-model' | 'temporal' | 'postgres'

/** A whole Parley as `npm start` runs it, with real processes that may be killed. */
export type ParleyProcess = {
  baseUrl: string
  temporalAddress: string
  /** What it has said in the terminal so far. */
  output(): string
  pid(part: Part): number
  /** SIGKILL, at once. */
  kill(part: Part): void
  /** SIGKILL to everything, in one go. */
  killAll(): Promise<void>
  /** Waits until a killed part is ready again. */
  back(part: Part): Promise<void>
  /** Ctrl-C; resolves with the exit code once all is down. */
  stop(): Promise<number | null>
}

export type ParleyPorts = { port: number; temporalPort: number; uiPort: number }

/** Ports for starts on one data folder: the same over all of them, as a person's are. */
export async function parleyPorts(): Promise<ParleyPorts> {
  const [port, temporalPort, uiPort] = [await freePort(), await freePort(), await freePort()]
  return { port, temporalPort, uiPort }
}

/** Starts Parley on a data folder; resolves when it has said that it is ready. */
export async function startParley(
  dataDir: string,
  { port, temporalPort, uiPort }: ParleyPorts,
  env: Record<string, string> = {},
): Promise<ParleyProcess> {
  const main = spawn(process.execPath, ['local/main.ts'], {
    cwd: PROJECT,
    env: {
      ...ownEnvironment(),
      ...portsEnvironment({ port, temporalPort, uiPort }),
      PARLEY_DATA_DIR: dataDir,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [main.stdout, main.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  const ended = new Promise<number | null>((resolve) => main.once('exit', resolve))
  const pid = (part: Part) => (part === 'main' ? main.pid! : tracedPid(dataDir, part))
  const returns = (part: Part) => output.split(`${part} is back.`).length
  const returnsAtKill = new Map<Part, number>()

  try {
    await until(
      'Parley to be ready',
      () => over(main, output) || output.includes('Parley is ready'),
      START_MS,
    )
  } catch (problem) {
    main.kill('SIGTERM')
    await ended
    throw problem
  }
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    temporalAddress: `127.0.0.1:${temporalPort}`,
    output: () => output,
    pid,
    kill: (part) => {
      returnsAtKill.set(part, returns(part))
      process.kill(pid(part), 'SIGKILL')
    },
    killAll: async () => {
      const parts: Part[] = ['main', 'api', 'worker', 'demo-model', 'temporal', 'postgres']
      const pids = parts.map(pid)
      for (const each of pids) process.kill(each, 'SIGKILL')
      await until('everything to be dead', () => pids.every((each) => identityOf(each) === undefined))
    },
    back: async (part) => {
      await until(`${part} to be back`, () => returns(part) > (returnsAtKill.get(part) ?? 0), START_MS)
    },
    stop: async () => {
      main.kill('SIGINT')
      return ended
    },
  }
}

const portsEnvironment = ({ port, temporalPort, uiPort }: ParleyPorts) => ({
  PORT: `${port}`,
  PARLEY_TEMPORAL_PORT: `${temporalPort}`,
  PARLEY_TEMPORAL_UI_PORT: `${uiPort}`,
})

/** The embedded default whatever the developer's own environment says. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  return { PATH, HOME, NODE_COMPILE_CACHE, TEMPORAL_CLI_PATH: sharedGround().temporalCli }
}

function tracedPid(dataDir: string, part: Part): number {
  return JSON.parse(readFileSync(join(dataDir, 'run', `${part}.child.json`), 'utf8')).pid
}

function over(main: ChildProcess, output: string): false {
  if (main.exitCode === null && main.signalCode === null) return false
  throw new Error(`Parley ended before it was ready:\n${output}`)
}
