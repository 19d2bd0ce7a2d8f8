import { randomUUID } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { instances, secureValues, sessions } from '../../storage/sql/schema.ts'
import { removeOldSecureValues } from '../../storage/sql/secure-values.ts'
import type { Events, TestApi } from '../harness/api.ts'
import { dumpOf, historyOf, mustBeClean } from '../harness/canary.ts'
import { openChat } from '../harness/chat.ts'
import { refusal } from '../harness/refusal.ts'
import { openSafeShop, pin, type SafeShop, token, unlock } from '../harness/safe-shop.ts'
import { calls } from '../harness/scripted-models.ts'
import type { World } from '../harness/world.ts'

let safe: SafeShop
let world: World
let api: TestApi
let place: { world: World; api: TestApi }
let received: string[]
beforeAll(async () => {
  safe = await openSafeShop()
  world = safe.world
  api = safe.api
  place = { world, api }
  received = safe.received
})
beforeEach(() => {
  received.length = 0
})
afterEach(() => world.replay())
afterAll(() => safe.close())

const everywhere = {
  input: { type: 'object' },
  steps: [
    unlock(),
    unlock({ id: 'failed', arguments: { id: 'broken', pin: '${secure.pin}' }, onError: 'continue' }),
    { id: 'text', type: 'draft', format: 'text', prompt: 'Of ${unlocked} with ${variables}' },
    {
      id: 'answer',
      type: 'agent',
      prompt: 'Look ${input.id} up.',
      tools: [{ integration: 'shop', operation: 'look' }],
    },
    {
      id: 'tell',
      type: 'notify',
      to: { users: ['ana'] },
      text: '${unlocked} ${answer}',
      by: ['inbox', 'email'],
    },
    { id: 'say', type: 'message', text: '${unlocked}' },
    { id: 'done', type: 'end', output: '${unlocked}' },
  ],
}

it('F066 what a run is given secretly reaches the system it is for, and nothing and nobody else', async () => {
  world.models.will('A text.', calls(['look', { id: '7' }]), 'An answer.')
  const workflowId = await api.publish(everywhere)
  const feed: Events = await api.as('member').stream('R/stream')
  const answer = await api
    .as('member')
    .post(
      `R/workflows/${workflowId}/runs`,
      { input: { id: '7' }, secureMetadata: { pin, token } },
      { 'idempotency-key': randomUUID() },
    )
  expect(answer.status).toBe(202)
  const run = answer.body.instanceUuid
  world.follow(run)
  const stream = await api.as('member').stream(`R/workflows/instances/${run}/stream`)
  const { view } = await world.ended(run)
  expect(view).toMatchObject({ status: 'completed' })
  await stream.next('the end', ({ event }) => event === 'instanceFinished')

  const [first, second, third] = received
  expect(first).toContain(JSON.stringify({ pin: `pin ${pin}` }).slice(1, -1))
  expect(second).toContain(JSON.stringify({ pin }).slice(1, -1))
  expect(third).toMatch(/^\/look\/7 /)

  const at = `R/workflows/instances/${run}`
  const pages = await Promise.all(
    [at, `${at}/log`, `${at}/export`, `A/workflows/${workflowId}`].map(async (path) =>
      (await api.as('admin').send(path, {})).text(),
    ),
  )
  mustBeClean(
    {
      'requests to the model': JSON.stringify(world.models.requests),
      history: await historyOf(world, world.handle(run).workflowId),
      stream: stream.raw(),
      feed: feed.raw(),
      mails: JSON.stringify(world.mailer.sent),
      pages: [JSON.stringify(answer.body), ...pages].join('\n'),
      logs: safe.logged(),
      database: await dumpOf(world.db),
    },
    [pin, token],
  )
  stream.drop()
  feed.drop()
})

it('F066 a conversation keeps what a message brought for its later turns', async () => {
  const chat = await openChat(place, {
    steps: [
      unlock({ arguments: { id: 'chat', pin: '${secure.pin}' } }),
      { id: 'reply', type: 'message', text: 'Heard: ${unlocked}' },
      { id: 'end', type: 'end' },
    ],
  })
  const first = await chat.ask('One', {
    secureMetadata: { token, pin: { value: pin, hosts: [`127.0.0.1:${safe.shop.port}`] } },
  })
  expect(first).toMatchObject({ status: 200, body: { status: 'completed' } })
  expect((await chat.ask('Two')).body.status).toBe('completed')
  expect(received).toHaveLength(2)
  for (const one of received) expect(one).toContain(JSON.stringify({ pin }).slice(1, -1))
  const [session] = await world.db
    .select()
    .from(sessions)
    .where(eq(sessions.chatSessionId, chat.chatSessionId))
  mustBeClean(
    {
      history: await historyOf(world, session?.temporalWorkflowId ?? ''),
      session: JSON.stringify([await chat.session(), first.body]),
      database: await dumpOf(world.db),
      logs: safe.logged(),
    },
    [pin, token],
  )
})

