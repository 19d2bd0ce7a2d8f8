import type { ServerResponse } from 'node:http'
import { type McpDesk, openMcpDesk } from '../harness/mcp-desk.ts'
import { orderTool } from '../harness/mcp-server.ts'
import { refusal } from '../harness/refusal.ts'
import { until } from '../harness/until.ts'
import { type Received, sendJson, startWebServer, type WebServer } from '../harness/web-server.ts'

/** A server that speaks the protocol well, except where the test says otherwise. */
type Manners = Partial<Record<string, (asked: Asked, response: ServerResponse, request: Received) => void>>
interface Asked {
  id: number
  params: Record<string, unknown>
}

let outside: WebServer
let desk: McpDesk
let manners: Manners = {}
const allowed: string[] = []
let names = 0

const reply = (response: ServerResponse, { id }: Asked, result: unknown, headers = {}) =>
  sendJson(response, { jsonrpc: '2.0', id, result }, 200, headers)
const polite: Manners = {
  initialize: (asked, response) =>
    reply(response, asked, {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'hostile', version: '1' },
    }),
  'tools/list': (asked, response) => reply(response, asked, { tools: [orderTool] }),
  'tools/call': (asked, response) => reply(response, asked, { content: [{ type: 'text', text: 'fine' }] }),
}

beforeAll(async () => {
  outside = await startWebServer((request, response) => {
    const message = request.method === 'POST' ? JSON.parse(request.body) : { method: request.method }
    const answer = manners[message.method] ?? polite[message.method]
    if (answer) answer(message, response, request)
    else response.writeHead(request.method === 'POST' ? 202 : 405).end()
  })
  allowed.push(`127.0.0.1:${outside.port}`)
  desk = await openMcpDesk(() => allowed)
})
afterAll(async () => {
  await desk.close()
  await outside.close()
})
beforeEach(() => {
  manners = {}
  outside.received.length = 0
})

const methods = () =>
  outside.received.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body).method)
const sse = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' })
const named = () => `server${++names}`
const ready = async (timeout = 'PT5S') => {
  const name = named()
  const id = await desk.ready({ name, url: `${outside.url}/mcp`, timeout })
  return { id, call: (given = {}) => desk.call({ server: name, ...given }) }
}
/** The other servers of the worker are called as ever. */
const othersWork = async (orders: Awaited<ReturnType<typeof ready>>) => {
  manners = {}
  expect(await orders.call()).toEqual({ value: 'fine' })
}

it('F020 a server that hangs is left when its time is over, and the call is not repeated', async () => {
  const { call } = await ready('PT1S')
  manners['tools/call'] = () => {}
  const begun = Date.now()
  const error = await refusal(call())
  expect(error.code).toBe('ToolFailed')
  expect(error.message).toContain('did not answer within 1 s')
  expect(error.message).toContain('may or may not have done its work')
  expect(Date.now() - begun).toBeLessThan(4_000)
  await until('it was told', () => methods().includes('notifications/cancelled'))
  await until('the connection is closed', () => outside.cutOff() > 0)
})

it('F020 a server that hangs before the tool is called may be tried again', async () => {
  const orders = await ready('PT1S')
  manners['tools/list'] = () => {}
  expect((await refusal(orders.call())).code).toBe('ProviderBusy')
  manners = { initialize: () => {} }
  expect((await refusal(orders.call())).code).toBe('ProviderBusy')
  expect(methods().filter((method) => method === 'tools/call')).toEqual([])
  await othersWork(orders)
})

it.each<[string, Manners['tools/call']]>([
  ['an endless stream of events', (_, response) => void flood(sse(response), ': nothing\n\n'.repeat(2_000))],
  ['an endless event', (_, response) => void flood(sse(response), 'data: x\n'.repeat(2_000))],
  [
    'an endless JSON text',
    (_, response) =>
      void flood(response.writeHead(200, { 'content-type': 'application/json' }), `"${'x'.repeat(20_000)}`),
  ],
  ['endless words in a refusal', (_, response) => void flood(response.writeHead(400), 'no '.repeat(5_000))],
  [
    'an answer that is too large',
    (asked, response) => reply(response, asked, { content: [{ type: 'text', text: 'x'.repeat(9_000_000) }] }),
  ],
])('F020 a server is cut off that sends %s', async (_, answer) => {
  const orders = await ready('PT20S')
  manners['tools/call'] = answer
  const error = await refusal(orders.call())
  expect(error.code).toBe('ToolFailed')
  expect(error.message).toContain('8 MB')
  await othersWork(orders)
})

function flood(response: ServerResponse, piece: string): void {
  const more = () => {
    while (!response.destroyed) if (!response.write(piece)) return void response.once('drain', more)
  }
  more()
}

