import { randomUUID } from 'node:crypto'
import { createGuardedFetch } from '../../../activities/providers/outbound/guarded-fetch.ts'
import { createTools } from '../../../activities/providers/tools/create-tools.ts'
import { createRedactor } from '../../../activities/providers/tools/redact.ts'
import { connectJobs } from '../../../client/jobs.ts'
import type { Caller } from '../../../shared/contract/api/scope.ts'
import { McpServerFields } from '../../../shared/contract/mcp-server.ts'
import { jobWorkflowId } from '../../../shared/temporal/names.ts'
import { addMcpServer, findMcpServer } from '../../../storage/sql/mcp-servers.ts'
import { acceptMcpTools } from '../../../storage/sql/mcp-tools.ts'
import { saveHistory, savesHistories } from '../../harness/history-file.ts'
import { type McpTestServer, orderTool, startMcpServer } from '../../harness/mcp-server.ts'
import { refusal } from '../../harness/refusal.ts'
import { calls } from '../../harness/scripted-models.ts'
import { until } from '../../harness/until.ts'
import { createWorld, type World } from '../../harness/world.ts'

let server: McpTestServer
let world: World
let mcpServerId: string

beforeAll(async () => {
  server = await startMcpServer()
  world = await createWorld((deps) => {
    const outbound = createGuardedFetch({ allow: [`127.0.0.1:${server.port}`] })
    const openSecrets = async () => ({ values: new Map(), redactor: createRedactor([]) })
    return { ...deps, tools: createTools({ db: deps.db, outbound, openSecrets, operatorServers: {} }) }
  })
  mcpServerId = randomUUID()
  const fields = { name: 'orders', url: server.url, allowedTools: ['get_order'] }
  await addMcpServer(world.db, world, mcpServerId, McpServerFields.parse(fields))
  await accept()
})
afterAll(async () => {
  await world.close()
  await server.close()
})
beforeEach(() => {
  server.tools = [orderTool]
  server.answer = (_, { number }) => ({ content: [], structuredContent: { number, status: 'shipped' } })
  server.calls.length = 0
})
afterEach(() => world.replay())

const jobs = () => connectJobs({ client: world.client, workspaceId: world.workspaceId, appId: world.appId })
async function accept(): Promise<void> {
  await (await jobs().startListTools(mcpServerId)).done()
  const jobId = jobWorkflowId(world.workspaceId, mcpServerId)
  world.followJob(jobId)
  if (savesHistories)
    await saveHistory('list-tools', await world.client.workflow.getHandle(jobId).fetchHistory())
  const row = await findMcpServer(world.db, world, mcpServerId)
  const admin: Caller = {
    workspaceId: world.workspaceId,
    appId: world.appId,
    userId: 'admin',
    roles: ['admin'],
  }
  await acceptMcpTools(world.db, admin, mcpServerId, { sha256: row?.seen?.sha256 ?? '' })
}

const order = {
  id: 'order',
  type: 'tool',
  server: 'orders',
  tool: 'get_order',
  arguments: { number: '${input.number}' },
}
const end = { id: 'done', type: 'end', output: { status: '${order.status}' } }

it('F020 a tool step calls a tool of an MCP server, and its result goes on', async () => {
  const run = await world.begin({ steps: [order, end] }, { input: { number: 7 } })
  expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: { status: 'shipped' } })
  expect(server.calls).toMatchObject([{ name: 'get_order', arguments: { number: 7 } }])
  expect(server.calls[0]?.meta).toEqual({ 'parley/idempotencyKey': expect.stringContaining(run) })
})

it('F088 an agent calls the tools of its MCP servers, as far as they may be called', async () => {
  server.tools = [orderTool, { ...orderTool, name: 'drop' }]
  world.models.will(calls(['get_order', { number: 7 }]), 'It is on its way.')
  const agent = {
    id: 'answer',
    type: 'agent',
    prompt: 'Where is order ${input.number}?',
    mcpServers: [{ server: 'orders', tools: ['get_order', 'drop'] }],
  }
  const run = await world.begin(
    { steps: [agent, { id: 'done', type: 'end', output: '${answer}' }] },
    { input: { number: 7 } },
  )
  expect((await world.ended(run)).view).toMatchObject({ output: 'It is on its way.' })
  const [first, second] = world.models.requests.slice(-2)
  expect(first?.tools?.map(({ name }) => name)).toEqual(['get_order'])
  expect(first?.system).toContain('The tool “drop” of the MCP server “orders” cannot be called')
  expect(second?.history?.at(-1)).toMatchObject({ role: 'tool', content: expect.stringContaining('shipped') })
  expect(server.calls).toMatchObject([{ name: 'get_order', arguments: { number: 7 } }])
})

