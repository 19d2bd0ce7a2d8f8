import { startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const get = { name: 'get', method: 'GET', path: '/a' }
const shop = { name: 'shop', baseUrl: 'https://shop.example.com', operations: [get] }
const document = (paths: unknown, more: object = {}) => ({
  name: 'doc',
  baseUrl: 'https://a.example.com',
  openapi: { openapi: '3.0.1', paths, ...more },
})

describe('a secret is refused', () => {
  const secret = { name: 'key', value: 'long enough', hosts: ['a.example.com'] }
  it.each([
    ['name', { name: 'with-dash' }],
    ['name', { name: '1st' }],
    ['value', { value: 'short' }],
    ['value', { value: 'x'.repeat(10_001) }],
    ['hosts', { hosts: [] }],
    ['hosts[0]', { hosts: ['https://a.example.com'] }],
    ['hosts[0]', { hosts: ['a.example.com/path'] }],
    ['hosts[0]', { hosts: ['*.example.com'] }],
    ['hosts[0]', { hosts: ['user@a.example.com'] }],
  ])('F020 at %s: %j', async (path, wrong) => {
    const { status, body } = await api.as('admin').post('A/secrets', { ...secret, ...wrong })
    expect([status, body.errors[0].path]).toEqual([422, path])
    expect(JSON.stringify(body)).not.toContain('long enough')
  })

  it('F020 when the app has one of that name, also by renaming', async () => {
    const admin = api.as('admin')
    await admin.post('A/secrets', { ...secret, name: 'first' })
    const second = await admin.post('A/secrets', { ...secret, name: 'second' })
    expect((await admin.post('A/secrets', { ...secret, name: 'first' })).status).toBe(409)
    const renamed = await admin.put(`A/secrets/${second.body.secretId}`, { ...secret, name: 'first' })
    expect(renamed.status).toBe(409)
  })

  it('F020 without its value: who does not know it cannot send it elsewhere', async () => {
    const admin = api.as('admin')
    const { body } = await admin.post('A/secrets', { ...secret, name: 'moved' })
    const moved = await admin.put(`A/secrets/${body.secretId}`, {
      name: 'moved',
      hosts: ['evil.example.com'],
    })
    expect([400, 422]).toContain(moved.status)
  })
})

describe('an integration is refused', () => {
  it.each([
    ['operations', { operations: undefined }, 'either operations, or openapi'],
    ['operations', { operations: [get], openapi: 'x' }, 'either operations, or openapi'],
    ['baseUrl', { baseUrl: undefined }, 'where the system is'],
    ['baseUrl', { baseUrl: 'ftp://a.example.com' }, 'https://'],
    ['baseUrl', { baseUrl: 'https://u:p@a.example.com' }, 'without user name'],
    ['baseUrl', { baseUrl: 'https://a.example.com/?key=1' }, 'query'],
    ['headers.Host', { headers: { Host: 'b.example.com' } }, 'set by Parley'],
    ['headers.Authorization', { headers: { Authorization: 'Bearer abcdef' } }, 'make it a secret'],
    ['query.api_key', { query: { api_key: 'abcdef' } }, 'make it a secret'],
    ['headers.x a', { headers: { 'x a': 'b' } }, 'a header name'],
    ['headers.x-a', { headers: { 'x-a': 'b\r\nHost: c' } }, 'one line of Latin letters'],
    ['headers.x-a', { headers: { 'x-a': '→ ${secure.a}' } }, 'one line of Latin letters'],
    ['operations[0].headers.x-a', { operations: [{ ...get, headers: { 'x-a': '日本' } }] }, 'one line'],
    ['headers', { headers: { 'x-a': '${input.a}' } }, 'only ${secure.name}'],
    ['headers.x-a', { headers: { 'x-a': '${secure.a + "b"}' } }, 'put in as it is'],
    ['include', { include: ['get'] }, 'OpenAPI document'],
    ['operations', { operations: [get, get] }, 'a name of its own'],
    ['operations[0].path', { operations: [{ ...get, path: '/a?b=1' }] }, 'no query'],
    ['operations[0].path', { operations: [{ ...get, path: '/a/../b' }] }, '..'],
    ['operations[0].path', { operations: [{ ...get, path: '/{1}' }] }, '{name}'],
    [
      'operations[0].path',
      { operations: [{ ...get, path: '/{a}', arguments: { properties: { b: {} } } }] },
      'not among the arguments',
    ],
    ['operations[0].body', { operations: [{ ...get, body: {} }] }, 'GET has no body'],
    ['operations[0].body', { operations: [{ ...get, method: 'POST', body: { a: '${b}' } }] }, '"b" is not'],
    [
      'operations[0].body',
      { operations: [{ ...get, method: 'POST', body: {}, arguments: { properties: { a: {} } } }] },
      'stands nowhere',
    ],
    ['operations[0].timeout', { operations: [{ ...get, timeout: 'PT1H' }] }, 'PT10M'],
    ['operations[0].arguments', { operations: [{ ...get, arguments: { $ref: 'http://a/b' } }] }, '$ref'],
    ['operations[0].arguments.type', { operations: [{ ...get, arguments: { type: 'array' } }] }, 'object'],
  ])('F020 at %s: %j', async (path, wrong, words) => {
    const { status, body } = await api.as('admin').post('A/integrations', { ...shop, ...wrong })
    expect(body.errors?.map((one: { path: string }) => one.path)).toContain(path)
    expect(JSON.stringify(body.errors)).toContain(words.replaceAll('"', '\\"'))
    expect(status).toBe(422)
  })

  it.each([
    ['Swagger 2', { openapi: { swagger: '2.0', paths: {} } }, 'Swagger 2.0'],
    ['a version to come', { openapi: { openapi: '4.0.0', paths: {} } }, '"4.0.0" came'],
    ['no version', { openapi: { paths: {} } }, 'there is none'],
    ['no paths', { openapi: { openapi: '3.1.0' } }, 'no paths'],
    ['broken YAML', { openapi: 'openapi: [' }, 'neither JSON nor YAML'],
    ['a text', { openapi: 'just words' }, 'expected an object'],
    ['no operation', document({}), 'has none'],
    [
      'what is not there',
      { ...document({ '/a': { get: { operationId: 'a' } } }), include: ['b'] },
      'it has a',
    ],
    [
      'no server',
      { ...document({ '/a': { get: { operationId: 'a' } } }), baseUrl: undefined },
      'say where the system is',
    ],
    [
      'nothing but circles',
      document(
        { '/a': { post: { requestBody: { $ref: '#/components/requestBodies/A' } } } },
        { components: { requestBodies: { A: { $ref: '#/components/requestBodies/A' } } } },
      ),
      'circles',
    ],
    [
      'a path without its parameter',
      document({ '/a/{b}': { get: {} } }),
      '{b} of its path is not among its parameters',
    ],
    [
      'a needed cookie',
      document({ '/a': { get: { parameters: [{ name: 'c', in: 'cookie', required: true }] } } }),
      'cookie',
    ],
    [
      'a bomb of aliases',
      {
        openapi: `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.replace(/./g, (c, i: number) => `${c}: &${c} [${`*${'abcdefghi'[i]},`.repeat(9)}]\n`)}`,
      },
      'alias',
    ],
  ])('F020 with a document of %s', async (_, wrong, words) => {
    const { status, body } = await api
      .as('admin')
      .post('A/integrations', { name: 'doc', baseUrl: 'https://a.example.com', ...wrong })
    expect(body.detail).toContain(words)
    expect([status, body.code]).toEqual([422, 'Invalid'])
  })

  it('F020 with more operations than an integration may have', async () => {
    const paths = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`/a${n}`, { get: {} }]))
    const { body } = await api.as('admin').post('A/integrations', document(paths))
    expect(body.detail).toContain('201 operations')
  })

  it('F020 at each field whose secret may not go where the system is, unless it is still to come', async () => {
    const admin = api.as('admin')
    const hosts = ['bank.example.com', 'localhost:4000']
    await admin.post('A/secrets', { name: 'bankKey', value: 'long enough', hosts })
    const fields = {
      ...shop,
      name: 'bank',
      headers: { Authorization: 'Bearer ${secure.bankKey}', 'X-Later': { secret: 'laterKey' } },
      query: { key: { secret: 'bankKey' } },
      operations: [{ ...get, method: 'POST', body: { auth: ['${secure.bankKey}'] } }],
    }
    const { status, body } = await admin.post('A/integrations', fields)
    expect([status, body.code]).toEqual([422, 'Invalid'])
    expect(body.errors).toEqual(
      ['headers.Authorization', 'query.key', 'operations[0].body.auth[0]'].map((path) => ({
        path,
        message: expect.stringContaining(
          'the secret "bankKey" may go to bank.example.com, localhost:4000 only, not to https://shop.example.com',
        ),
      })),
    )
    const made = await admin.post('A/integrations', { ...fields, baseUrl: 'https://bank.example.com/v1' })
    expect(made.status).toBe(201)
    const moved = await admin.put(`A/integrations/${made.body.integrationId}`, {
      ...fields,
      baseUrl: 'http://bank.example.com',
    })
    expect([moved.status, moved.body.errors[0].path]).toEqual([422, 'headers.Authorization'])
  })

  it('F020 when the app has one of that name', async () => {
    const admin = api.as('admin')
    expect((await admin.post('A/integrations', { ...shop, name: 'taken' })).status).toBe(201)
    expect((await admin.post('A/integrations', { ...shop, name: 'taken' })).status).toBe(409)
    const other = await admin.post('A/integrations', { ...shop, name: 'other' })
    const renamed = await admin.put(`A/integrations/${other.body.integrationId}`, { ...shop, name: 'taken' })
    expect(renamed.status).toBe(409)
  })
})

