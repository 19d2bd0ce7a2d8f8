import { spawnSync } from 'node:child_process'
import { run } from './run.mjs'
import { NotReady, step } from './step.mjs'

/** Programs that tests start, each with the Debian package that brings it. */
const PACKAGES = { 'redis-server': 'redis-server' }

/** Makes sure of the programs that only tests need: where we may, what is missing is installed. */
export async function testPrograms() {
  const missing = Object.keys(PACKAGES).filter((program) => !isThere(program))
  if (missing.length === 0) return
  const packages = missing.map((program) => PACKAGES[program])
  await step(`Installing ${packages.join(', ')} for the tests`, 'half a minute, once', () =>
    install(packages),
  )
}

const isThere = (program) => spawnSync(program, ['--version']).error === undefined

async function install(packages) {
  // What is installed is for us to start: the package's own service stays off (RUNLEVEL).
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = (...args) =>
    process.getuid?.() === 0
      ? run('apt-get', args, { env })
      : run('sudo', ['-n', '--preserve-env=DEBIAN_FRONTEND,RUNLEVEL', 'apt-get', ...args], { env })
  const args = ['install', '--yes', '--no-install-recommends', ...packages]
  let { ok, words } = await apt(...args)
  // A fresh machine has no list of packages yet.
  if (!ok && (await apt('update')).ok) ({ ok, words } = await apt(...args))
  if (ok) return
  throw new NotReady(
    `the tests need ${packages.join(', ')}, and it could not be installed:\n${words}`,
    `Install it by hand: sudo apt-get install ${packages.join(' ')}, or with your system's own package manager.`,
  )
}
