import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm } from './npm.mjs'
import { PROJECT } from './places.mjs'
import { NotReady, step } from './step.mjs'

const LOCK = join(PROJECT, 'package-lock.json')
const INSTALLED = join(PROJECT, 'node_modules', '.package-lock.json') // npm's own list of what it installed
const STAMP = join(PROJECT, 'node_modules', '.parley-installed')

/** The packages of package-lock.json. */
export async function installPackages() {
  const lock = readFileSync(LOCK)
  const wanted = `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`
  if (textOf(STAMP) === wanted) return
  if (!installedMatches(JSON.parse(lock.toString()))) {
    await step('Installing packages', 'about a minute', install)
  }
  writeFileSync(STAMP, wanted)
}

// Install scripts stay off: nothing of ours needs them, and newer npm versions ask before running any.
const FLAGS = ['--include=dev', '--ignore-scripts', '--loglevel=error']

async function install() {
  let outOfStep = false
  const onLine = (line) => {
    outOfStep ||= line.includes('EUSAGE')
  }
  let { ok, words } = await npm(['ci', ...FLAGS], { cwd: PROJECT, onLine })
  // npm writes locks without some other platform's optional packages, and its `ci` then refuses them; its `install`
  // takes the same versions from the same lock, checked by the same hashes, and without saving leaves it as it is.
  if (!ok && outOfStep) ({ ok, words } = await npm(['install', '--no-save', ...FLAGS], { cwd: PROJECT }))
  if (ok) return
  throw new NotReady(
    `npm could not install the packages:\n${words}`,
    `Check the network and npm's registry setting, then run it by hand in ${PROJECT}: npm ci`,
  )
}

/** True after a developer's own `npm install`: every package of the lock that this machine needs is there as locked. */
function installedMatches(lock) {
  const text = textOf(INSTALLED)
  if (!text) return false
  const installed = JSON.parse(text).packages
  return Object.entries(lock.packages).every(([path, locked]) => {
    if (path === '') return true
    const found = installed[path]
    return found ? found.version === locked.version && found.integrity === locked.integrity : locked.optional
  })
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
