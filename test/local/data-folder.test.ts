import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { claimDataFolder } from '../../local/data-folder.ts'
import { tempFolder } from '../harness/temp-folder.ts'

const MODULE = new URL('../../local/data-folder.ts', import.meta.url).href
const holder = { api: 'http://localhost:3000' }

let temp: ReturnType<typeof tempFolder>
beforeEach(() => {
  temp = tempFolder()
})
afterEach(() => temp.remove())

test('a second start on the same data folder is refused, and says who holds it and what to do', () => {
  const first = claimDataFolder(temp.path, holder)
  const message = `already runs on the data folder ${temp.path} (process ${process.pid}, http://localhost:3000)`
  expect(() => claimDataFolder(temp.path, holder)).toThrow(message)
  expect(cureOf(() => claimDataFolder(temp.path, holder))).toContain('PARLEY_DATA_DIR=')
  first.release()
  claimDataFolder(temp.path, holder).release()
})

test('the lock of a start that was killed is taken over', async () => {
  const script = `
    import { claimDataFolder } from ${JSON.stringify(MODULE)}
    globalThis.folder = claimDataFolder(${JSON.stringify(join(temp.path))}, { api: 'other' })
    console.log('held')
    setInterval(() => {}, 1000)`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(other.stdout, 'data')
  expect(() => claimDataFolder(temp.path, holder)).toThrow(`process ${other.pid}`)
  other.kill('SIGKILL')
  await once(other, 'exit')
  claimDataFolder(temp.path, holder).release()
})

function cureOf(act: () => unknown): string {
  try {
    act()
  } catch (problem) {
    return (problem as { cure: string }).cure
  }
  throw new Error('it was not refused')
}
