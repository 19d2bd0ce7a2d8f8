import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../activities/providers/tools/open-secrets.ts'
import { jobWorkflowId } from '../../shared/temporal/names.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { seal } from '../../storage/secrets/seal.ts'
import { type As, startApi, type TestApi } from '../harness/api.ts'
import { type McpTestServer, orderTool, startMcpServer } from '../harness/mcp-server.ts'
import { createWorld, type World } from '../harness/world.ts'

let server: McpTestServer
let world: World
let api: TestApi
let admin: As

beforeAll(async () => {
  server = await startMcpServer()
  const keys = masterKeysOf([randomBytes(32)], tmpdir())
  world = await createWorld((deps) => {
    const outbound = createGuardedFetch({ allow: [`127.0.0.1:${server.port}`] })
    const openSecrets = createOpenSecrets(deps.db, keys)
    return {
      ...deps,
      outbound,
      tools: createTools({ db: deps.db, outbound, openSecrets, operatorServers: {} }),
    }
  })
  api = await startApi({
    world,
    over: { seal: async (value, bound) => seal(await keys.toSeal(), value, bound) },
  })
  admin = api.as('admin')
})
afterAll(async () => {
  await api.close()
  await world.close()
  await server.close()
})
afterEach(() => world.replay())

const add = async (fields: Record<string, unknown>) => {
  const { status, body } = await admin.post('A/mcp-servers', { url: server.url, ...fields })
  expect([status, body.detail]).toEqual([201, undefined])
  return `A/mcp-servers/${body.mcpServerId}`
}

test('F020 MCP servers are added, read, replaced, listed and taken away', async () => {
  const crm = {
    name: 'crm',
    url: 'https://crm.example.com/mcp',
    headers: { 'X-Team': 'sales' },
    timeout: 'PT5S',
  }
  const made = await admin.post('A/mcp-servers', crm)
  expect(made).toMatchObject({
    status: 201,
    body: { ...crm, allowedTools: [], operatorServer: null, accepted: false },
  })
  const at = `A/mcp-servers/${made.body.mcpServerId}`
  expect((await api.as('builder').get(at)).body).toEqual(made.body)
  const files = { name: 'crm', operatorServer: 'files', allowedTools: ['b', 'a', 'b'] }
  expect((await admin.put(at, files)).body).toMatchObject({
    name: 'crm',
    url: null,
    operatorServer: 'files',
    headers: {},
    allowedTools: ['a', 'b'],
    timeout: 'PT60S',
  })
  await add({ name: 'a-first' })
  const page = (await api.as('builder').get('A/mcp-servers?limit=1')).body
  expect(page.items.map(({ name }: { name: string }) => name)).toEqual(['a-first'])
  const next = (await api.as('builder').get(`A/mcp-servers?limit=1&cursor=${page.nextCursor}`)).body
  expect(next.items.map(({ name }: { name: string }) => name)).toEqual(['crm'])
  expect((await admin.delete(at)).status).toBe(204)
  expect((await admin.get(at)).status).toBe(404)
  expect((await admin.delete(at)).status).toBe(404)
})

test('F020 a worker asks the server for its tools, an admin accepts what they looked at', async () => {
  const at = await add({ name: 'orders' })
  expect((await api.as('builder').get(`${at}/tools`)).body).toEqual({
    listedAt: null,
    sha256: null,
    acceptedSha256: null,
    acceptedBy: null,
    acceptedAt: null,
    items: [],
    leftOut: [],
  })
  const listed = await admin.post(`${at}/tools`)
  expect(listed).toMatchObject({
    status: 200,
    body: {
      listedAt: expect.any(String),
      items: [
        { name: 'get_order', description: orderTool.description, state: 'new', usable: false, before: null },
      ],
    },
  })
  const { $schema: _, ...schema } = orderTool.inputSchema
  expect(listed.body.items[0].inputSchema).toEqual(schema)
  const { sha256 } = listed.body
  const accepted = await admin.post(`${at}/accept`, { sha256, allowedTools: ['get_order'] })
  expect(accepted).toMatchObject({
    status: 200,
    body: {
      acceptedSha256: sha256,
      acceptedBy: 'admin',
      items: [{ state: 'accepted', usable: true, reason: null }],
    },
  })
  expect((await admin.get(at)).body).toMatchObject({ accepted: true, allowedTools: ['get_order'] })
  // Accepting again says nothing about what is allowed.
  expect((await admin.post(`${at}/accept`, { sha256 })).body.items[0].usable).toBe(true)

  server.tools = [{ ...orderTool, description: 'Something else' }]
  const changed = await admin.post(`${at}/tools`)
  server.tools = [orderTool]
  expect(changed.body.items[0]).toMatchObject({
    state: 'changed',
    usable: false,
    before: { description: orderTool.description },
  })
  expect((await admin.get(at)).body.accepted).toBe(false)
  const late = await admin.post(`${at}/accept`, { sha256 })
  expect(late).toMatchObject({ status: 409, body: { code: 'ToolsChanged' } })
  expect((await admin.post(`${at}/accept`, { sha256: changed.body.sha256 })).status).toBe(200)
})

test('F020 at another address nothing is accepted any more; with other headers it stays', async () => {
  const at = await add({ name: 'moving' })
  const { body } = await admin.post(`${at}/tools`)
  await admin.post(`${at}/accept`, { sha256: body.sha256 })
  const same = { name: 'renamed', url: server.url, headers: { 'x-team': 'ops' }, allowedTools: ['get_order'] }
  expect((await admin.put(at, same)).body).toMatchObject({ name: 'renamed', accepted: true })
  expect((await admin.put(at, { ...same, url: `${server.url}?v=2` })).body.accepted).toBe(false)
  expect((await admin.get(`${at}/tools`)).body).toMatchObject({
    listedAt: null,
    acceptedSha256: null,
    items: [],
  })
})

test('F020 a secret in a header is sent to its host, and stands in no answer, log or history', async () => {
  const value = `sk-${randomBytes(16).toString('hex')}`
  expect(
    (await admin.post('A/secrets', { name: 'crm', value, hosts: [`127.0.0.1:${server.port}`] })).status,
  ).toBe(201)
  const headers = { Authorization: 'Bearer ${secure.crm}' }
  const at = await add({ name: 'secret', headers })
  expect((await admin.post(`${at}/tools`)).status).toBe(200)
  const seen = JSON.stringify([(await admin.get(at)).body, (await admin.get(`${at}/tools`)).body])
  expect(seen).toContain('${secure.crm}')
  expect(seen).not.toContain(value)
  const { mcpServerId } = (await admin.get(at)).body
  const job = world.client.workflow.getHandle(jobWorkflowId(world.workspaceId, mcpServerId))
  expect(JSON.stringify(await job.fetchHistory())).not.toContain(value)
  const dump = await api.db.$client.query('select row_to_json(s)::text as row from mcp_servers s')
  expect(JSON.stringify(dump.rows)).not.toContain(value)

  const wrong = await add({ name: 'wrong', headers: { Authorization: 'Bearer ${secure.elsewhere}' } })
  await admin.post('A/secrets', { name: 'elsewhere', value, hosts: ['api.example.com'] })
  const refused = await admin.post(`${wrong}/tools`)
  expect(refused).toMatchObject({ status: 422, body: { code: 'SecretUnusable' } })
  expect(refused.body.detail).not.toContain(value)
})

test('F020 two that ask at once wait for one answer', async () => {
  const at = await add({ name: 'together' })
  const both = await Promise.all([admin.post(`${at}/tools`), admin.post(`${at}/tools`)])
  expect(both.map(({ status }) => status)).toEqual([200, 200])
})
