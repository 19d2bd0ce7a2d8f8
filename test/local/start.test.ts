import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { connectHttp } from '../../client/http.ts'
import { type ParleyPorts, type ParleyProcess, parleyPorts, startParley } from '../harness/parley-process.ts'
import { tempFolder } from '../harness/temp-folder.ts'

const READY_AGAIN_MS = 16_000 // twice the promise of design.md, as other tests run beside this one

let temp: ReturnType<typeof tempFolder>
let ports: ParleyPorts
let parley: ParleyProcess
beforeAll(async () => {
  temp = tempFolder()
  ports = await parleyPorts()
})
afterAll(async () => {
  await parley?.stop()
  temp.remove()
})

test('everything starts from an empty folder and says where it is', async () => {
  parley = await startParley(temp.path, ports)
  expect(parley.output()).toContain(`http://localhost:${ports.port}/docs`)
  expect(parley.output()).toContain(`http://localhost:${ports.uiPort}`)
  expect(parley.output()).toContain('npm run parley -- run')
  expect((await fetch(`${parley.baseUrl}/health/ready`)).status).toBe(200)
})

test('F050 the examples are published, and the systems they call answer', async () => {
  const http = connectHttp({ baseUrl: parley.baseUrl })
  const names = (await http.workflows()).items.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['Account desk', 'Account look-up', 'Meeting brief']))
  const accounts = (await http.integrations()).items.find(({ name }) => name === 'accounts')
  expect((await fetch(`${accounts?.baseUrl}/F-2041`)).status).toBe(200)
})

test('a second start on the same data folder is refused', async () => {
  await expect(startParley(temp.path, await parleyPorts())).rejects.toThrow(
    /already runs on the data folder.*process \d+/,
  )
})

test.each(['worker', 'api', 'demo-model', 'temporal', 'postgres'] as const)(
  '%s comes back after SIGKILL',
  async (part) => {
    const before = parley.pid(part)
    parley.kill(part)
    await parley.back(part)
    expect(parley.pid(part)).not.toBe(before)
  },
)

test('Ctrl-C stops everything, and the next start is ready soon', async () => {
  expect(await parley.stop()).toBe(0)
  expect(readdirSync(join(temp.path, 'run'))).toEqual(['lock'])
  const since = Date.now()
  parley = await startParley(temp.path, ports)
  expect(Date.now() - since).toBeLessThan(READY_AGAIN_MS)
})

test('after SIGKILL of the start alone the next one ends what was left and goes on', async () => {
  const left = parley.pid('worker')
  parley.kill('main')
  parley = await startParley(temp.path, ports)
  expect(parley.output()).toContain('Ended what a killed start had left running')
  expect(parley.pid('worker')).not.toBe(left)
})

test('after SIGKILL of everything the next start goes on', async () => {
  await parley.killAll()
  parley = await startParley(temp.path, ports)
  expect((await fetch(`${parley.baseUrl}/health/ready`)).status).toBe(200)
})
