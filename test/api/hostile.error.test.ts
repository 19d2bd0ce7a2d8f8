import { randomUUID } from 'node:crypto'
import net from 'node:net'
import { allRoutes } from '../../shared/contract/api/index.ts'
import type { Route } from '../../shared/contract/api/route.ts'
import { errors } from '../../shared/contract/errors.ts'
import { addressOf, scriptRun, scriptSession, startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
let known: Record<string, string>
beforeAll(async () => {
  api = await startApi()
  const workflowId = await api.publish({ steps: [{ id: 'done', type: 'end' }] })
  const run = await scriptRun(api, 'admin')
  await run.ask({ answer: { type: 'text' } })
  const file = await api.as('admin').upload('a.txt', 'text')
  const session = await scriptSession(api, 'admin')
  known = {
    chatSessionId: session.chatSessionId,
    messageId: randomUUID(),
    workspaceId: api.workspaceId,
    appId: api.appId,
    workflowId,
    instanceUuid: run.ref.instanceUuid,
    fileId: file.body.fileId,
    stepId: 'done',
    version: '1',
    userId: 'member',
    apiKeyId: randomUUID(),
    id: randomUUID(),
  }
})
afterAll(() => api.close())

const deep = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times)

/** Bodies that were built to hurt. Each is sent as it is. */
const bodies: [what: string, body: string | Buffer, type?: string][] = [
  ['nothing', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['a string', '"x"'],
  ['a number', '0'],
  ['an empty object', '{}'],
  ['half a JSON', '{"name":'],
  ['no JSON', 'name=x'],
  ['a prototype', '{"__proto__":{"admin":true},"name":"x"}'],
  ['a nested prototype', '{"input":{"a":{"__proto__":1}}}'],
  ['a constructor', '{"constructor":{"prototype":{"admin":true}},"toString":1,"hasOwnProperty":null}'],
  ['the same key twice', '{"name":"a","name":"b"}'],
  ['the same key twice, escaped', '{"name":"a","n\\u0061me":"b"}'],
  ['NUL', '{"name":"a\\u0000b","type":"output_focused","value":"\\u0000","comment":"\\u0000"}'],
  ['NUL as it is', '{"name":"a\u0000b"}'],
  ['NUL in a key', '{"a\\u0000":1}'],
  ['half a surrogate pair', '{"name":"\\ud800","value":"\\udfff"}'],
  ['depth 101 of lists', `{"value":${deep('[', ']', 101)}}`],
  ['depth 100,000', deep('[', ']', 100_000)],
  ['depth 100,000 unclosed', '{"a":'.repeat(100_000)],
  ['a huge number', '{"value":1e999,"limit":1e999}'],
  ['a long number', `{"value":${'9'.repeat(5_000)}}`],
  [
    'wrong types everywhere',
    '{"name":5,"type":[],"roles":"admin","value":{},"decision":1,"fileIds":"x","requestId":7,"input":1,"variables":[],"steps":{}}',
  ],
  [
    'nulls everywhere',
    '{"name":null,"type":null,"roles":null,"value":null,"decision":null,"fileIds":null,"requestId":null,"steps":null,"userId":null}',
  ],
  ['unknown fields', '{"files":[{"path":"/etc/passwd"}],"admin":true,"workspaceId":"x"}'],
  [
    'ids of nothing',
    `{"requestId":"${randomUUID()}","fileIds":["${randomUUID()}"],"value":"x","decision":"approve"}`,
  ],
  [
    'a forged file',
    '{"input":{"doc":{"fileId":"00000000-0000-4000-8000-000000000000","name":"/etc/passwd","mediaType":"x","bytes":1}}}',
  ],
  [
    'a long text',
    JSON.stringify({
      name: 'x'.repeat(500_000),
      value: 'x'.repeat(400_000),
      decision: 'approve',
      comment: 'x'.repeat(90_000),
    }),
  ],
  [
    'a definition bomb',
    JSON.stringify({
      name: 'x',
      type: 'output_focused',
      steps: Array.from({ length: 3_000 }, (_, at) => ({ id: `s${at}`, type: 'end' })),
    }),
  ],
  [
    'a step with an expression bomb',
    JSON.stringify({ id: 'done', type: 'message', text: `\${${'('.repeat(3_000)}1${')'.repeat(3_000)}}` }),
  ],
  ['a step of no type', '{"id":"done","type":"toString"}'],
  ['a step without anything', '{"id":null,"type":null}'],
  [
    'steps of all wrong shapes',
    '{"name":"x","type":"output_focused","steps":[null,1,"x",[],{},{"id":"a"},{"type":"ask"},{"id":"a","type":"branch","cases":5}]}',
  ],
  [
    'a schema bomb',
    JSON.stringify({
      name: 'x',
      type: 'output_focused',
      input: { type: 'object', properties: { a: { pattern: '(a+)+$', $ref: '#' } } },
      steps: [],
    }),
  ],
  ['more than 1 MB', JSON.stringify({ name: 'x'.repeat(1_100_000) })],
  ['broken UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['UTF-16', Buffer.from('{"name":"x"}', 'utf16le'), 'application/json; charset=utf-16'],
  ['a form', 'name=x&type=y', 'application/x-www-form-urlencoded'],
  ['plain text', '{"name":"x"}', 'text/plain'],
  ['a type that only begins like JSON', '{"name":"x"}', 'application/jsonp'],
  ['multipart without a boundary', 'x', 'multipart/form-data'],
  [
    'multipart that never ends',
    '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
    'multipart/form-data; boundary=x',
  ],
  ['multipart of rubbish', '\r\n--x\r\n\r\n--x--\r\n--x', 'multipart/form-data; boundary=x'],
  [
    'multipart with a field',
    '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n--x--\r\n',
    'multipart/form-data; boundary=x',
  ],
  [
    'multipart with a hostile header',
    '--x\r\nContent-Disposition: form-data; name="__proto__"; filename="../../etc/passwd"\r\n\r\nabc\r\n--x--\r\n',
    'multipart/form-data; boundary=x',
  ],
]

const odd = [
  'x',
  '..',
  '%2e%2e%2f',
  '%00',
  '0',
  '-1',
  '1e9',
  '%F0%9F%92%A9',
  "'%20or%201=1--",
  '__proto__',
  '99999999999999999999',
  'a'.repeat(500),
]

const queries = [
  'limit=0',
  'limit=abc',
  'limit=101',
  'limit=1&limit=2',
  'cursor=x',
  'cursor=%00',
  `cursor=${Buffer.from('["2026-01-01T00:00:00.000Z"]').toString('base64url')}`,
  `cursor=${Buffer.from('["not a time","x"]').toString('base64url')}`,
  `cursor=${Buffer.from('["275760-09-13T00:00:00.000Z","6f2a1c9e-3b7d-4e58-9a40-5c1d2e8f7b01"]').toString('base64url')}`,
  `cursor=${Buffer.from('["+275760-09-13T00:00:00.000Z","6f2a1c9e-3b7d-4e58-9a40-5c1d2e8f7b01"]').toString('base64url')}`,
  `cursor=${Buffer.from('["0000-01-01T00:00:00.000Z","6f2a1c9e-3b7d-4e58-9a40-5c1d2e8f7b01"]').toString('base64url')}`,
  `cursor=${Buffer.from(`["2026-01-01T00:00:00.${'1'.repeat(400)}Z","6f2a1c9e-3b7d-4e58-9a40-5c1d2e8f7b01"]`).toString('base64url')}`,
  `cursor=${Buffer.from('[4294967296]').toString('base64url')}`,
  `cursor=${Buffer.from('["a\\u0000","6f2a1c9e-3b7d-4e58-9a40-5c1d2e8f7b01"]').toString('base64url')}`,
  'q=%00',
  `q=${'%25'.repeat(150)}`,
  'q[a]=1',
  'kind=x',
  'status=x',
  'workflowId=x',
  'chatSessionId=1',
  'type=x',
  'after=-1',
  'after=x',
  'after=1e400',
  '%E0%A4%A',
  'a='.repeat(500),
]

const headers: Record<string, string>[] = [
  { 'idempotency-key': '' },
  { 'idempotency-key': 'x'.repeat(256) },
  { 'idempotency-key': 'ключ' },
  { 'if-match': 'x' },
  { 'if-match': '"99999999999"' },
  { 'last-event-id': 'x' },
  { 'last-event-id': '-5' },
  { 'content-encoding': 'gzip' },
  { 'content-encoding': 'x' },
  { 'x-request-id': '<script>' },
  { accept: 'x/y' },
]

const unknownId = randomUUID()
const isId = (name: string) => /Id$|Uuid$|^id$/.test(name) && !['stepId', 'userId'].includes(name)

const pathOf = (route: Route, over: Record<string, string> = {}) =>
  route.path.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => over[name] ?? encodeURIComponent(known[name] ?? (isId(name) ? unknownId : 'x')),
  )

/** Routes that delete what the other requests need are left for the odd ids. */
const spares = new Set(['deleteWorkflow', 'deleteMember'])
const isStream = (route: Route) => route.reply.mediaType === 'text/event-stream'

async function send(route: Route, path: string, init: RequestInit = {}) {
  const stop = new AbortController()
  const response = await fetch(addressOf(api.url, api, path), {
    method: route.method.toUpperCase(),
    signal: stop.signal,
    ...init,
    headers: { authorization: `Bearer ${api.keys.admin}`, ...init.headers },
  })
  const isOpen = response.headers.get('content-type')?.startsWith('text/event-stream')
  const text = isOpen ? '' : await response.text()
  stop.abort()
  return { status: response.status, text, headers: response.headers }
}

/** Never a fault of ours, and every refusal is a problem with its code. */
function expectDecent(
  what: string,
  { status, text, headers }: { status: number; text: string; headers: Headers },
): void {
  const said = `${what} → ${status} ${text.slice(0, 300)}`
  if (status === 500 || status >= 504) throw new Error(said)
  if (status < 400) return
  expect({ said, type: headers.get('content-type') }).toMatchObject({
    type: expect.stringContaining('application/problem+json'),
  })
  const problem = JSON.parse(text)
  expect({ said, keys: Object.keys(problem) }).toMatchObject({
    keys: expect.arrayContaining(['type', 'title', 'status', 'code', 'requestId']),
  })
  expect(Object.keys(errors)).toContain(problem.code)
  expect(problem.status).toBe(status)
  expect(text).not.toMatch(/node_modules|\.ts:\d|select .* from|\/work\/|at async/i)
}

const atOnce = 8

/** Some at a time: to end a session takes a second here, as the engine does nothing and the end is waited for. */
async function each<T>(list: readonly T[], hurt: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < list.length; at += atOnce) await Promise.all(list.slice(at, at + atOnce).map(hurt))
}

