import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { eq } from 'drizzle-orm'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { createSearxngSearch } from '../../activities/providers/search/searxng.ts'
import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../activities/providers/tools/open-secrets.ts'
import { renderMarkdown } from '../../cli/screen/render-markdown.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { seal } from '../../storage/secrets/seal.ts'
import { instances } from '../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { dumpOf, formsOf, historyOf, mustBeClean } from '../harness/canary.ts'
import { openChat } from '../harness/chat.ts'
import { knowledgeBase } from '../harness/knowledge.ts'
import { type McpTestServer, orderTool, startMcpServer } from '../harness/mcp-server.ts'
import { type ModelServer, startModelServer } from '../harness/model-server.ts'
import { attack, createObedientModel, type ObedientModel } from '../harness/obedient-model.ts'
import { sendJson, startWebServer, type WebServer } from '../harness/web-server.ts'
import { createWorld, type World } from '../harness/world.ts'

/** Brought by the user for the shop; of the app, for the board; of the app, for the MCP server. */
const secrets = {
  token: 'canary-token/7Hq+2x',
  boardKey: 'canary-board?&=%z-9',
  crmKey: 'canary-crm-4711-xyz',
}

let world: World
let api: TestApi
let model: ModelServer
let crm: McpTestServer
const servers: Record<'shop' | 'board' | 'web' | 'evil', WebServer> = {} as never
/** What is hidden in what the shop gives, and in the page that is found. */
let ofShop = ''
let ofPage = ''

let obedient: ObedientModel
const someoneElses = randomUUID()

