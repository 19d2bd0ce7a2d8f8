import { connect, createServer, type Socket } from 'node:net'
import { openDatabase } from '../../storage/sql/database.ts'
import { addressOf, startApi, type TestApi } from '../harness/api.ts'
import { type Ground, ground } from '../harness/ground.ts'

/** PostgreSQL behind a line that can be cut. */
let place: Ground
let api: TestApi
let line: ReturnType<typeof createServer>
let isCut = false
const sockets = new Set<Socket>()

beforeAll(async () => {
  place = await ground()
  const target = new URL(place.databaseUrl)
  line = createServer((from) => {
    if (isCut) return from.destroy()
    const to = connect(Number(target.port), target.hostname)
    for (const socket of [from, to]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        from.destroy()
        to.destroy()
        sockets.delete(socket)
      })
    }
    from.pipe(to).pipe(from)
    return undefined
  })
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve))
  const { port } = line.address() as { port: number }
  const url = new URL(place.databaseUrl)
  url.port = String(port)
  url.hostname = '127.0.0.1'
  api = await startApi({ databaseUrl: url.href })
})
afterAll(async () => {
  isCut = false
  await api.close()
  line.close()
  for (const socket of sockets) socket.destroy()
  await place.drop()
})

test('while PostgreSQL is away every route is a 503 with Retry-After, and comes back by itself', async () => {
  const workflowId = await api.publish({ steps: [{ id: 'done', type: 'end' }] })
  isCut = true
  for (const socket of sockets) socket.destroy()
  for (const [method, path, body] of [
    ['GET', 'R/catalog'],
    ['GET', '/api/me'],
    ['POST', `R/workflows/${workflowId}/runs`, '{}'],
    ['GET', 'R/workflows/instances'],
    ['GET', 'R/stream'],
    ['GET', 'A/members'],
  ] as const) {
    const response = await fetch(addressOf(api.url, api, path), {
      method,
      headers: {
        authorization: `Bearer ${api.keys.admin}`,
        'content-type': 'application/json',
        'idempotency-key': 'k',
      },
      ...(body ? { body } : {}),
    })
    const problem = (await response.json()) as { code: string }
    expect([path, response.status, problem.code, response.headers.get('retry-after')]).toEqual([
      path,
      503,
      'Unavailable',
      '2',
    ])
  }
  const ready = await fetch(`${api.url}/health/ready`)
  expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '2'])
  expect((await fetch(`${api.url}/health/live`)).status).toBe(200)
  isCut = false
  expect((await api.as('admin').get('R/catalog')).status).toBe(200)
  expect((await api.as('member').post(`R/workflows/${workflowId}/runs`, {})).status).toBe(202)
})

test('a pool that is closed is an outage, not a fault', async () => {
  const db = openDatabase(place.databaseUrl)
  await db.$client.end()
  const closed = await startApi({ over: { db } })
  expect((await fetch(`${closed.url}/api/me`)).status).toBe(503)
  await closed.close()
})
