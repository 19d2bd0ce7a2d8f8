import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { npm } from './npm.mjs'
import { CACHE, EXE } from './places.mjs'
import { NotReady, step } from './step.mjs'

const VERSION = '24.21.0' // runs TypeScript as it is; the newest release everything here was tried with

/** @returns {Promise<string>} the path of a Node that runs the project: the present one if its major fits, else the pinned one */
export async function pinnedNode() {
  if (process.versions.node.split('.')[0] === VERSION.split('.')[0]) return process.execPath
  const home = join(CACHE, 'node', `v${VERSION}`)
  const node = join(home, 'bin', `node${EXE}`)
  if (existsSync(node)) return node

  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  await step(`Fetching Node ${VERSION}, as this is ${process.version}`, 'half a minute, once', async () => {
    mkdirSync(join(CACHE, 'node'), { recursive: true })
    const fresh = mkdtempSync(join(CACHE, 'node', 'new-'))
    try {
      const args = [
        'install',
        '--prefix',
        fresh,
        '--ignore-scripts',
        '--no-save',
        '--no-package-lock',
        '--loglevel=error',
      ]
      const { ok, words } = await npm([...args, `${name}@${VERSION}`], { cwd: fresh })
      if (!ok)
        throw new NotReady(
          `npm could not install ${name}@${VERSION}:\n${words}`,
          `Check the network and npm's registry setting and start again; or install Node ${VERSION.split('.')[0]} yourself.`,
        )
      // A rename is all or nothing: two starts at once, or one cut off, never leave half a Node behind.
      if (!existsSync(node)) renameSync(join(fresh, 'node_modules', name), home)
    } catch (error) {
      if (!existsSync(node)) throw error
    } finally {
      rmSync(fresh, { recursive: true, force: true })
    }
  })
  return node
}