describe('F088 the connection of an agent', () => {
  const agent = {
    id: 'answer',
    type: 'agent',
    prompt: 'Where are orders 7 to 9?',
    mcpServers: [{ server: 'orders' }],
    limits: { steps: 3 },
  }
  const steps = [agent, { id: 'done', type: 'end', output: '${answer}' }]

  it('F088 is opened by its first call, shared by the others, and ended with the step', async () => {
    server.begun = 0
    world.models.will(
      calls(['get_order', { number: 7 }], ['get_order', { number: 8 }]),
      calls(['get_order', { number: 9 }]),
      'On their way.',
    )
    const run = await world.begin({ steps })
    expect((await world.ended(run)).view.output).toBe('On their way.')
    expect([server.begun, server.calls.length, server.open()]).toEqual([1, 3, 0])
  })

  it('F088 is not opened where nothing is called', async () => {
    server.begun = 0
    world.models.will('I know without looking.')
    await world.ended(await world.begin({ steps }))
    expect(server.begun).toBe(0)
  })

  it('F088 is ended when the step fails', async () => {
    server.begun = 0
    const again = (number: number) => calls(['get_order', { number }])
    world.models.will(again(7), again(8), again(9))
    const run = await world.begin({ steps })
    expect((await world.ended(run)).view.error).toMatchObject({ code: 'AgentStopped' })
    expect([server.begun, server.open()]).toEqual([1, 0])
  })

  it('F088 is ended when the run is cancelled, and the server is told', async () => {
    let told = false
    server.answer = (_, __, { signal }) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          told = true
          resolve({ content: [] })
        }),
      )
    world.models.will(calls(['get_order', { number: 7 }]))
    const run = await world.begin({ steps })
    await until('the tool works', () => server.calls.length > 0)
    await world.runs.cancel(run)
    expect((await world.ended(run)).view.status).toBe('cancelled')
    await until('the server was told', () => told)
    await until('the session is ended', () => server.open() === 0)
  })
})

it('F020 a tool that changed fails its step, which may go on without it', async () => {
  server.tools = [{ ...orderTool, description: 'Now it also cancels orders.' }]
  const onError = { steps: [{ id: 'why', type: 'set', variables: { why: '${error.code}' } }] }
  const run = await world.begin(
    {
      steps: [
        { ...order, onError },
        { id: 'done', type: 'end', output: { why: '${variables.why}' } },
      ],
    },
    { input: { number: 7 } },
  )
  expect((await world.ended(run)).view).toMatchObject({
    status: 'completed',
    output: { why: 'ToolsChanged' },
  })
  expect(server.calls).toEqual([])
})

it('F020 a run that is cancelled while a tool works tells its server', async () => {
  let told = false
  server.answer = (_, __, { signal }) =>
    new Promise((resolve) =>
      signal.addEventListener('abort', () => {
        told = true
        resolve({ content: [] })
      }),
    )
  const run = await world.begin({ steps: [order, end] }, { input: { number: 7 } })
  await until('the tool works', () => server.calls.length > 0)
  await world.runs.cancel(run)
  expect((await world.ended(run)).view.status).toBe('cancelled')
  await until('the server was told', () => told)
  await until('all sessions are ended', () => server.open() === 0)
})

it('F020 a job that may not ask, or has nobody to ask, fails with the code', async () => {
  const inside = randomUUID()
  const fields = { name: 'inside', url: 'http://127.0.0.1:1/mcp' }
  await addMcpServer(world.db, world, inside, McpServerFields.parse(fields))
  expect((await refusal((await jobs().startListTools(inside)).done())).code).toBe('OutboundRefused')
  expect((await refusal((await jobs().startListTools(randomUUID())).done())).code).toBe('NotFound')
  world.followJob(jobWorkflowId(world.workspaceId, inside))
})