it('F066 a subworkflow has what its caller was given', async () => {
  const child = await api.publish({
    input: { type: 'object' },
    steps: [unlock(), { id: 'done', type: 'end' }],
  })
  const workflowId = await api.publish({
    steps: [
      { id: 'call', type: 'subworkflow', workflowId: child, input: { id: '7' } },
      { id: 'done', type: 'end' },
    ],
  })
  const { body } = await api
    .as('member')
    .post(`R/workflows/${workflowId}/runs`, { secureMetadata: { pin, token } })
  world.follow(body.instanceUuid)
  expect((await world.ended(body.instanceUuid)).view.status).toBe('completed')
  expect(received).toMatchObject([expect.stringContaining(pin)])
})

it('F066 a value goes to the hosts it is for, and to no other', async () => {
  const workflowId = await api.publish({
    input: { type: 'object' },
    steps: [unlock(), { id: 'done', type: 'end' }],
  })
  const start = async (secureMetadata: object) => {
    const { body } = await api
      .as('member')
      .post(`R/workflows/${workflowId}/runs`, { input: { id: '7' }, secureMetadata })
    world.follow(body.instanceUuid)
    return (await world.ended(body.instanceUuid)).view
  }
  expect(await start({ token, pin: { value: pin, hosts: ['elsewhere.example'] } })).toMatchObject({
    status: 'failed',
    error: {
      code: 'SecretUnusable',
      message: expect.stringContaining('"pin" may go to elsewhere.example only'),
    },
  })
  expect(await start({ token })).toMatchObject({ error: { code: 'SecretUnusable' } })
  expect(received).toEqual([])
})

it('F066 what cannot be kept secret is refused, without being repeated', async () => {
  const workflowId = await api.publish({ steps: [{ id: 'done', type: 'end' }] })
  const start = (secureMetadata: unknown) =>
    api.as('member').post(`R/workflows/${workflowId}/runs`, { secureMetadata })
  await api
    .as('admin')
    .post('A/secrets', { name: 'appKey', value: 'of the app itself', hosts: ['a.example'] })
  for (const given of [{ pin: 'short' }, { 'no name!': pin }, { pin: { value: pin } }, { appKey: pin }]) {
    const { status, body } = await start(given)
    expect(status).toBe(422)
    expect(body.errors[0]).toMatchObject({
      path: expect.stringMatching(/^secureMetadata/),
      message: expect.not.stringMatching(/Invalid input|none of the shapes/),
    })
    expect(JSON.stringify(body)).not.toContain(pin)
  }
  expect((await start([pin])).status).toBe(400)
  const plain = world.runs.startRun({ workflowId, secureMetadata: { pin } })
  const { instanceUuid } = await plain
  const failed = await refusal(world.runs.result(instanceUuid))
  expect(failed).toMatchObject({ code: 'InvalidInput', message: expect.stringContaining('a handle') })
})

it('F066 values go a week after what they were given to has ended', async () => {
  const workflowId = await api.publish({
    steps: [
      { id: 'q', type: 'ask', question: 'Now?', answer: { type: 'text' } },
      { id: 'done', type: 'end' },
    ],
  })
  const { body } = await api.as('member').post(`R/workflows/${workflowId}/runs`, { secureMetadata: { pin } })
  const run = body.instanceUuid
  world.follow(run)
  await world.request(run)
  const left = () => world.db.select().from(secureValues).where(eq(secureValues.ownerId, run))
  await world.db
    .update(secureValues)
    .set({ createdAt: sql`now() - interval '30 days'` })
    .where(eq(secureValues.ownerId, run))
  await removeOldSecureValues(world.db)
  expect(await left()).toHaveLength(1)
  await api.as('member').post(`R/workflows/instances/${run}/cancel`)
  await world.ended(run)
  await removeOldSecureValues(world.db)
  expect(await left()).toHaveLength(1)
  await world.db
    .update(instances)
    .set({ finishedAt: sql`now() - interval '8 days'` })
    .where(eq(instances.instanceUuid, run))
  await removeOldSecureValues(world.db)
  expect(await left()).toEqual([])
})
