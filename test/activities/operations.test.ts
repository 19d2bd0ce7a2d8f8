import { randomBytes, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../activities/providers/tools/open-secrets.ts'
import type { ToolCall, Tools } from '../../activities/providers/tools/port.ts'
import { asIntegration } from '../../api/integrations/as-integration.ts'
import { defaultBrand } from '../../shared/contract/brand.ts'
import { IntegrationFields } from '../../shared/contract/integration.ts'
import { defaultSettings } from '../../shared/contract/settings.ts'
import { type MasterKeys, masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { boundTo, seal } from '../../storage/secrets/seal.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { addIntegration } from '../../storage/sql/integrations.ts'
import * as table from '../../storage/sql/schema.ts'
import { addSecret } from '../../storage/sql/secrets.ts'
import { type Ground, ground } from '../harness/ground.ts'
import { refusal } from '../harness/refusal.ts'
import { until } from '../harness/until.ts'
import { type Received, sendJson, startWebServer, type WebServer } from '../harness/web-server.ts'

const plain = 'pl4in-t3xt/of+the secret'
let place: Ground
let db: Database
let keys: MasterKeys
let server: WebServer
let other: WebServer
let tools: Tools
let answer: (request: Received, response: ServerResponse) => void
const caller = { workspaceId: randomUUID(), appId: randomUUID(), userId: 'ana', roles: ['admin' as const] }

beforeAll(async () => {
  place = await ground()
  db = openDatabase(place.databaseUrl)
  keys = masterKeysOf([randomBytes(32)], tmpdir())
  server = await startWebServer((request, response) => answer(request, response))
  other = await startWebServer((_, response) => response.end('other'))
  const { workspaceId, appId } = caller
  await db
    .insert(table.workspaces)
    .values({ workspaceId, name: 'Test', brand: defaultBrand, settings: defaultSettings })
  await db.insert(table.apps).values({ appId, workspaceId, name: 'Test' })
  const allow = [server, other].map(({ port }) => `127.0.0.1:${port}`)
  const outbound = createGuardedFetch({ allow })
  tools = createTools({ db, outbound, openSecrets: createOpenSecrets(db, keys), operatorServers: {} })
  await secret('shopKey', [`127.0.0.1:${server.port}`])
  await secret('elsewhere', ['api.example.com'])
})
afterAll(async () => {
  await Promise.all([server, other].map((one) => one.close()))
  await db.$client.end()
  await place.drop()
})
beforeEach(() => {
  server.received.length = 0
  other.received.length = 0
  answer = (_, response) => sendJson(response, { ok: true })
})

async function secret(name: string, hosts: string[]) {
  const sealed = seal(await keys.toSeal(), plain, boundTo({ ...caller, name, hosts }))
  await addSecret(db, caller, randomUUID(), { name, hosts, sealed })
}

/** An integration of one operation; gives a way to call it. */
async function operation(fields: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const name = `i${randomBytes(6).toString('hex')}`
  const parsed = IntegrationFields.parse({
    name,
    baseUrl: `${server.url}/v1`,
    operations: [{ name: 'op', method: 'GET', path: '/things', ...fields }],
    ...more,
  })
  await addIntegration(db, caller, randomUUID(), await asIntegration(parsed))
  const handOvers: string[] = []
  const call = (given: ToolCall['arguments'] = {}, over: Partial<ToolCall> = {}) =>
    tools.callOperation({
      ...caller,
      integration: name,
      operation: 'op',
      arguments: given,
      marks: new Map(),
      key: 'run:step:0:tool',
      signal: new AbortController().signal,
      onHandOver: async () => void handOvers.push('handed over'),
      ...over,
    })
  return Object.assign(call, { handOvers })
}

describe('what is sent', () => {
  it('F020 arguments go into path and query, encoded', async () => {
    const call = await operation({
      path: '/things/{id}/parts',
      arguments: { properties: { id: {}, tags: { type: 'array' }, q: {}, left: {} } },
      query: { fixed: 'yes', both: '${q} of ${id}', absent: '${left}' },
    })
    expect(await call({ id: 'a/b?c#d é', tags: ['x', 'y&z'], q: 1 })).toEqual({ value: { ok: true } })
    expect(server.received[0]).toMatchObject({
      method: 'GET',
      path: '/v1/things/a%2Fb%3Fc%23d%20%C3%A9/parts?both=1+of+a%2Fb%3Fc%23d+%C3%A9&fixed=yes&tags=x&tags=y%26z',
      body: '',
    })
    expect(server.received[0]?.headers).not.toHaveProperty('idempotency-key')
    expect(call.handOvers).toEqual([])
  })

  it('F020 arguments of a POST are its JSON body, with the key of the effect', async () => {
    const call = await operation({ method: 'POST', arguments: { properties: { a: {}, b: {} } } })
    await call({ a: [1, { x: null }] })
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'run:step:0:tool' },
      body: '{"a":[1,{"x":null}]}',
    })
    expect(call.handOvers).toHaveLength(1)
  })

  it('F020 what an OpenAPI document says: deep objects, commas, a header and the body', async () => {
    const name = `i${randomBytes(6).toString('hex')}`
    const kept = await asIntegration(
      IntegrationFields.parse({
        name,
        baseUrl: server.url,
        openapi: {
          openapi: '3.1.0',
          paths: {
            '/a/{b-c}': {
              put: {
                operationId: 'put',
                parameters: [
                  { name: 'b-c', in: 'path', required: true },
                  { name: 'filter', in: 'query', style: 'deepObject', schema: { type: 'object' } },
                  { name: 'ids', in: 'query', explode: false, schema: { type: 'array' } },
                  { name: 'X-Trace', in: 'header', schema: { type: 'string' } },
                  { name: 'body', in: 'query', schema: { type: 'string' } },
                ],
                requestBody: { content: { 'application/json': { schema: { type: 'array' } } } },
              },
            },
          },
        },
      }),
    )
    await addIntegration(db, caller, randomUUID(), kept)
    await tools.callOperation({
      ...caller,
      integration: name,
      operation: 'put',
      arguments: {
        'b-c': 'x',
        filter: { a: 1, b: 'c' },
        ids: [1, 2],
        'X-Trace': 't',
        body: 'q',
        body_body: [1],
      },
      marks: new Map(),
      key: 'k',
      signal: new AbortController().signal,
      onHandOver: async () => {},
    })
    expect(server.received[0]).toMatchObject({
      path: '/a/x?ids=1%2C2&body=q&filter%5Ba%5D=1&filter%5Bb%5D=c',
      headers: { 'x-trace': 't' },
      body: '[1]',
    })
  })

  it.each([['.'], ['..'], ['']])('F020 "%s" in a path would lead elsewhere', async (id) => {
    const call = await operation({ path: '/things/{id}/secret' })
    expect((await refusal(call({ id }))).code).toBe('ToolInputInvalid')
    expect(server.received).toEqual([])
  })

  it('F020 arguments that do not fit their schema are not sent', async () => {
    const call = await operation({ arguments: { properties: { n: { type: 'integer' } }, required: ['n'] } })
    expect(await refusal(call({ n: 'x' }))).toMatchObject({
      code: 'ToolInputInvalid',
      message: expect.stringContaining('n must be a whole number, but '),
    })
    expect((await refusal(call({ n: 1, m: 2 }))).message).toContain('m is not known here')
    expect(server.received).toEqual([])
  })

  it('F020 a line break does not start a header of its own', async () => {
    const call = await operation({ arguments: { properties: { t: {} } }, headers: { 'x-t': '${t}' } })
    expect((await refusal(call({ t: 'a\r\nx-evil: 1' }))).code).toBe('ToolInputInvalid')
  })

  it('F020 an address that is private and was not allowed is refused', async () => {
    const hidden = await startWebServer((_, response) => response.end('x'))
    const call = await operation({}, { baseUrl: hidden.url })
    expect((await refusal(call())).code).toBe('OutboundRefused')
    expect(hidden.received).toEqual([])
    await hidden.close()
  })

  it('F020 names that the app does not have are told', async () => {
    const call = await operation({})
    expect((await refusal(call({}, { integration: 'no' } as never))).message).toContain('no integration “no”')
    expect((await refusal(call({}, { operation: 'no' } as never))).message).toContain('no operation “no”')
    expect((await refusal(call({}, { appId: randomUUID() }))).code).toBe('ToolUnavailable')
  })
})