describe('a tool step is refused at save', () => {
  it.each([
    [{ integration: 'a' }, 'name what is called'],
    [{ integration: 'a', operation: 'b', server: 'c' }, 'name what is called'],
    [{ integration: 'a', operation: 'b', arguments: { x: '${' } }, 'not closed'],
    [{ integration: 'a', operation: 'b', arguments: { x: '${size(secure.k)}' } }, 'put in as it is'],
  ])('F020 %j', async (step, words) => {
    const admin = api.as('admin')
    const { body } = await admin.post('A/workflows', { name: 'T', type: 'output_focused' })
    const saved = await admin.put(`A/workflows/${body.workflowId}/draft`, {
      name: 'T',
      type: 'output_focused',
      steps: [{ id: 'call', type: 'tool', ...step }],
    })
    expect(saved.status).toBe(422)
    expect(JSON.stringify(saved.body.errors)).toContain(words)
  })
})

it('F020 a step whose secret may not go where its tool is, is refused at publish', async () => {
  const admin = api.as('admin')
  await admin.post('A/secrets', { name: 'shopKey', value: 'long enough', hosts: ['shop.example.com'] })
  await admin.post('A/secrets', { name: 'otherKey', value: 'long enough', hosts: ['other.example.com'] })
  const look = { name: 'look', method: 'GET', path: '/a', arguments: { properties: { key: {}, id: {} } } }
  await admin.post('A/integrations', { ...shop, name: 'keyed', operations: [look] })
  const publish = async (key: string) => {
    const { workflowId } = (await admin.post('A/workflows', { name: 'T', type: 'output_focused' })).body
    await admin.put(
      `A/workflows/${workflowId}/draft`,
      {
        name: 'T',
        type: 'output_focused',
        steps: [
          {
            id: 'call',
            type: 'tool',
            integration: 'keyed',
            operation: 'look',
            arguments: { id: '1', key: [key] },
          },
        ],
      },
      { 'if-match': '*' },
    )
    return admin.post(`A/workflows/${workflowId}/publish`)
  }
  expect((await publish('${secure.shopKey}')).body).toMatchObject({ warnings: [] })
  const { status, body } = await publish('${secure.otherKey}')
  expect(status).toBe(422)
  expect(body.errors).toEqual([
    {
      stepId: 'call',
      path: 'steps[0].arguments.key',
      message: expect.stringContaining('only, not to https://shop.example.com'),
    },
  ])
})