const writes = allRoutes.filter((route) => route.method === 'post' || route.method === 'put')

test.each(writes.map((route) => [route.name, route] as const))(
  'bad bodies never give a 500: %s',
  async (_, route) => {
    await each(bodies, async ([what, body, type = 'application/json']) => {
      const init =
        body === ''
          ? {}
          : { body: typeof body === 'string' ? Buffer.from(body) : body, headers: { 'content-type': type } }
      expectDecent(`${route.name} with ${what}`, await send(route, pathOf(route), init as RequestInit))
    })
  },
)

test.each(allRoutes.map((route) => [route.name, route] as const))(
  'bad paths, queries and headers never give a 500: %s',
  async (_, route) => {
    const json = route.body ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}
    for (const [, name] of route.path.matchAll(/\{(\w+)\}/g))
      await each(odd, async (value) =>
        expectDecent(
          `${route.name} ${name}=${value}`,
          await send(route, pathOf(route, { [name as string]: value }), json),
        ),
      )
    if (spares.has(route.name)) return
    await each(queries, async (query) =>
      expectDecent(`${route.name}?${query}`, await send(route, `${pathOf(route)}?${query}`, json)),
    )
    await each(headers, async (given) => {
      if (Object.values(given).some((value) => !/^[\x20-\x7e]*$/.test(value))) return
      expectDecent(
        `${route.name} ${JSON.stringify(given)}`,
        await send(route, pathOf(route), {
          ...json,
          headers: { ...('headers' in json ? json.headers : {}), ...given },
        }),
      )
    })
  },
)