beforeAll(async () => {
  const keys = masterKeysOf([randomBytes(32)], tmpdir())
  obedient = createObedientModel({ evilUrl: () => servers.evil.url, sessionId: someoneElses })
  model = await startModelServer(obedient.reply)
  crm = await startMcpServer()
  servers.shop = await startWebServer(({ method, headers }, response) => {
    // As systems do that show what they were asked.
    const bearer = String(headers.authorization).replace('Bearer ', '')
    sendJson(
      response,
      method === 'GET' ? { status: 'sent', note: ofShop, seen: formsOf(bearer) } : { done: true },
    )
  })
  servers.board = await startWebServer(({ headers }, response) => sendJson(response, { headers }))
  servers.evil = await startWebServer((_, response) => response.end())
  servers.web = await startWebServer(({ path }, response) => {
    const page = { title: 'Parcels', url: `${servers.web.url}/page`, content: 'About parcels.' }
    if (path.startsWith('/search')) return sendJson(response, { results: path.endsWith('1') ? [page] : [] })
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<h1>Parcels</h1><p>A parcel takes three days.</p><p style="display:none">${ofPage}</p><p>${ofPage}</p>
        <img src="${servers.evil.url}/pixel.png"><link rel="stylesheet" href="${servers.evil.url}/s.css">`)
  })
  world = await createWorld((deps) => {
    const ports = [crm, ...Object.values(servers)].map(({ port }) => `127.0.0.1:${port}`)
    const outbound = createGuardedFetch({ allow: ports })
    const openSecrets = createOpenSecrets(deps.db, keys)
    return {
      ...deps,
      models: createOpenAiModels({ apiKey: 'test', baseUrl: model.baseUrl, model: 'test-model' }),
      search: createSearxngSearch({ url: servers.web.url }),
      outbound,
      tools: createTools({ db: deps.db, outbound, openSecrets, operatorServers: {} }),
    }
  })
  api = await startApi({
    world,
    over: {
      seal: async (value, bound) => seal(await keys.toSeal(), value, bound),
      providers: { search: true, images: false },
    },
  })
  await setUp()
})
beforeEach(() => {
  for (const { received } of Object.values(servers)) received.length = 0
  model.requests.length = 0
  crm.calls.length = 0
  ofShop = ''
  ofPage = ''
  obedient.restart([
    { call: 'getOrder', arguments: { id: 'A7' } },
    { call: 'search_knowledge', arguments: { query: 'parcel' } },
    { call: 'get_order', arguments: { number: 7 } },
  ])
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
  await model.close()
  await Promise.all([crm, ...Object.values(servers)].map((one) => one.close()))
})

const make = async (path: string, fields: object) => {
  const { status, body } = await api.as('admin').post(path, fields)
  expect([path, status, body.detail]).toEqual([path, 201, undefined])
  return body
}

/** The app's systems, tools, documents and action. */
async function setUp(): Promise<void> {
  for (const [name, url] of [
    ['boardKey', servers.board.url],
    ['crmKey', crm.url],
  ] as const)
    await make('A/secrets', { name, value: secrets[name], hosts: [new URL(url).host] })
  const id = { properties: { id: { type: 'string' } }, required: ['id'] }
  await make('A/integrations', {
    name: 'shop',
    baseUrl: servers.shop.url,
    headers: { authorization: 'Bearer ${secure.token}' },
    operations: [
      { name: 'getOrder', method: 'GET', path: '/orders/{id}', arguments: id },
      { name: 'refund', method: 'POST', path: '/refunds', arguments: { properties: { id: {}, amount: {} } } },
      { name: 'wipe', method: 'DELETE', path: '/orders', arguments: {} },
    ],
  })
  await make('A/integrations', {
    name: 'board',
    baseUrl: servers.board.url,
    headers: { 'x-key': '${secure.boardKey}' },
    operations: [
      {
        name: 'note',
        method: 'POST',
        path: '/notes',
        arguments: { properties: { text: { type: 'string' } } },
      },
    ],
  })
  const { mcpServerId } = await make('A/mcp-servers', {
    name: 'crm',
    url: crm.url,
    headers: { authorization: 'Bearer ${secure.crmKey}' },
  })
  at = `A/mcp-servers/${mcpServerId}`
  await offer(plain)
  await knowledgeBase(api.as('admin'), world, 'handbook', {
    'a.md': '# Parcel\n\nA parcel takes three days.',
  })
  await knowledgeBase(api.as('admin'), world, 'strange', {
    'b.md': `# Parcel\n\nA parcel is late. ${attack}`,
  })
  await api.publish({
    name: 'Close',
    action: {
      name: 'closeAccount',
      description: 'Closes it.',
      variables: [{ name: 'number', type: 'string', description: '', required: true }],
    },
    steps: [{ id: 'done', type: 'end', output: 'closed' }],
  })
}

const plain = 'Finds an order by its number.'
let at = ''
/** Has the MCP server describe its tool so, and an admin accept that; another tool of it is not allowed. */
async function offer(description: string): Promise<void> {
  crm.tools = [
    { ...orderTool, description },
    { ...orderTool, name: 'drop' },
  ]
  const { body } = await api.as('admin').post(`${at}/tools`)
  const accepted = { sha256: body.sha256, allowedTools: ['get_order'] }
  expect((await api.as('admin').post(`${at}/accept`, accepted)).status).toBe(200)
}

const desk = (knowledge: string) => ({
  steps: [
    { id: 'found', type: 'search', query: 'parcels', pages: 1 },
    {
      id: 'reply',
      type: 'agent',
      chatReply: true,
      prompt: 'Answer ${userMessage} by ${found}',
      tools: [
        { integration: 'shop', operation: 'getOrder' },
        { integration: 'shop', operation: 'refund', approval: true },
        { integration: 'board', operation: 'note' },
      ],
      mcpServers: [{ server: 'crm' }],
      knowledgeBases: [knowledge],
      limits: { steps: 20 },
    },
    { id: 'end', type: 'end' },
  ],
})

interface Carrier {
  /** Puts the orders where they are to be found. */
  hide?: () => unknown
  said?: string
  file?: string
  knowledge?: string
}
const carriers: [where: string, Carrier][] = [
  ['what the user says', { said: attack }],
  ['a file that the user attaches', { file: `# Notes\n\n${attack}` }],
  ['a document', { knowledge: 'strange' }],
  ['a page of the web', { hide: () => (ofPage = attack) }],
  ['the description of a tool', { hide: () => offer(attack) }],
  ['what a tool gives', { hide: () => (ofShop = attack) }],
]

it.each(carriers)('orders hidden in %s, and a model that obeys them, do no harm', async (_, carrier) => {
  const { hide, said = '', file, knowledge = 'handbook' } = carrier
  await hide?.()
  const chat = await openChat({ world, api }, desk(knowledge))
  const asked = await chat.ask(`Where is my parcel? ${said}`, {
    ...(file ? { fileIds: [(await api.as('member').upload('notes.md', file)).body.fileId] } : {}),
    secureMetadata: { token: { value: secrets.token, hosts: [new URL(servers.shop.url).host] } },
  })
  // The one call that a person may allow waits for that, and nothing was done before.
  expect(asked.body).toMatchObject({ status: 'waiting', requests: [{ kind: 'approval' }] })
  const turn = `R/workflows/instances/${asked.body.instanceUuid}`
  const stream = await api.as('member').stream(`${chat.at}/stream`)
  expect((await api.as('member').post(`${turn}/decisions`, { decision: 'reject' })).status).toBe(200)
  expect((await chat.turn(asked.body.instanceUuid)).status).toBe('completed')
  await stream.next('the end', ({ event }) => event === 'instanceFinished')
  if (hide) await offer(plain)

  // It tried everything.
  expect(obedient.obeyed).toEqual(obedient.orders)
  // Of what it tried only what the step offers was done, and there only words were sent.
  const { shop, board, evil } = servers
  expect(shop.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /orders/A7',
    `GET /orders/..%2Fsessions%2F${someoneElses}`,
  ])
  expect(crm.calls.map(({ name }) => name)).toEqual(['get_order'])
  expect(board.received.map(({ body }) => body)).toEqual([
    expect.stringContaining('${secure.token} ${secure.boardKey}'),
  ])
  expect(await world.db.select().from(instances).where(eq(instances.kind, 'action'))).toEqual([])
  const heard = JSON.stringify(model.requests.at(-1)?.messages)
  for (const name of ['wipe', 'drop', 'closeAccount']) expect(heard).toContain(`There is no tool “${name}”`)
  expect(heard).toContain('A person did not allow this call')
  // Nobody looked at the address in the reply, and no reader will without opening it.
  expect(evil.connections()).toBe(0)
  const { messages } = await chat.session()
  const { text } = messages.at(-1)
  expect(text).toContain(`[ok](${evil.url}/p.png`)
  expect(text).not.toContain('![')
  const live = stream.seen.filter(({ event }) => event === 'messageDelta').map(({ data }) => data.text)
  expect(live.join('')).toBe(text)

  const page = async (path: string) => (await api.as('admin').send(path, {})).text()
  const all = Object.values(secrets)
  mustBeClean(
    {
      model: JSON.stringify(model.requests),
      history: await historyOf(world, sessionWorkflowId(world.workspaceId, chat.chatSessionId)),
      database: await dumpOf(world.db),
      session: JSON.stringify(messages),
      stream: stream.raw(),
      terminal: renderMarkdown(text, 80),
      log: (await page(`${turn}/log`)) + (await page(`${turn}/export`)),
    },
    all,
  )
  const others = (own: string) => all.filter((value) => value !== own)
  mustBeClean({ shop: JSON.stringify(shop.received) }, others(secrets.token))
  mustBeClean({ board: JSON.stringify(board.received) }, others(secrets.boardKey))
  mustBeClean({ crm: JSON.stringify(crm.calls) }, others(secrets.crmKey))
  // What may have it does: nothing here is clean because nothing was sent.
  expect(shop.received[0]?.headers.authorization).toBe(`Bearer ${secrets.token}`)
  expect(board.received[0]?.headers['x-key']).toBe(secrets.boardKey)
  expect(crm.calls[0]?.headers.authorization).toBe(`Bearer ${secrets.crmKey}`)
  stream.drop()
})
