import { and, eq } from 'drizzle-orm'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { instances } from '../../storage/sql/schema.ts'
import type { TestApi } from '../harness/api.ts'
import { dumpOf, formsOf, historyOf, mustBeClean } from '../harness/canary.ts'
import { openChat } from '../harness/chat.ts'
import { type McpTestServer, startMcpServer } from '../harness/mcp-server.ts'
import { openSafeShop, pin, type SafeShop, token, unlock } from '../harness/safe-shop.ts'
import { calls } from '../harness/scripted-models.ts'
import { until } from '../harness/until.ts'
import type { World } from '../harness/world.ts'

/** Secrets of the app: in a header of an integration, and of an MCP server. */
const bankKey = 'canary-bank/Q+7 of the app'
const crmKey = 'canary-crm-9=Zk&%-of-the-app'
const all = [pin, token, bankKey, crmKey]

let crm: McpTestServer
let safe: SafeShop
let world: World
let api: TestApi

beforeAll(async () => {
  crm = await startMcpServer()
  crm.tools = [
    { name: 'enter', description: 'Enters by a pin.', inputSchema: { type: 'object' } },
    { name: 'leave', description: 'Leaves.', inputSchema: { type: 'object' } },
  ]
  // It tells what it was sent, in every form there is; once as a result, once as a failure.
  crm.answer = (name, given) => ({
    isError: name === 'leave',
    content: [{ type: 'text', text: [...formsOf(pin), ...formsOf(crmKey), JSON.stringify(given)].join(' ') }],
  })
  safe = await openSafeShop([`127.0.0.1:${crm.port}`])
  world = safe.world
  api = safe.api
  const admin = api.as('admin')
  const make = async (path: string, fields: object) => {
    const { status, body } = await admin.post(path, fields)
    expect([path, status]).toEqual([path, 201])
    return body
  }
  for (const [name, value, { port }] of [
    ['bankKey', bankKey, safe.shop],
    ['crmKey', crmKey, crm],
  ] as const)
    await make('A/secrets', { name, value, hosts: [`127.0.0.1:${port}`] })
  await make('A/integrations', {
    name: 'bank',
    baseUrl: safe.shop.url,
    headers: { authorization: { secret: 'bankKey' } },
    operations: [{ name: 'balance', method: 'GET', path: '/balance', arguments: {} }],
  })
  const { mcpServerId } = await make('A/mcp-servers', {
    name: 'crm',
    url: crm.url,
    headers: { authorization: 'Bearer ${secure.crmKey}' },
  })
  const at = `A/mcp-servers/${mcpServerId}`
  const { sha256 } = (await admin.post(`${at}/tools`)).body
  await admin.post(`${at}/accept`, { sha256, allowedTools: ['enter', 'leave'] })
})
afterEach(() => world.replay())
afterAll(async () => {
  await safe.close()
  await crm.close()
})

it('F066 what is secret is sent by integrations, MCP servers and actions of an agent, and is nowhere else', async () => {
  await api.publish({
    name: 'Open',
    action: { name: 'openDoor', description: 'Opens the door.', variables: [], message: { kind: 'none' } },
    steps: [
      unlock({ arguments: { id: 'door', pin: '${secure.pin}' } }),
      {
        id: 'who',
        type: 'agent',
        prompt: 'Who is it, by ${unlocked}?',
        tools: [{ integration: 'bank', operation: 'balance' }],
      },
      { id: 'done', type: 'end', output: { unlocked: '${unlocked}', who: '${who}' } },
    ],
  })
  const chat = await openChat(safe, {
    steps: [
      { id: 'entered', type: 'tool', server: 'crm', tool: 'enter', arguments: { pin: 'pin ${secure.pin}' } },
      {
        id: 'left',
        type: 'tool',
        server: 'crm',
        tool: 'leave',
        arguments: { pin: '${secure.pin}' },
        onError: { steps: [{ id: 'why', type: 'message', text: 'It failed: ${error.message}' }] },
      },
      {
        id: 'reply',
        type: 'agent',
        chatReply: true,
        useMemory: true,
        prompt: 'Help with ${userMessage}: ${entered}. Open by @openDoor.',
        tools: [{ integration: 'bank', operation: 'balance' }],
        mcpServers: [{ server: 'crm' }],
      },
      {
        id: 'tell',
        type: 'notify',
        to: { users: ['ana'] },
        text: '${entered} ${reply}',
        by: ['inbox', 'email'],
      },
      { id: 'end', type: 'end' },
    ],
  })
  world.models.will(
    calls(['openDoor', {}], ['balance', {}], ['enter', { pin: 'mine' }], ['leave', {}]),
    calls(['balance', {}]),
    'It is Ada.',
    ({ history = [] }) => JSON.stringify(history),
  )
  const feed = await api.as('member').stream('R/stream')
  const { status, body } = await chat.ask('the door', { secureMetadata: { pin, token } })
  expect([status, body.status]).toEqual([200, 'completed'])
  const stream = await api.as('member').stream(`${chat.at}/stream?after=0`)
  await until('the journal', () => stream.seen.some(({ event }) => event === 'instanceFinished'))
  const [action] = await world.db
    .select()
    .from(instances)
    .where(and(eq(instances.parentInstanceUuid, body.instanceUuid), eq(instances.kind, 'action')))
  expect(action?.status).toBe('completed')

  // Each system was sent what is for it.
  expect(crm.calls.map(({ name }) => name).sort()).toEqual(['enter', 'enter', 'leave', 'leave'])
  for (const { headers } of crm.calls) expect(headers.authorization).toBe(`Bearer ${crmKey}`)
  expect(crm.calls[0]?.arguments).toEqual({ pin: `pin ${pin}` })
  expect(crm.calls[1]?.arguments).toEqual({ pin })
  const sent = safe.received.join('\n')
  for (const words of [
    `"authorization":"Bearer ${token}"`,
    `"authorization":"${bankKey}"`,
    JSON.stringify({ pin }),
  ])
    expect(sent).toContain(words)

  const pages = await Promise.all(
    [body.instanceUuid, action?.instanceUuid].flatMap((instanceUuid) =>
      ['', '/log', '/export'].map(async (page) =>
        (await api.as('admin').send(`R/workflows/instances/${instanceUuid}${page}`, {})).text(),
      ),
    ),
  )
  const lists = await Promise.all(
    ['A/secrets', 'A/integrations', 'A/mcp-servers', 'R/inbox'].map(async (path) =>
      JSON.stringify((await api.as('admin').get(path)).body),
    ),
  )
  mustBeClean(
    {
      model: JSON.stringify(world.models.requests),
      session: JSON.stringify(await chat.session()),
      conversation: await historyOf(world, sessionWorkflowId(world.workspaceId, chat.chatSessionId)),
      action: await historyOf(world, action?.temporalWorkflowId ?? ''),
      stream: stream.raw(),
      feed: feed.raw(),
      mails: JSON.stringify(world.mailer.sent),
      pages: pages.join('\n'),
      lists: lists.join('\n'),
      logs: safe.logged(),
      database: await dumpOf(world.db),
    },
    all,
  )
  stream.drop()
  feed.drop()
})