test.each(allRoutes.filter((route) => !isStream(route)).map((route) => [route.name, route] as const))(
  'an id that is no UUID is a 400 that says so: %s',
  async (_, route) => {
    for (const [, name] of route.path.matchAll(/\{(\w+)\}/g)) {
      if (!isId(name as string)) continue
      const { status, text } = await send(route, pathOf(route, { [name as string]: 'no-uuid' }))
      expect([route.name, name, status, JSON.parse(text).detail]).toEqual([
        route.name,
        name,
        400,
        'Invalid UUID string: no-uuid',
      ])
    }
  },
)

test.each(allRoutes.map((route) => [route.name, route] as const))(
  'another method is a 405 with Allow: %s',
  async (_, route) => {
    const bound = allRoutes.filter((one) => one.path === route.path).map((one) => one.method)
    for (const method of ['patch', 'delete', 'put', 'post'].filter(
      (one) => !(bound as string[]).includes(one),
    )) {
      const {
        status,
        headers: answered,
        text,
      } = await send(route, pathOf(route), { method: method.toUpperCase() })
      expect([method, status]).toEqual([method, 405])
      expect(answered.get('allow')).toContain(route.method.toUpperCase())
      expect(JSON.parse(text).code).toBe('MethodNotAllowed')
    }
  },
)

test('what is said about a huge request stays small', async () => {
  const admin = api.as('admin')
  const given = {
    ['k'.repeat(900_000)]: 1,
    ...Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [n, 1])),
  }
  for (const { status, body } of [
    await admin.put('A/brand', given),
    await admin.post(`R/workflows/${known.workflowId}/runs`, { variables: given }),
  ]) {
    expect(status).toBe(422)
    expect(JSON.stringify(body).length).toBeLessThan(300_000)
  }
})

test('an address that does not exist is a problem', async () => {
  for (const path of [
    '/nothing',
    '/api',
    '/api/runtime/wks',
    '/%E0%A4%A',
    '/api/runtime/wks/%/app/%/catalog',
    '/docs/%2e%2e%2f%2e%2e%2fetc/passwd',
  ]) {
    const response = await fetch(`${api.url}${path}`)
    const text = await response.text()
    expectDecent(path, { status: response.status, text, headers: response.headers })
    expect([400, 404]).toContain(response.status)
  }
})

test('what is not even HTTP closes the connection and not the server', async () => {
  const { port } = new URL(api.url)
  for (const rubbish of [
    '\u0000\u0001\u0002',
    'GET\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
  ])
    await new Promise<void>((resolve) => {
      const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(rubbish))
      socket.on('error', () => resolve())
      socket.on('close', () => resolve())
      socket.on('data', () => socket.end())
      setTimeout(() => socket.destroy(), 300)
    })
  expect((await fetch(`${api.url}/health/live`)).status).toBe(200)
})
