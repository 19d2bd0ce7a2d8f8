import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildSpec } from '../../local/child.ts'
import { Children } from '../../local/children.ts'
import { endOrphans } from '../../local/orphans.ts'
import { identityOf } from '../../local/process-identity.ts'
import { tempFolder } from '../harness/temp-folder.ts'
import { until } from '../harness/until.ts'

let temp: ReturnType<typeof tempFolder>
let where: { logs: string; run: string }
let children: Children
let said: string[]
beforeEach(() => {
  temp = tempFolder()
  where = { logs: join(temp.path, 'logs'), run: join(temp.path, 'run') }
  for (const folder of Object.values(where)) mkdirSync(folder)
  said = []
  children = new Children(where, { say: (line) => said.push(line), startOrder: ['first', 'second'] })
})
afterEach(async () => {
  await children.stop()
  temp.remove()
})

/** A program that says it is ready and lives until it is told to end, which it writes down. */
const lives = (name: string): ChildSpec =>
  script(
    name,
    `process.on('SIGTERM', () => { fs.appendFileSync(${JSON.stringify(join(temp.path, 'ends'))}, '${name} '); process.exit() })
    setInterval(() => {}, 1000); console.log('ready')`,
  )

const script = (name: string, code: string): ChildSpec => ({
  name,
  command: process.execPath,
  args: ['-e', code],
  env: {},
  isReady: (log) => log.includes('ready'),
  startWithinMs: 20_000,
  stopSignal: 'SIGTERM',
  stopWithinMs: 5_000,
})

test('a child that dies is started again, and the terminal says so with its log', async () => {
  const child = await children.start(lives('first'))
  const before = child.pid
  process.kill(before!, 'SIGKILL')
  await until('the child to be back', () => said.includes('first is back.'))
  expect(child.pid).not.toBe(before)
  expect(said[0]).toBe(`first was ended by SIGKILL; it is started again. Its log: ${child.logPath}`)
})

test('a child that cannot start is given up, with its last words and its log', async () => {
  const broken = script('first', `console.error('no such thing'); process.exit(3)`)
  await expect(children.start(broken)).rejects.toMatchObject({
    message: 'first ended with exit code 3. Its last words:\nno such thing',
    cure: expect.stringContaining(join(where.logs, 'first.log')),
  })
})

test('a child that is not ready in time is given up', async () => {
  const slow = { ...script('first', 'setInterval(() => {}, 1000)'), startWithinMs: 300 }
  await expect(children.start(slow)).rejects.toThrow('first was not ready within')
})

test('children are stopped in the order opposite to their start, whichever was ready first', async () => {
  await children.start(lives('second'))
  await children.start(lives('first'))
  await children.stop()
  expect(readFileSync(join(temp.path, 'ends'), 'utf8')).toBe('second first ')
})

test('a child that does not end when asked is killed after its limit', async () => {
  const deaf = {
    ...script('first', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')`),
    stopWithinMs: 200,
  }
  const { pid } = await children.start(deaf)
  await children.stop()
  expect(identityOf(pid!)).toBeUndefined()
})

test('the children of a start that was killed are found and ended by the next one', async () => {
  const forgotten = new Children(where, { restart: false })
  const { pid } = await forgotten.start(lives('first'))
  expect(await endOrphans(where.run)).toEqual(['first'])
  expect(identityOf(pid!)).toBeUndefined()
  expect(await endOrphans(where.run)).toEqual([])
})

test('a process that only has the number of an old child is left alone', async () => {
  const trace = { pid: process.pid, identity: 'an earlier boot', signal: 'SIGKILL' }
  writeFileSync(join(where.run, 'first.child.json'), JSON.stringify(trace))
  expect(await endOrphans(where.run)).toEqual([])
})
