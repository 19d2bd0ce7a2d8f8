import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CACHE, EXE } from './places.mjs'
import { run } from './run.mjs'
import { NotReady, step } from './step.mjs'

const VERSION = 'v1.5.1' // server 1.29.1, Web UI 2.42
const HOME = join(CACHE, 'temporal')
const CACHED = join(HOME, VERSION, `temporal${EXE}`)
const QUIET_MS = 20_000 // a download that brings no byte for so long is not coming
const DOWNLOAD_MS = 600_000

/**
 * The Temporal CLI, which holds the dev server and its Web UI. The nearest one is taken; only then is one fetched, and
 * only where that fails is one built.
 * @param {string} node the Node to run the SDK's download with
 * @returns {Promise<string>} its path
 */
export async function temporalCli(node) {
  const found = findTemporalCli()
  if (found) return found
  const problems = []
  for (const get of [download, build]) {
    try {
      await get(node)
      return CACHED
    } catch (error) {
      problems.push(error.message)
      process.stderr.write(`  That did not work: ${error.message}\n`)
    }
  }
  throw new NotReady(
    `There is no Temporal CLI on this machine, and none could be got:\n${problems.map((p) => `- ${p}`).join('\n')}`,
    [
      'Install the Temporal CLI (docs.temporal.io/cli) so that `temporal` is on the PATH, or name it: TEMPORAL_CLI_PATH=/path/to/temporal.',
      'Or install Go (1.25 or newer) and start again: it is then built from source.',
      'Or use a Temporal that already runs: TEMPORAL_ADDRESS=host:7233 npm start.',
    ].join('\n'),
  )
}

/** The Temporal CLI that is already here: named, on the PATH, or in our cache; undefined where there is none. */
export function findTemporalCli() {
  const named = process.env.TEMPORAL_CLI_PATH
  if (named) {
    if (isTemporal(named)) return named
    throw new NotReady(
      `TEMPORAL_CLI_PATH=${named} is not a Temporal CLI: expected a program that answers \`--version\` with "temporal version …".`,
      'Correct the path, or unset the variable to let Parley find or fetch one.',
    )
  }
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, `temporal${EXE}`))
  return (
    onPath.find((file) => existsSync(file) && isTemporal(file)) ?? (existsSync(CACHED) ? CACHED : undefined)
  )
}

function isTemporal(file) {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 15_000 })
  return /temporal version/i.test(stdout ?? '')
}

/** The Temporal SDK's own download. */
async function download(node) {
  const script = fileURLToPath(new URL('./download-temporal-cli.mjs', import.meta.url))
  await step(
    `Downloading the Temporal CLI ${VERSION} (dev server and Web UI)`,
    'a minute or two, once',
    (note) =>
      intoCache(async (fresh) => {
        const get = (signal) => run(node, [script, fresh, VERSION], { signal })
        const { ok, words, silent } = await runWhileGrowing(fresh, note, get)
        if (silent) throw new Error(`the download brought nothing for ${QUIET_MS / 1000} s`)
        if (!ok) throw new Error(/failed to download.*/.exec(words)?.[0] ?? words)
        return readdirSync(fresh).find((name) => !name.endsWith('.downloading'))
      }),
  )
}

/** A build from source, where Go is. */
async function build() {
  if (spawnSync('go', ['version']).status !== 0)
    throw new Error('Go, to build it from source, is not installed')
  await step(`Building the Temporal CLI ${VERSION} with Go`, '4 to 9 minutes on two cores, once', (note) =>
    intoCache(async (fresh) => {
      let packages = 0
      const { ok, words } = await run(
        'go',
        ['install', '-v', `github.com/temporalio/cli/cmd/temporal@${VERSION}`],
        {
          env: { ...process.env, GOBIN: fresh },
          onLine: (line) => note(`${++packages} packages, now ${line.slice(0, 60)}`),
        },
      )
      if (!ok) throw new Error(`go install failed:\n${words}`)
      return `temporal${EXE}`
    }),
  )
}

/** Gets the program in a folder of its own and renames it into place, so that a start cut off leaves no half of one. */
async function intoCache(get) {
  mkdirSync(join(HOME, VERSION), { recursive: true })
  const fresh = mkdtempSync(join(HOME, 'new-'))
  try {
    const got = join(fresh, (await get(fresh)) ?? '')
    if (!isTemporal(got)) throw new Error('what came is not a Temporal CLI')
    renameSync(got, CACHED)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Stops the work when the folder has not grown for a while: a blocked network often answers nothing at all. */
async function runWhileGrowing(folder, note, work) {
  const stop = new AbortController()
  let size = 0
  let grewAt = Date.now()
  const limit = grewAt + DOWNLOAD_MS
  const watching = setInterval(() => {
    const now = sizeOf(folder)
    if (now > size) grewAt = Date.now()
    size = now
    if (size > 0) note(`${Math.round(size / 1e6)} MB so far`)
    if (Date.now() - grewAt > QUIET_MS || Date.now() > limit) stop.abort()
  }, 500)
  const result = await work(stop.signal)
  clearInterval(watching)
  return { ...result, silent: stop.signal.aborted }
}

function sizeOf(folder) {
  let total = 0
  for (const name of readdirSync(folder)) {
    try {
      total += statSync(join(folder, name)).size
    } catch {
      // Renamed between the listing and the look: the next look sees it.
    }
  }
  return total
}
