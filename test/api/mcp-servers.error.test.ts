import { randomUUID } from 'node:crypto'
import { WorkflowFailedError } from '@temporalio/client'
import { refreshLimits } from '../../api/mcp/refresh-tools.ts'
import { fail } from '../../shared/temporal/failure.ts'
import { type As, silentEngine, startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
let admin: As
/** How the job ends that the API waits for. */
let done: () => Promise<void> = async () => {}
const crm = { name: 'crm', url: 'https://crm.example.com/mcp' }

beforeAll(async () => {
  api = await startApi({ engine: silentEngine({ startListTools: async () => ({ done: () => done() }) }) })
  admin = api.as('admin')
})
afterAll(() => api.close())

test.each<[string, Record<string, unknown>, string]>([
  ['no address', { url: undefined }, 'url'],
  ['two places', { operatorServer: 'files' }, 'url'],
  ['a command', { command: 'rm' }, ''],
  ['a name with a space', { name: 'my crm' }, 'name'],
  ['an address that is none', { url: 'crm' }, 'url'],
  ['another protocol', { url: 'file:///etc/passwd' }, 'url'],
  ['a password in the address', { url: 'https://me:pw@crm.example.com' }, 'url'],
  ['a credential in the open', { headers: { Authorization: 'Bearer abc' } }, 'headers.Authorization'],
  ['an API key in the open', { headers: { 'X-Api-Key': 'abc' } }, 'headers.X-Api-Key'],
  ['an expression in a header', { headers: { 'X-Team': '${variables.team}' } }, 'headers.X-Team'],
  ['a header of the protocol', { headers: { 'Mcp-Session-Id': 'x' } }, 'headers'],
  ['a header with a new line', { headers: { 'X-Team': 'a\r\nHost: b' } }, 'headers.X-Team'],
  [
    'headers for a program',
    { url: undefined, operatorServer: 'files', headers: { 'X-Team': 'a' } },
    'headers',
  ],
  ['a tool that cannot be', { allowedTools: ['rm -rf'] }, 'allowedTools[0]'],
  ['no time', { timeout: 'PT0S' }, 'timeout'],
  ['all the time', { timeout: 'PT1H' }, 'timeout'],
])('F020 a server with %s is refused', async (_, fields, path) => {
  const { status, body } = await admin.post('A/mcp-servers', { ...crm, ...fields })
  expect([status, body.code]).toEqual([422, 'Invalid'])
  expect(body.errors.map((one: { path: string }) => one.path).join()).toContain(path)
})

test('F020 a name is unique in the app, also for two at once', async () => {
  const name = 'unique'
  const both = await Promise.all([0, 1].map(() => admin.post('A/mcp-servers', { ...crm, name })))
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
  const other = await admin.post('A/mcp-servers', { ...crm, name: 'other' })
  const taken = await admin.put(`A/mcp-servers/${other.body.mcpServerId}`, { ...crm, name })
  expect(taken).toMatchObject({ status: 409, body: { code: 'Conflict' } })
})

test('F020 a secret that may not go where the server is, is refused at its header', async () => {
  await admin.post('A/secrets', { name: 'crmKey', value: 'long enough', hosts: ['other.example.com'] })
  const keyed = { ...crm, name: 'keyed', headers: { Authorization: 'Bearer ${secure.crmKey}' } }
  const problem = {
    status: 422,
    body: {
      errors: [{ path: 'headers.Authorization', message: expect.stringContaining('other.example.com only') }],
    },
  }
  expect(await admin.post('A/mcp-servers', keyed)).toMatchObject(problem)
  const made = await admin.post('A/mcp-servers', { ...keyed, url: 'https://other.example.com/mcp' })
  expect(made.status).toBe(201)
  expect(await admin.put(`A/mcp-servers/${made.body.mcpServerId}`, keyed)).toMatchObject(problem)
})

test('F020 the same key adds a server once', async () => {
  const key = { 'idempotency-key': randomUUID() }
  const [one, two] = [
    await admin.post('A/mcp-servers', { ...crm, name: 'once' }, key),
    await admin.post('A/mcp-servers', { ...crm, name: 'once' }, key),
  ]
  expect(two).toMatchObject({ status: 201, body: one.body })
})

test('F020 what was never listed, or is not there, cannot be accepted', async () => {
  const { body } = await admin.post('A/mcp-servers', { ...crm, name: 'unseen' })
  const sha256 = 'a'.repeat(64)
  const refused = await admin.post(`A/mcp-servers/${body.mcpServerId}/accept`, { sha256 })
  expect(refused).toMatchObject({ status: 409, body: { code: 'ToolsChanged' } })
  expect((await admin.post(`A/mcp-servers/${randomUUID()}/accept`, { sha256 })).status).toBe(404)
  expect((await admin.post(`A/mcp-servers/${body.mcpServerId}/accept`, { sha256: 'yes' })).status).toBe(422)
  expect((await admin.post(`A/mcp-servers/${randomUUID()}/tools`)).status).toBe(404)
})

test('F020 what the server had against being asked is passed on', async () => {
  const { body } = await admin.post('A/mcp-servers', { ...crm, name: 'angry' })
  const at = `A/mcp-servers/${body.mcpServerId}/tools`
  const failing = (cause: Error) => async () => {
    throw new WorkflowFailedError('Workflow execution failed', cause, 'NON_RETRYABLE_FAILURE' as never)
  }
  done = failing(
    fail('ProviderRefused', 'The MCP server answered 401. Check its headers, and the secret they name.'),
  )
  expect(await admin.post(at)).toMatchObject({
    status: 422,
    body: {
      code: 'ProviderRefused',
      detail: 'The MCP server answered 401. Check its headers, and the secret they name.',
    },
  })
  done = failing(fail('ProviderBusy', 'The MCP server did not answer within 30 s.'))
  const busy = await admin.post(at)
  expect(busy).toMatchObject({ status: 503, body: { code: 'ProviderBusy' } })
  expect(busy.headers.get('retry-after')).toBe('5')
  done = failing(new Error('of ours'))
  expect((await admin.post(at)).status).toBe(500)
})

test('F020 nobody waits for ever for a server that is being asked', async () => {
  const { wait } = refreshLimits
  refreshLimits.wait = 50
  const { body } = await admin.post('A/mcp-servers', { ...crm, name: 'slow' })
  done = () => new Promise(() => {})
  const late = await admin.post(`A/mcp-servers/${body.mcpServerId}/tools`)
  refreshLimits.wait = wait
  expect(late).toMatchObject({ status: 503, body: { code: 'Unavailable' } })
  expect(late.body.detail).toContain('GET …/tools')
})
