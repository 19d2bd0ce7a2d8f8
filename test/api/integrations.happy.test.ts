import { readFileSync } from 'node:fs'
import { eq } from 'drizzle-orm'
import { idempotency, integrations, secrets } from '../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const orders = readFileSync(new URL('./documents/orders.yaml', import.meta.url), 'utf8')

describe('secrets', () => {
  const value = 's3cret-of-the-shop'

  it('F020 a secret is kept, listed, replaced and deleted, and its value never shown', async () => {
    const admin = api.as('admin')
    const made = await admin.post('A/secrets', {
      name: 'shopKey',
      value,
      hosts: ['Shop.Example.com', 'localhost:4000', 'shop.example.com'],
    })
    expect(made.status).toBe(201)
    expect(made.body).toEqual({
      secretId: expect.any(String),
      name: 'shopKey',
      hosts: ['localhost:4000', 'shop.example.com'],
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    })
    const at = `A/secrets/${made.body.secretId}`
    expect((await api.as('builder').get(at)).body).toEqual(made.body)
    expect((await api.as('builder').get('A/secrets')).body.items).toEqual([made.body])
    const replaced = await admin.put(at, { name: 'shopKey', value: `${value}-2`, hosts: ['b.example.com'] })
    expect(replaced.body).toMatchObject({ name: 'shopKey', hosts: ['b.example.com'] })
    const [row] = await api.db.select().from(secrets).where(eq(secrets.secretId, made.body.secretId))
    for (const form of [value, Buffer.from(value).toString('base64'), Buffer.from(value).toString('hex')])
      expect(JSON.stringify(row)).not.toContain(form)
    expect((await admin.delete(at)).status).toBe(204)
    expect((await admin.get(at)).status).toBe(404)
    expect((await admin.delete(at)).status).toBe(404)
  })

  it('F020 a key given with a secret leaves nothing of it behind', async () => {
    const before = (await api.db.select().from(idempotency)).length
    const secret = { name: 'once', value, hosts: ['a.example.com'] }
    expect((await api.as('admin').post('A/secrets', secret, { 'idempotency-key': 'k' })).status).toBe(201)
    expect(await api.db.select().from(idempotency)).toHaveLength(before)
  })

  it('F020 lists are paged by name', async () => {
    for (const name of ['pageB', 'pageA', 'pageC'])
      await api.as('admin').post('A/secrets', { name, value, hosts: ['a.example.com'] })
    const first = await api.as('builder').get('A/secrets?limit=2')
    const second = await api.as('builder').get(`A/secrets?limit=50&cursor=${first.body.nextCursor}`)
    const names = [...first.body.items, ...second.body.items].map(({ name }: { name: string }) => name)
    expect(names).toEqual([...names].sort())
    expect(names).toEqual(expect.arrayContaining(['pageA', 'pageB', 'pageC']))
  })
})

