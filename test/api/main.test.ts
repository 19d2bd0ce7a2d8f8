import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { Connection } from '@temporalio/client'
import { freePort } from '../../local/ports.ts'
import { embedded } from '../../shared/contract/api/embedded.ts'
import { ensureNamespace } from '../../shared/temporal/ensure-namespace.ts'
import { searchAttributes } from '../../shared/temporal/names.ts'
import { type Ground, ground } from '../harness/ground.ts'
import { tempFolder } from '../harness/temp-folder.ts'
import { until } from '../harness/until.ts'

let place: Ground
const folder = tempFolder()
const children: ChildProcess[] = []
beforeAll(async () => {
  place = await ground()
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(async () => {
  await place.drop()
  folder.remove()
})

interface Running {
  child: ChildProcess
  out(): string
  err(): string
  code: Promise<number | null>
}

function start(env: Record<string, string>): Running {
  const child = spawn(process.execPath, ['api/main.ts'], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      DATABASE_URL: place.databaseUrl,
      TEMPORAL_ADDRESS: place.temporalAddress,
      TEMPORAL_NAMESPACE: place.namespace,
      PARLEY_DATA_DIR: folder.path,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  return { child, out: () => out, err: () => err, code: new Promise((resolve) => child.on('exit', resolve)) }
}

const isReady = ({ out, err }: Running) =>
  until('the ready line', () =>
    out()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .find((line) => line.ready === true),
  ).catch((error) => {
    throw new Error(`${error}\n${out()}\n${err()}`)
  })

test('two API processes start at once on one database, serve the local admin, and stop in order', async () => {
  const ports = [await freePort(), await freePort()]
  const both = ports.map((port) => start({ PORT: String(port) }))
  for (const [n, one] of both.entries())
    expect(await isReady(one)).toMatchObject({ ready: true, host: '127.0.0.1', port: ports[n] })
  const me = await (await fetch(`http://localhost:${ports[0]}/api/me`)).json()
  expect(me).toMatchObject({
    userId: embedded.admin.userId,
    workspaces: [{ workspaceId: embedded.workspaceId, apps: [{ appId: embedded.appId }] }],
  })
  expect((await fetch(`http://localhost:${ports[1]}/health/ready`)).status).toBe(200)

  const stream = await fetch(
    `http://localhost:${ports[0]}/api/runtime/wks/${embedded.workspaceId}/app/${embedded.appId}/stream`,
  )
  const began = Date.now()
  for (const { child } of both) child.kill('SIGTERM')
  expect(await stream.text()).toContain('retry: 1000')
  expect(await Promise.all(both.map(({ code }) => code))).toEqual([0, 0])
  expect(Date.now() - began).toBeLessThan(10_000)
})

test('it starts while Temporal is away, takes runs, and says that it is degraded', async () => {
  const port = await freePort()
  const one = start({ PORT: String(port), TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` })
  await isReady(one)
  const health = await fetch(`http://localhost:${port}/health/ready`)
  expect([health.status, await health.json()]).toEqual([
    200,
    { status: 'degraded', database: 'up', temporal: 'down', live: 'up' },
  ])
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://localhost:${port}/api/${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }
  const [A, R] = ['admin', 'runtime'].map(
    (side) => `${side}/wks/${embedded.workspaceId}/app/${embedded.appId}`,
  )
  const { body: made } = await send('POST', `${A}/workflows`, { name: 'W', type: 'output_focused' })
  await send('PUT', `${A}/workflows/${made.workflowId}/draft`, {
    name: 'W',
    type: 'output_focused',
    steps: [{ id: 'done', type: 'end' }],
  })
  await send('POST', `${A}/workflows/${made.workflowId}/publish`)
  const started = await send('POST', `${R}/workflows/${made.workflowId}/runs`, {})
  expect(started.status).toBe(202)
  expect((await send('GET', `${R}/workflows/instances/${started.body.instanceUuid}`)).body).toMatchObject({
    status: 'running',
    progress: 0,
  })
}, 60_000)

test('with a public address it listens everywhere, and nobody is admin without a key', async () => {
  const port = await freePort()
  const one = start({ PORT: String(port), PARLEY_PUBLIC_URL: 'https://parley.example' })
  expect(await isReady(one)).toMatchObject({ host: '0.0.0.0' })
  expect((await fetch(`http://localhost:${port}/api/me`)).status).toBe(401)
})

test('a wrong environment stops it with code 2 and what was expected', async () => {
  const wrong = start({ PORT: 'x', DATABASE_URL: '' })
  expect(await wrong.code).toBe(2)
  expect(wrong.err()).toMatch(/PORT is wrong/)
  expect(wrong.err()).toMatch(/DATABASE_URL is not set/)
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  const second = start({ PORT: String(port) })
  expect(await second.code).toBe(2)
  expect(second.err()).toContain(`port ${port} is in use`)
  taken.close()
})

describe('the namespace', () => {
  const log = { info: () => {}, warn: () => {} }

  test('gets 30 days of retention and our search attributes, however often and at once', async () => {
    const connection = await Connection.connect({ address: place.temporalAddress })
    await Promise.all([1, 2, 3].map(() => ensureNamespace({ connection, namespace: place.namespace, log })))
    const { config } = await connection.workflowService.describeNamespace({ namespace: place.namespace })
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3_600)
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace: place.namespace,
    })
    for (const { name } of Object.values(searchAttributes)) expect(customAttributes).toHaveProperty(name)
    await connection.close()
  })

  test('is made where there is none', async () => {
    const connection = await Connection.connect({ address: place.temporalAddress })
    const namespace = `${place.namespace}_made`
    await ensureNamespace({ connection, namespace, log })
    expect((await connection.workflowService.describeNamespace({ namespace })).namespaceInfo?.name).toBe(
      namespace,
    )
    await connection.close()
  })

  test('a server that refuses is logged, and everything goes on', async () => {
    const refuse = async () => {
      throw Object.assign(new Error('7 PERMISSION_DENIED'), { code: 7 })
    }
    const said: string[] = []
    const services = {
      describeNamespace: refuse,
      registerNamespace: refuse,
      updateNamespace: refuse,
      listSearchAttributes: refuse,
      addSearchAttributes: refuse,
    }
    await ensureNamespace({
      connection: { workflowService: services, operatorService: services },
      namespace: 'x',
      log: { ...log, warn: (_, message) => said.push(message) },
    })
    expect(said).toHaveLength(2)
  })
})