describe('secrets', () => {
  it('F020 stand where they are named, and are taken out of what comes back', async () => {
    const call = await operation(
      {
        method: 'POST',
        arguments: { properties: { t: {} } },
        body: { t: '${t}', again: '${secure.shopKey}' },
      },
      { headers: { authorization: 'Bearer ${secure.shopKey}' }, query: { key: { secret: 'shopKey' } } },
    )
    answer = (request, response) =>
      sendJson(response, {
        echo: request.headers.authorization,
        [`k ${plain}`]: [
          request.path,
          Buffer.from(plain).toString('base64'),
          Buffer.from(plain).toString('hex'),
        ],
      })
    const { value } = await call({ t: 'mark: [m]' }, { marks: new Map([['[m]', 'shopKey']]) })
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${plain}`)
    expect(new URL(`http://x${server.received[0]?.path}`).searchParams.get('key')).toBe(plain)
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({ t: `mark: ${plain}`, again: plain })
    expect(value).toEqual({
      echo: 'Bearer [secret shopKey]',
      'k [secret shopKey]': ['/v1/things?key=[secret shopKey]', '[secret shopKey]', '[secret shopKey]'],
    })
  })

  it('F020 are taken out of the words of a failure', async () => {
    const call = await operation({}, { headers: { 'x-api-key': { secret: 'shopKey' } } })
    answer = (request, response) =>
      void response.writeHead(403).end(`no: ${request.headers['x-api-key']} ${encodeURIComponent(plain)}`)
    const { code, message } = await refusal(call())
    expect(code).toBe('ToolFailed')
    expect(message).toContain('403: no: [secret shopKey] [secret shopKey]')
    expect(message).toContain('secret they name')
  })

  it('F020 go to the hosts they are bound to, and not one byte elsewhere', async () => {
    const call = await operation({}, { headers: { 'x-api-key': { secret: 'elsewhere' } } })
    expect(await refusal(call())).toMatchObject({
      code: 'SecretUnusable',
      message: expect.stringContaining('may go to api.example.com only'),
    })
    const moved = await operation({}, { baseUrl: other.url, headers: { 'x-api-key': { secret: 'shopKey' } } })
    expect((await refusal(moved())).code).toBe('SecretUnusable')
    expect([server.received, other.received]).toEqual([[], []])
  })

  it('F020 do not follow a redirect to another host', async () => {
    const call = await operation({}, { headers: { 'x-api-key': { secret: 'shopKey' } } })
    answer = (_, response) => void response.writeHead(302, { location: other.url }).end()
    await call()
    expect(other.received).toHaveLength(1)
    expect(JSON.stringify(other.received)).not.toContain(plain)
  })

  it('F020 that are not there, or do not open, are told by name', async () => {
    const missing = await operation({}, { headers: { 'x-api-key': { secret: 'ghost' } } })
    expect((await refusal(missing())).message).toContain('no secret "ghost"')
    const strange = masterKeysOf([randomBytes(32)], tmpdir())
    const hosts = [`127.0.0.1:${server.port}`]
    const sealed = seal(await strange.toSeal(), plain, boundTo({ ...caller, name: 'lost', hosts }))
    await addSecret(db, caller, randomUUID(), { name: 'lost', hosts, sealed })
    const lost = await operation({}, { headers: { 'x-api-key': { secret: 'lost' } } })
    expect((await refusal(lost())).message).toContain('PARLEY_ENCRYPTION_KEY')
    expect(server.received).toEqual([])
  })

  it('F020 are never cut in half at the end of a long answer', async () => {
    const call = await operation({}, { headers: { 'x-api-key': { secret: 'shopKey' } } })
    for (const before of [262_144 - 10, 262_144 - plain.length, 262_144 + 3]) {
      answer = (_, response) => response.end(`${'x'.repeat(before)}${plain}${plain.repeat(200)}`)
      const { value, truncated } = await call()
      expect(truncated).toBe(true)
      expect(Buffer.byteLength(String(value))).toBeLessThanOrEqual(262_144)
      for (let length = 6; length <= plain.length; length++)
        expect(String(value)).not.toContain(plain.slice(0, length))
    }
  })
})

