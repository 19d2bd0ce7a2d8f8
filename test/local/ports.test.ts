import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { requirePorts } from '../../local/parts.ts'
import { freePort, isFree } from '../../local/ports.ts'
import { readSettings } from '../../local/settings.ts'

let other: Server
let taken: number
beforeEach(async () => {
  taken = await freePort()
  other = createServer().listen(taken, '127.0.0.1')
  await once(other, 'listening')
})
afterEach(() => other.close())

test('a port in use is named, with the variable that changes it', async () => {
  const free = await freePort()
  const start = (env: Record<string, string>) =>
    requirePorts(readSettings({ TEMPORAL_CLI_PATH: 'temporal', PORT: `${free}`, ...env }))
  const port = `Port ${taken} `
  await expect(start({ PORT: `${taken}` })).rejects.toMatchObject({
    message: expect.stringContaining(port),
    cure: expect.stringContaining('PORT='),
  })
  await expect(start({ PARLEY_TEMPORAL_PORT: `${taken}` })).rejects.toMatchObject({
    message: expect.stringContaining(port),
    cure: expect.stringContaining(`TEMPORAL_ADDRESS=localhost:${taken}`),
  })
  const ui = { PARLEY_TEMPORAL_PORT: `${await freePort()}`, PARLEY_TEMPORAL_UI_PORT: `${taken}` }
  await expect(start(ui)).rejects.toMatchObject({
    message: expect.stringContaining(port),
    cure: expect.stringContaining('PARLEY_TEMPORAL_UI_PORT='),
  })
})

test('a port that nobody types gives way to a free one', async () => {
  const port = await freePort(taken)
  expect(port).not.toBe(taken)
  expect(await isFree(port)).toBe(true)
})

test('a free port is none that the system gives to outgoing connections, which might take it before it is used', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()))
  expect(ports.filter((port) => port < 20_000 || port >= 32_000)).toEqual([])
  expect(new Set(ports).size).toBeGreaterThan(15)
})
