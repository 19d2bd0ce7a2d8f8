import { randomUUID } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { connectHttp } from '../../client/http.ts'
import { connectConversations } from '../../client/temporal.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { secureValues } from '../../storage/sql/schema.ts'
import { removeOldSecureValues } from '../../storage/sql/secure-values.ts'
import type { TestApi, Who } from '../harness/api.ts'
import { dumpOf, historyOf, mustBeClean } from '../harness/canary.ts'
import { openSafeShop, pin, type SafeShop, token, unlock } from '../harness/safe-shop.ts'
import { until } from '../harness/until.ts'
import type { World } from '../harness/world.ts'

let safe: SafeShop
let world: World
let api: TestApi
let received: string[]
beforeAll(async () => {
  safe = await openSafeShop()
  world = safe.world
  api = safe.api
  received = safe.received
})
beforeEach(() => {
  received.length = 0
})
afterEach(() => world.replay())
afterAll(() => safe.close())

it('F066 a Temporal client gets handles over HTTP, and the values enter no history', async () => {
  const workflowId = await api.publish({
    input: { type: 'object' },
    steps: [unlock(), { id: 'done', type: 'end' }],
  })
  const instanceUuid = randomUUID()
  const service = connectHttp({
    baseUrl: api.url,
    apiKey: api.keys.service,
    workspaceId: api.workspaceId,
    appId: api.appId,
  })
  const given = { instanceUuid, secureMetadata: { pin, token } }
  const { secureMetadata } = await service.sealSecureMetadata(given, { idempotencyKey: instanceUuid })
  expect(await service.sealSecureMetadata(given, { idempotencyKey: instanceUuid })).toEqual({
    secureMetadata,
  })
  await world.start(workflowId, { instanceUuid, input: { id: '7' }, secureMetadata })
  expect((await world.ended(instanceUuid)).view.status).toBe('completed')
  expect(received).toMatchObject([expect.stringContaining(pin)])
  const history = await historyOf(world, world.handle(instanceUuid).workflowId)
  mustBeClean({ history, handles: JSON.stringify(secureMetadata), database: await dumpOf(world.db) }, [
    pin,
    token,
  ])

  const chatSessionId = randomUUID()
  const spoken = await api.publish({
    type: 'chat_driven',
    steps: [unlock({ arguments: { id: 'said', pin: '${secure.pin}' } }), { id: 'end', type: 'end' }],
  })
  const ofChat = await service.sealSecureMetadata({ chatSessionId, secureMetadata: { pin, token } })
  const talk = connectConversations({
    client: world.client,
    workspaceId: world.workspaceId,
    appId: world.appId,
  })
  await talk.sendMessage(
    { workflowId: spoken, chatSessionId, startedBy: { userId: 'service', roles: ['service'] } },
    { userMessage: 'Open', ...ofChat },
  )
  world.followJob(sessionWorkflowId(world.workspaceId, chatSessionId))
  await until('the call', () => received.length === 2)
  expect(received[1]).toContain(JSON.stringify({ pin }).slice(1, -1))
})

it('F066 handles are kept as long as what they were made for, and open nothing elsewhere', async () => {
  const seal = (who: Who, body: object) => api.as(who).post('R/secure-metadata', body)
  const instanceUuid = randomUUID()
  for (const body of [
    { secureMetadata: { pin } },
    { instanceUuid, chatSessionId: instanceUuid, secureMetadata: { pin } },
    { instanceUuid, secureMetadata: {} },
    { instanceUuid },
  ])
    expect(await seal('service', body)).toMatchObject({ status: 422 })
  expect((await seal('foreigner', { instanceUuid, secureMetadata: { pin } })).status).toBe(404)

  const { body } = await seal('service', { instanceUuid, secureMetadata: { pin } })
  const left = () => world.db.select().from(secureValues).where(eq(secureValues.ownerId, instanceUuid))
  await removeOldSecureValues(world.db)
  expect(await left()).toHaveLength(1)
  await world.db
    .update(secureValues)
    .set({ createdAt: sql`now() - interval '8 days'` })
    .where(eq(secureValues.ownerId, instanceUuid))
  await removeOldSecureValues(world.db)
  expect(await left()).toEqual([])
  const workflowId = await api.publish({
    input: { type: 'object' },
    steps: [unlock(), { id: 'done', type: 'end' }],
  })
  const run = await world.start(workflowId, { input: { id: '7' }, secureMetadata: body.secureMetadata })
  expect((await world.ended(run)).view.error).toMatchObject({
    code: 'SecretUnusable',
    message: expect.stringContaining('kept no more'),
  })
})