describe('what comes back', () => {
  const withType = (type: string, body: string | Buffer) => (_: Received, response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': type }).end(body)

  it.each([
    ['application/json', '[1,{"a":null}]', [1, { a: null }]],
    ['application/vnd.api+json; charset=utf-8', '{"a":"é"}', { a: 'é' }],
    ['application/json', 'not json', 'not json'],
    ['application/json', '', null],
    ['text/plain', 'words', 'words'],
    ['text/html', '<p>', '<p>'],
    ['application/xml', '<a/>', '<a/>'],
    ['text/plain', '{"a":1}', '{"a":1}'],
    ['application/json', '{"__proto__":{"x":1}}', JSON.parse('{"__proto__":{"x":1}}')],
  ])('F020 %s: %s', async (type, body, value) => {
    const call = await operation({})
    answer = withType(type, body)
    expect(await call()).toEqual({ value })
  })

  it.each([['image/png'], ['application/octet-stream'], ['application/pdf']])(
    'F020 %s is refused',
    async (type) => {
      const call = await operation({})
      answer = withType(type, 'bytes')
      expect((await refusal(call())).message).toContain(type)
    },
  )

  it('F020 what is longer than 256 KB is text up to there, and says so', async () => {
    const call = await operation({})
    answer = withType('application/json', JSON.stringify(Array(100_000).fill('abc')))
    const { value, truncated } = await call()
    expect(truncated).toBe(true)
    expect(Buffer.byteLength(value as string)).toBe(262_144)
    answer = withType('application/json', JSON.stringify('x'.repeat(262_142)))
    expect(await call()).toEqual({ value: 'x'.repeat(262_142) })
  })

  it('F020 JSON that is nested without measure is refused', async () => {
    const call = await operation({})
    answer = withType('application/json', '['.repeat(100_000) + ']'.repeat(100_000))
    expect((await refusal(call())).code).toBe('ToolFailed')
  })
})

describe('what goes wrong', () => {
  const status =
    (code: number, headers = {}) =>
    (_: Received, response: ServerResponse) =>
      void response.writeHead(code, headers).end('sorry')

  it.each([
    ['GET', 429, 'ProviderBusy'],
    ['GET', 500, 'ProviderBusy'],
    ['GET', 503, 'ProviderBusy'],
    ['GET', 400, 'ToolFailed'],
    ['GET', 404, 'ToolFailed'],
    ['PUT', 502, 'ProviderBusy'],
    ['DELETE', 500, 'ProviderBusy'],
    ['POST', 429, 'ProviderBusy'],
    ['POST', 503, 'ProviderBusy'],
    ['POST', 500, 'ToolFailed'],
    ['PATCH', 502, 'ToolFailed'],
    ['POST', 422, 'ToolFailed'],
  ])('F020 %s answered %d is %s', async (method, code, kind) => {
    const call = await operation({ method })
    answer = status(code)
    const { code: given, message } = await refusal(call())
    expect(given).toBe(kind)
    expect(message).toContain(`It answered ${code}: sorry`)
    if (method !== 'GET' && code >= 500 && kind === 'ToolFailed') expect(message).toContain('not sent again')
  })

  it('F020 an operation that says so is repeatable', async () => {
    const call = await operation({ method: 'POST', repeatable: true })
    answer = status(500)
    expect((await refusal(call())).code).toBe('ProviderBusy')
    expect(call.handOvers).toEqual([])
  })

  it.each([
    ['7', 7_000],
    ['99999', 300_000],
    ['nonsense', undefined],
  ])('F020 Retry-After %s is honoured', async (given, pause) => {
    const call = await operation({})
    answer = status(429, { 'retry-after': given })
    const error = await call().catch((reason: unknown) => reason)
    expect((error as { nextRetryDelay?: unknown }).nextRetryDelay).toBe(pause)
  })

  it('F020 who cannot be reached got nothing, so a POST may be sent again', async () => {
    const gone = await startWebServer(() => {})
    await gone.close()
    const outbound = createGuardedFetch({ allow: [`127.0.0.1:${gone.port}`] })
    tools = createTools({ db, outbound, openSecrets: createOpenSecrets(db, keys), operatorServers: {} })
    const call = await operation({ method: 'POST' }, { baseUrl: gone.url })
    expect(await refusal(call())).toEqual({ code: 'ProviderBusy', message: 'It cannot be reached.' })
    const allow = [server, other].map(({ port }) => `127.0.0.1:${port}`)
    tools = createTools({
      db,
      outbound: createGuardedFetch({ allow }),
      openSecrets: createOpenSecrets(db, keys),
      operatorServers: {},
    })
  })

  it.each([
    ['GET', 'ProviderBusy'],
    ['POST', 'ToolFailed'],
  ])('F020 a %s whose connection broke, and one that took too long', async (method, kind) => {
    const call = await operation({ method, timeout: 'PT1S' })
    answer = (_, response) => void response.destroy()
    expect(await refusal(call())).toMatchObject({ code: kind, message: expect.stringContaining('broke') })
    answer = () => {}
    expect(await refusal(call())).toMatchObject({
      code: kind,
      message: expect.stringContaining('within 1 s'),
    })
    answer = (_, response) => void response.writeHead(200).write('half')
    expect((await refusal(call())).code).toBe(kind)
  })

  it('F020 a cancel closes the connection', async () => {
    const call = await operation({})
    const stop = new AbortController()
    const before = server.cutOff()
    answer = () => stop.abort()
    await expect(call({}, { signal: stop.signal })).rejects.toThrow()
    await until('the connection to be closed', async () => server.cutOff() > before || undefined)
  })
})