describe('integrations', () => {
  it('F020 operations by hand say where each argument goes', async () => {
    const admin = api.as('admin')
    const given = {
      name: 'shop',
      description: 'The shop',
      baseUrl: 'https://shop.example.com/api/',
      headers: { authorization: 'Bearer ${secure.shopKey}' },
      query: { key: { secret: 'shopKey' } },
      operations: [
        { name: 'get', method: 'GET', path: '/orders/{id}', description: 'One order' },
        {
          name: 'note',
          method: 'POST',
          path: '/orders/{id}/notes',
          arguments: {
            type: 'object',
            properties: { id: { type: 'integer' }, text: { type: 'string' }, trace: { type: 'string' } },
            required: ['text'],
          },
          headers: { 'x-trace': '${trace}' },
          body: { note: { words: '${text}' } },
          timeout: 'PT5S',
        },
      ],
    }
    const made = await admin.post('A/integrations', given, { 'idempotency-key': 'shop' })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      name: 'shop',
      baseUrl: 'https://shop.example.com/api',
      source: 'operations',
      operationCount: 2,
      openapi: null,
      leftOut: [],
    })
    expect(made.body.operations[0]).toEqual({
      name: 'get',
      description: 'One order',
      method: 'GET',
      path: '/orders/{id}',
      arguments: {
        type: 'object',
        properties: { id: { type: 'string' } },
        required: ['id'],
        additionalProperties: false,
      },
      headers: {},
      query: {},
      timeout: 'PT30S',
      changes: false,
      repeatable: true,
    })
    expect(made.body.operations[1]).toMatchObject({
      arguments: { required: ['text', 'id'] },
      changes: true,
      repeatable: false,
    })
    // The same key gives the same answer, and no second one.
    expect((await admin.post('A/integrations', given, { 'idempotency-key': 'shop' })).body).toEqual(made.body)

    const at = `A/integrations/${made.body.integrationId}`
    expect((await api.as('builder').get(at)).body).toEqual(made.body)
    const page = await api.as('builder').get(`${at}/operations?limit=1`)
    expect(page.body.items.map(({ name }: { name: string }) => name)).toEqual(['get'])
    const next = await api.as('builder').get(`${at}/operations?cursor=${page.body.nextCursor}`)
    expect(next.body.items.map(({ name }: { name: string }) => name)).toEqual(['note'])
    const renamed = await admin.put(at, { ...given, name: 'shop2', operations: given.operations.slice(0, 1) })
    expect(renamed.body).toMatchObject({ name: 'shop2', operationCount: 1 })
    expect((await api.as('builder').get('A/integrations')).body.items).toMatchObject([{ name: 'shop2' }])
    expect((await admin.delete(at)).status).toBe(204)
    expect((await admin.get(at)).status).toBe(404)
    expect((await admin.get(`${at}/operations`)).status).toBe(404)
  })

  it('F020 an OpenAPI document in YAML gives operations, and says what it left out', async () => {
    const made = await api.as('admin').post('A/integrations', { name: 'orders', openapi: orders })
    expect(made.body).toMatchObject({
      baseUrl: 'https://orders.example.com/v2',
      source: 'openapi',
      openapi: orders,
    })
    const byName = Object.fromEntries(
      made.body.operations.map((one: { name: string }) => [one.name, one]),
    ) as Record<string, { arguments: Record<string, unknown>; method: string }>
    expect(Object.keys(byName).sort()).toEqual(['getOrder', 'list_orders', 'patch_orders_orderId'])
    expect(byName.getOrder).toMatchObject({
      method: 'GET',
      description: 'One order',
      changes: false,
      arguments: {
        type: 'object',
        // The pattern is of a dialect that cannot be checked here: the system does it.
        properties: {
          orderId: { type: 'string' },
          expand: { type: 'array', items: { enum: ['lines', 'customer'] } },
          'X-Trace': { type: 'string' },
        },
        required: ['orderId'],
        additionalProperties: false,
      },
    })
    expect(Object.keys(byName.getOrder?.arguments.properties as object)).toHaveLength(3)
    expect(byName.list_orders).toMatchObject({
      arguments: { properties: { page: { exclusiveMinimum: 0 }, ids: { type: 'array' } } },
    })
    expect(byName.patch_orders_orderId).toMatchObject({
      method: 'PATCH',
      arguments: {
        properties: { body: { $ref: '#/$defs/Order' } },
        required: ['orderId', 'body'],
        $defs: {
          Order: {
            properties: { amount: { type: ['number', 'null'] }, parts: { items: { $ref: '#/$defs/Order' } } },
          },
        },
      },
    })
    expect(made.body.leftOut).toEqual([
      expect.stringMatching(/^upload: .*multipart\/form-data/),
      expect.stringMatching(/^remote: .*leads to no schema/),
    ])
    const [row] = await api.db
      .select()
      .from(integrations)
      .where(eq(integrations.integrationId, made.body.integrationId))
    expect(row?.operations.find(({ name }) => name === 'list_orders')?.places).toEqual({
      filter: { in: 'query', name: 'filter', style: 'deep' },
      ids: { in: 'query', name: 'ids', style: 'comma' },
      page: { in: 'query', name: 'page', style: 'repeat' },
    })
  })

  it('F020 of a document just what is chosen, at another address', async () => {
    const { body } = await api.as('admin').post('A/integrations', {
      name: 'chosen',
      baseUrl: 'http://localhost:4000',
      openapi: {
        openapi: '3.1.0',
        paths: { '/a': { get: { operationId: 'a' }, post: { operationId: 'b' } } },
      },
      include: ['b'],
    })
    expect(body).toMatchObject({
      baseUrl: 'http://localhost:4000',
      operations: [{ name: 'b', method: 'POST' }],
    })
  })
})

describe('publishing a tool step', () => {
  const publish = async (step: Record<string, unknown>) => {
    const admin = api.as('admin')
    const { body } = await admin.post('A/workflows', { name: 'Tool', type: 'output_focused' })
    const saved = await admin.put(`A/workflows/${body.workflowId}/draft`, {
      name: 'Tool',
      type: 'output_focused',
      steps: [{ id: 'call', type: 'tool', ...step }],
    })
    expect(saved.status).toBe(200)
    return admin.post(`A/workflows/${body.workflowId}/publish`)
  }
  beforeAll(async () => {
    await api.as('admin').post('A/integrations', {
      name: 'desk',
      baseUrl: 'https://desk.example.com',
      operations: [
        {
          name: 'open',
          method: 'POST',
          path: '/tickets',
          arguments: {
            type: 'object',
            properties: { title: { type: 'string', maxLength: 5 } },
            required: ['title'],
          },
        },
      ],
    })
  })

  it.each([
    [{ integration: 'dsk', operation: 'open' }, 'steps[0].integration', 'no integration "dsk"'],
    [{ integration: 'desk', operation: 'close' }, 'steps[0].operation', 'it has open'],
    [{ integration: 'desk', operation: 'open' }, 'steps[0].arguments', '"title" has to be given'],
    [
      { integration: 'desk', operation: 'open', arguments: { title: '${input.t}', name: 'x' } },
      'steps[0].arguments.name',
      'no such argument; there is title',
    ],
    [
      { integration: 'desk', operation: 'open', arguments: { title: 'too long' } },
      'steps[0].arguments.title',
      'at most 5 characters, and has 8',
    ],
    [{ server: 'crm', tool: 'find' }, 'steps[0].server', 'no server "crm"; it has none'],
  ])('F020 %j is refused with its step', async (step, path, words) => {
    const { status, body } = await publish(step)
    expect([status, body.code]).toEqual([422, 'NotPublishable'])
    expect(body.errors).toEqual([{ stepId: 'call', path, message: expect.stringContaining(words) }])
  })

  it('F020 a secret that is not there yet is a warning', async () => {
    const { status, body } = await publish({
      integration: 'desk',
      operation: 'open',
      arguments: { title: '${secure.nowhere}' },
    })
    expect(status).toBe(200)
    expect(body.warnings).toEqual([
      { stepId: 'call', path: 'steps[0].arguments', message: expect.stringContaining('"nowhere"') },
    ])
  })
})
