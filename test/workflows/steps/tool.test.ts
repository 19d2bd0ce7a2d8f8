import { randomBytes, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { eq, sql } from 'drizzle-orm'
import { createGuardedFetch } from '../../../activities/providers/outbound/guarded-fetch.ts'
import { createTools } from '../../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../../activities/providers/tools/open-secrets.ts'
import { asIntegration } from '../../../api/integrations/as-integration.ts'
import { IntegrationFields } from '../../../shared/contract/integration.ts'
import { masterKeysOf } from '../../../storage/secrets/master-keys.ts'
import { boundTo, seal } from '../../../storage/secrets/seal.ts'
import { addIntegration } from '../../../storage/sql/integrations.ts'
import { calls, effects, instances, steps } from '../../../storage/sql/schema.ts'
import { addSecret } from '../../../storage/sql/secrets.ts'
import { startApi } from '../../harness/api.ts'
import { until } from '../../harness/until.ts'
import { type Received, sendJson, startWebServer, type WebServer } from '../../harness/web-server.ts'
import { createWorld, type World } from '../../harness/world.ts'

/** Not to be found anywhere but on the way to its host. */
const canary = 'canary-7Hq/2+x:only for the shop'

let world: World
let shop: WebServer
let answer: (request: Received, response: ServerResponse) => void

beforeAll(async () => {
  shop = await startWebServer((request, response) => answer(request, response))
  const keys = masterKeysOf([randomBytes(32)], tmpdir())
  const outbound = createGuardedFetch({ allow: [`127.0.0.1:${shop.port}`] })
  world = await createWorld((deps) => ({
    ...deps,
    outbound,
    tools: createTools({
      db: deps.db,
      outbound,
      openSecrets: createOpenSecrets(deps.db, keys),
      operatorServers: {},
    }),
  }))
  const caller = { ...world, userId: 'boss', roles: ['admin' as const] }
  const hosts = [`127.0.0.1:${shop.port}`]
  const sealed = seal(await keys.toSeal(), canary, boundTo({ ...world, name: 'shopKey', hosts }))
  await addSecret(world.db, caller, randomUUID(), { name: 'shopKey', hosts, sealed })
  const fields = IntegrationFields.parse({
    name: 'shop',
    baseUrl: shop.url,
    headers: { authorization: 'Bearer ${secure.shopKey}' },
    operations: [
      {
        name: 'getOrder',
        method: 'GET',
        path: '/orders/{id}',
        arguments: { properties: { id: {}, expand: {} } },
      },
      {
        name: 'refund',
        method: 'POST',
        path: '/orders/{id}/refunds',
        arguments: { properties: { id: {}, amount: { type: 'number' }, pin: {} } },
        timeout: 'PT2S',
      },
    ],
  })
  await addIntegration(world.db, caller, randomUUID(), await asIntegration(fields))
})
beforeEach(() => {
  shop.received.length = 0
  answer = (_, response) => sendJson(response, { status: 'sent', lines: [1, 2] })
})
afterEach(() => world.replay())
afterAll(async () => {
  await world.close()
  await shop.close()
})

const getOrder = (more: Record<string, unknown> = {}) => ({
  id: 'order',
  type: 'tool',
  integration: 'shop',
  operation: 'getOrder',
  arguments: { id: '${input.id}', expand: '${input.?expand}' },
  retry: { attempts: 3, backoff: 'PT1S' },
  ...more,
})
const refund = (more: Record<string, unknown> = {}) => ({
  id: 'refund',
  type: 'tool',
  integration: 'shop',
  operation: 'refund',
  arguments: { id: '${input.id}', amount: 5 },
  ...more,
})
const end = (output: unknown) => ({ id: 'done', type: 'end', output })
const outputOf = async (run: string) => (await world.ended(run)).view.output

it('F020 a tool’s answer is the step’s result, and its call stands in the run log', async () => {
  const run = await world.begin(
    { steps: [getOrder(), end({ status: '${order.status}', first: '${order.lines[0]}' })] },
    { input: { id: 'A 7' } },
  )
  expect(await outputOf(run)).toEqual({ status: 'sent', first: 1 })
  // An argument whose value is not there is not given.
  expect(shop.received).toMatchObject([{ method: 'GET', path: '/orders/A%207' }])
  const [call] = await world.db.select().from(calls).where(eq(calls.instanceUuid, run))
  expect(call).toMatchObject({
    kind: 'tool',
    request: { integration: 'shop', operation: 'getOrder', arguments: { id: 'A 7' } },
    response: { value: { status: 'sent', lines: [1, 2] } },
  })
})

it('F020 an answer that is too long is text with truncated beside it', async () => {
  answer = (_, response) => sendJson(response, Array(60_000).fill('abcdef'))
  const run = await world.begin(
    { steps: [getOrder(), end({ cut: '${order.truncated}', size: '${size(order.text)}' })] },
    { input: { id: 1 } },
  )
  expect(await outputOf(run)).toEqual({ cut: true, size: 262_144 })
})

it('F020 a busy system is asked again, and a good answer is used once', async () => {
  answer = (_, response) => {
    if (shop.received.length < 3) response.writeHead(429, { 'retry-after': '0' }).end()
    else sendJson(response, { status: 'at last' })
  }
  const run = await world.begin(
    { steps: [getOrder(), end({ status: '${order.status}' })] },
    { input: { id: 1 } },
  )
  expect(await outputOf(run)).toEqual({ status: 'at last' })
  expect(shop.received).toHaveLength(3)
})

it('F020 a change carries the same key at every attempt, and is done once', async () => {
  answer = (_, response) => {
    if (shop.received.length < 2) response.writeHead(503, { 'retry-after': '0' }).end()
    else sendJson(response, { refunded: 5 })
  }
  const run = await world.begin(
    { steps: [refund(), end({ got: '${refund.refunded}' })] },
    { input: { id: 1 } },
  )
  expect(await outputOf(run)).toEqual({ got: 5 })
  const keys = shop.received.map(({ headers }) => headers['idempotency-key'])
  expect(keys).toEqual([`${run}:refund:0:tool`, `${run}:refund:0:tool`])
  const [effect] = await world.db.select().from(effects).where(eq(effects.instanceUuid, run))
  expect(effect).toMatchObject({ kind: 'tool', state: 'done' })
})

it('F020 a change whose outcome is not known is not sent again, and the failure can be handled', async () => {
  answer = (_, response) => void response.destroy()
  const run = await world.begin(
    {
      steps: [
        refund({
          onError: { steps: [{ id: 'sorry', type: 'set', variables: { why: '${error.message}' } }] },
        }),
        end({ why: '${variables.why}' }),
      ],
      variables: { why: '' },
    },
    { input: { id: 1 } },
  )
  expect(JSON.stringify(await outputOf(run))).toContain('is not sent again')
  expect(shop.received).toHaveLength(1)
})

it('F020 a change that was handed over before a crash is not sent again', async () => {
  const workflowId = await world.publish({
    steps: [{ id: 'go', type: 'ask', question: 'Go?', answer: { type: 'text' } }, refund(), end({})],
  })
  const run = await world.start(workflowId, { input: { id: 1 } })
  const request = await world.request(run)
  // What a worker leaves that was killed between sending and the answer.
  await world.db.insert(effects).values({
    key: `${run}:refund:0:tool`,
    workspaceId: world.workspaceId,
    instanceUuid: run,
    kind: 'tool',
    state: 'handedOver',
  })
  await world.runs.answer(run, { requestId: request.requestId, value: 'yes', by: { userId: 'ana' } })
  const { status, view } = await world.ended(run)
  expect(status).toBe('failed')
  expect(view.error).toMatchObject({ code: 'ToolFailed', message: expect.stringContaining('before a crash') })
  expect(shop.received).toEqual([])
})

it('F020 an answer that was written down before a crash is used again', async () => {
  const workflowId = await world.publish({
    steps: [
      { id: 'go', type: 'ask', question: 'Go?', answer: { type: 'text' } },
      refund(),
      end({ got: '${refund.refunded}' }),
    ],
  })
  const run = await world.start(workflowId, { input: { id: 1 } })
  const request = await world.request(run)
  const place = { workspaceId: world.workspaceId, instanceUuid: run, path: 'refund', ordinal: 0 }
  await world.db.insert(steps).values({ ...place, attempts: 1 })
  await world.db
    .insert(calls)
    .values({ ...place, kind: 'tool', request: {}, response: { value: { refunded: 9 } } })
  await world.runs.answer(run, { requestId: request.requestId, value: 'yes', by: { userId: 'ana' } })
  expect(await outputOf(run)).toEqual({ got: 9 })
  expect(shop.received).toEqual([])
})

it('F020 who retries a failed run has a change sent again, with the same key', async () => {
  answer = (_, response) => void response.destroy()
  const workflowId = await world.publish({ steps: [refund(), end({ got: '${refund.refunded}' })] })
  const run = await world.start(workflowId, { input: { id: 1 } })
  expect((await world.ended(run)).status).toBe('failed')
  answer = (_, response) => sendJson(response, { refunded: 5 })
  await startApi({ world }).then(async (api) => {
    expect((await api.as('admin').post(`R/workflows/instances/${run}/retry`)).status).toBe(202)
    await until('the run to complete', async () =>
      (await world.ended(run)).status === 'completed' ? true : undefined,
    )
    await api.close()
  })
  expect(await outputOf(run)).toEqual({ got: 5 })
  const keys = shop.received.map(({ headers }) => headers['idempotency-key'])
  expect(keys).toEqual([`${run}:refund:0:tool`, `${run}:refund:0:tool`])
})

it('F020 what a system refuses fails the step with its words', async () => {
  answer = (_, response) => sendJson(response, { error: 'no such order' }, 404)
  const run = await world.begin({ steps: [getOrder(), end({})] }, { input: { id: 1 } })
  const { view } = await world.ended(run)
  expect(view.error).toMatchObject({ code: 'ToolFailed', message: expect.stringContaining('no such order') })
  expect(shop.received).toHaveLength(1)
})

it('F020 arguments that do not fit are told with their name', async () => {
  const run = await world.begin(
    { steps: [refund({ arguments: { id: 1, amount: '${input.id}' } }), end({})] },
    { input: { id: 'x' } },
  )
  const { view } = await world.ended(run)
  expect(view.error).toMatchObject({
    code: 'ToolInputInvalid',
    message: expect.stringContaining('amount must be a number, but '),
  })
})

it('F020 cancelling a run closes the connection', async () => {
  answer = () => {}
  const before = shop.cutOff()
  const run = await world.begin({ steps: [getOrder(), end({})] }, { input: { id: 1 } })
  await until('the call', async () => shop.received[0])
  await world.runs.cancel(run)
  await until('the connection to be closed', async () => shop.cutOff() > before || undefined)
  expect((await world.ended(run)).status).toBe('cancelled')
})

it('F020 a secret is nowhere but on the way to its host', async () => {
  // The shop says it back, in every way it knows.
  answer = (request, response) =>
    sendJson(response, {
      headers: request.headers,
      body: request.body,
      forms: [
        Buffer.from(canary).toString('base64'),
        Buffer.from(`user:${canary}`).toString('base64'),
        Buffer.from(canary).toString('hex'),
        encodeURIComponent(canary),
      ],
    })
  const forged = '[secret shopKey 00000000-0000-4000-8000-000000000000] ${secure.shopKey}'
  const run = await world.begin(
    {
      steps: [
        refund({ arguments: { id: '${input.note}', pin: 'pin ${secure.shopKey}' } }),
        { id: 'told', type: 'message', text: '${refund}' },
        end({ all: '${refund}' }),
      ],
    },
    { input: { note: forged } },
  )
  const failing = await world.begin(
    { steps: [getOrder({ id: 'bad', arguments: { id: '${input.id}' } }), end({})] },
    { input: { id: 1 } },
  )
  await world.ended(run)
  answer = (request, response) => void response.writeHead(400).end(`no ${request.headers.authorization}`)
  const refused = await world.begin({ steps: [getOrder(), end({})] }, { input: { id: 1 } })
  for (const one of [failing, refused]) await world.ended(one)

  const refunded = shop.received.find(({ method }) => method === 'POST')
  expect(refunded?.headers.authorization).toBe(`Bearer ${canary}`)
  expect(JSON.parse(refunded?.body ?? '')).toMatchObject({ pin: `pin ${canary}` })
  // Who writes like a template or a mark gets it back as it is.
  expect(decodeURIComponent(refunded?.path ?? '')).toBe(`/orders/${forged}/refunds`)

  const [step] = await world.db.select().from(steps).where(eq(steps.instanceUuid, run))
  expect(step?.input).toMatchObject({ arguments: { pin: 'pin ${secure.shopKey}' } })
  const histories = await Promise.all([run, failing, refused].map((one) => world.history(one)))
  const seen = [await databaseText(), ...histories.map((history) => payloadsOf(history))].join('\n')
  expect(seen).toContain('[secret shopKey]')
  const bytes = Buffer.from(canary)
  for (const form of [
    canary,
    JSON.stringify(canary).slice(1, -1),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(canary),
    Buffer.from(`user:${canary}`).toString('base64').slice(8, -4),
  ])
    expect(seen.toLowerCase().includes(form.toLowerCase())).toBe(false)
  expect((await world.db.select().from(instances).where(eq(instances.instanceUuid, run)))[0]?.status).toBe(
    'completed',
  )
})

/** Every row of every table, as text. */
async function databaseText(): Promise<string> {
  const tables = await world.db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  const texts = await Promise.all(
    tables.rows.map(({ name }) =>
      world.db.execute<{ all: string | null }>(
        sql`select string_agg(t::text, chr(10)) as all from ${sql.identifier(name)} t`,
      ),
    ),
  )
  return texts.map(({ rows }) => rows[0]?.all ?? '').join('\n')
}

/** Every payload of a history, decoded. */
const payloadsOf = (history: unknown): string =>
  JSON.stringify(history, (_, value: unknown) =>
    value instanceof Uint8Array || Object(value).type === 'Buffer'
      ? Buffer.from(value as Uint8Array).toString('utf8')
      : value,
  )