it.each<[string, Manners['tools/call'], RegExp]>([
  [
    'no JSON',
    (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"a'),
    /not the MCP protocol/,
  ],
  ['no JSON in an event', (_, response) => void sse(response).write('data: {"a\n\n'), /not the MCP protocol/],
  ['another kind of JSON', (_, response) => sendJson(response, { hello: 'world' }), /not the MCP protocol/],
  [
    'a page',
    (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hi'),
    /not the MCP protocol/,
  ],
  [
    'a result of another shape',
    (asked, response) => reply(response, asked, { content: 'text' }),
    /not the MCP protocol/,
  ],
  [
    'the answer to another question',
    (_, response) => sendJson(response, { jsonrpc: '2.0', id: 999, result: {} }),
    /not the MCP protocol/,
  ],
  ['an answer that breaks off', (_, response) => void sse(response).end(': begun\n\n'), /broke off/],
  [
    'an answer nested too deeply',
    (asked, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(
          `{"jsonrpc":"2.0","id":${asked.id},"result":{"content":[],"structuredContent":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}}`,
        ),
    /nested too deeply/,
  ],
  [
    'an error',
    ({ id }, response) =>
      sendJson(response, {
        jsonrpc: '2.0',
        id,
        error: { code: -32_000, message: `no\n${'x'.repeat(9_000)}` },
      }),
    /refused \(-32000\): no x+$/,
  ],
])('F020 a server that sends %s fails its call, and no other', async (_, answer, words) => {
  const orders = await ready()
  manners['tools/call'] = answer
  const begun = Date.now()
  const error = await refusal(orders.call())
  expect(error).toEqual({ code: 'ToolFailed', message: expect.stringMatching(words) })
  expect(error.message.length).toBeLessThan(800)
  expect(Date.now() - begun).toBeLessThan(4_000)
  await othersWork(orders)
})

it.each([
  [401, 'ProviderRefused', /Check its headers/],
  [404, 'ProviderRefused', /address of an MCP server/],
  [405, 'ProviderRefused', /Streamable HTTP/],
  [500, 'ProviderBusy', /answered 500/],
  [503, 'ProviderBusy', /answered 503/],
])('F020 a server that answers %i when it is called on', async (status, code, words) => {
  const id = await desk.add({ name: named(), url: `${outside.url}/mcp` })
  manners.initialize = (_, response) => sendJson(response, { sorry: true }, status)
  expect(await refusal(desk.list(id))).toEqual({ code, message: expect.stringMatching(words) })
})

it('F020 a page instead of an answer is not quoted', async () => {
  const id = await desk.add({ name: named(), url: `${outside.url}/mcp` })
  manners.initialize = (_, response) => void response.writeHead(404).end('<!DOCTYPE html><p>Nothing here')
  expect((await refusal(desk.list(id))).message).toBe(
    'The MCP server answered 404. Is this the address of an MCP server that speaks Streamable HTTP?',
  )
})

it('F020 a tool call that was not taken may be sent again; one that failed on the way may not', async () => {
  const orders = await ready()
  for (const [status, code] of [
    [429, 'ProviderBusy'],
    [503, 'ProviderBusy'],
    [500, 'ToolFailed'],
    [504, 'ToolFailed'],
    [400, 'ToolFailed'],
  ] as const) {
    manners['tools/call'] = (_, response) => sendJson(response, {}, status)
    expect([status, (await refusal(orders.call())).code]).toEqual([status, code])
  }
  manners['tools/call'] = (_, response) => void response.destroy()
  expect((await refusal(orders.call())).code).toBe('ToolFailed')
  await othersWork(orders)
})

it('F020 a server that is away may be tried again', async () => {
  const gone = await startWebServer((_, response) => response.end())
  const id = await desk.add({ name: named(), url: `${gone.url}/mcp` })
  await gone.close()
  allowed.push(`127.0.0.1:${gone.port}`)
  expect(await refusal(desk.list(id))).toEqual({
    code: 'ProviderBusy',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

it('F020 a server of another version of the protocol is named as one', async () => {
  const id = await desk.add({ name: named(), url: `${outside.url}/mcp` })
  manners.initialize = (asked, response) =>
    reply(response, asked, {
      protocolVersion: '1999-01-01',
      capabilities: {},
      serverInfo: { name: 'x', version: '1' },
    })
  expect(await refusal(desk.list(id))).toMatchObject({
    code: 'ProviderRefused',
    message: expect.stringContaining('another version'),
  })
})

it('F020 a server that asks back without end is cut off', async () => {
  const orders = await ready('PT20S')
  manners['tools/call'] = (_, response) => {
    sse(response)
    for (let id = 0; id < 500; id++)
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: `ping${id}`, method: 'ping' })}\n\n`)
  }
  expect((await refusal(orders.call())).message).toContain('100 requests')
  expect(outside.received.length).toBeLessThan(130)
  await othersWork(orders)
})

it('F020 a server that sends on to another address is not followed with its headers', async () => {
  const second = await startWebServer((_, response) => response.end('second'))
  const id = await desk.add({ name: named(), url: `${outside.url}/mcp`, headers: { 'x-team': 'sales' } })
  manners.initialize = (_, response) => void response.writeHead(307, { location: `${second.url}/mcp` }).end()
  expect((await refusal(desk.list(id))).code).toBe('ProviderRefused')
  expect(second.received).toEqual([])
  await second.close()
})

it('F020 an answer that broke off is asked for again where the server can go on', async () => {
  const orders = await ready()
  let call: Asked | undefined
  manners['tools/call'] = (asked, response) => {
    call = asked
    sse(response).write('id: 1\nretry: 10\ndata:\n\n')
    setTimeout(() => response.end(), 20)
  }
  manners.GET = (_, response, { headers }) => {
    expect(headers['last-event-id']).toBe('1')
    const result = { content: [{ type: 'text', text: 'late' }] }
    sse(response).end(`id: 2\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: call?.id, result })}\n\n`)
  }
  expect(await orders.call()).toEqual({ value: 'late' })
})

describe('lists', () => {
  const tool = (name: string, more = {}) => ({
    name,
    description: name,
    inputSchema: { type: 'object' },
    ...more,
  })
  const listed = async (tools: unknown[]) => {
    const id = await desk.add({ name: named(), url: `${outside.url}/mcp` })
    manners['tools/list'] = (asked, response) => reply(response, asked, { tools })
    return desk.list(id)
  }

  it('F020 what is no tool is left out, with the reason', async () => {
    const { items, leftOut } = await listed([
      tool('good', { description: 'x'.repeat(10_000) }),
      tool('good', { description: 'the second one' }),
      tool('bad name'),
      tool('x'.repeat(200)),
      { description: 'nameless' },
      null,
      tool('schemaless', { inputSchema: 'any' }),
      tool('large', { inputSchema: { type: 'object', description: 'x'.repeat(200_000) } }),
      tool('dotted.name', { description: 7 }),
    ])
    expect(items.map(({ name, description }) => [name, description.length])).toEqual([
      ['dotted.name', 0],
      ['good', 4_000],
    ])
    expect(leftOut).toEqual([
      'good: it is offered twice',
      expect.stringMatching(/^bad name: a tool name is/),
      expect.stringMatching(/^x{128}: a tool name is/),
      'one of them: it has no name',
      'one of them: it has no name',
      'schemaless: its input schema is no JSON object',
      'large: its input schema has more than 100000 characters',
    ])
  })

  it('F020 more tools than anybody looks through are not kept', async () => {
    const { items, leftOut } = await listed(Array.from({ length: 5_000 }, (_, index) => tool(`t${index}`)))
    expect(items).toHaveLength(256)
    expect(leftOut).toHaveLength(21)
    expect(leftOut[20]).toBe('and 4724 more')
  })

  it('F020 schemas that are large together are not kept', async () => {
    const large = { type: 'object', description: 'x'.repeat(90_000) }
    const { items, leftOut } = await listed(
      Array.from({ length: 20 }, (_, index) => tool(`t${index}`, { inputSchema: large })),
    )
    expect(items).toHaveLength(11)
    expect(leftOut[0]).toContain('too large together')
  })

  it('F020 a list without an end is read to a page and no further', async () => {
    const id = await desk.add({ name: named(), url: `${outside.url}/mcp` })
    let page = 0
    manners['tools/list'] = (asked, response) =>
      reply(response, asked, { tools: [tool(`t${page++}`)], nextCursor: 'again' })
    const { items, leftOut } = await desk.list(id)
    expect(items).toHaveLength(50)
    expect(leftOut).toEqual(['the list goes on and on: the rest was not read'])
  })

  it('F020 a schema made to hold up who compiles it is refused', async () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [
        `d${index}`,
        { allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
      ]),
    )
    const bomb = { type: 'object', $defs: { ...$defs, d30: {} }, $ref: '#/$defs/d0' }
    const slow = { type: 'object', properties: { a: { type: 'string', pattern: '(?=a)(a+)+$' } } }
    const begun = Date.now()
    const { items } = await listed([
      tool('bomb', { inputSchema: bomb }),
      tool('slow', { inputSchema: slow }),
      tool('good'),
    ])
    expect(Date.now() - begun).toBeLessThan(5_000)
    expect(items.map(({ name, reason }) => [name, reason?.includes('input schema cannot be used')])).toEqual([
      ['bomb', true],
      ['good', false],
      ['slow', true],
    ])
  })
})
