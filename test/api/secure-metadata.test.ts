import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { Writable } from 'node:stream'
import { eq, sql } from 'drizzle-orm'
import { pino } from 'pino'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../activities/providers/tools/open-secrets.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { seal } from '../../storage/secrets/seal.ts'
import { instances, secureValues, sessions } from '../../storage/sql/schema.ts'
import { removeOldSecureValues } from '../../storage/sql/secure-values.ts'
import { type Events, startApi, type TestApi } from '../harness/api.ts'
import { dumpOf, formsOf, historyOf, mustBeClean } from '../harness/canary.ts'
import { openChat } from '../harness/chat.ts'
import { refusal } from '../harness/refusal.ts'
import { calls } from '../harness/scripted-models.ts'
import { sendJson, startWebServer, type WebServer } from '../harness/web-server.ts'
import { createWorld, type World } from '../harness/world.ts'

const pin = 'canary-7Hq/2+x: the pin of Ada'
const token = 'canary-Tk9?&=%z-of-the-session'

let world: World
let api: TestApi
let place: { world: World; api: TestApi }
let shop: WebServer
let logged = ''
/** What the systems behind the tools were really sent. */
const received: string[] = []

beforeAll(async () => {
  const keys = masterKeysOf([randomBytes(32)], tmpdir())
  shop = await startWebServer((request, response) => {
    const { body } = request
    received.push(`${request.path} ${JSON.stringify(request.headers)} ${body}`)
    const bearer = String(request.headers.authorization ?? '').replace('Bearer ', '')
    const heard = [...formsOf(pin), ...formsOf(bearer)]
    if (request.path.includes('broken')) sendJson(response, { no: heard.join(' | ') }, 422)
    else sendJson(response, { heard, headers: request.headers, body })
  })
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
  const out = new Writable({
    write: (chunk, _, done) => {
      logged += chunk
      done()
    },
  })
  api = await startApi({
    world,
    over: {
      log: pino({ level: 'trace' }, out),
      seal: async (value, bound) => seal(await keys.toSeal(), value, bound),
    },
  })
  place = { world, api }
  const made = await api.as('admin').post('A/integrations', {
    name: 'shop',
    baseUrl: shop.url,
    headers: { authorization: 'Bearer ${secure.token}' },
    operations: [
      { name: 'unlock', method: 'POST', path: '/{id}', arguments: { properties: { id: {}, pin: {} } } },
      { name: 'look', method: 'GET', path: '/look/{id}', arguments: { properties: { id: {} } } },
    ],
  })
  expect(made.status).toBe(201)
})
beforeEach(() => {
  received.length = 0
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
  await shop.close()
})

const unlock = (more: object = {}) => ({
  id: 'unlocked',
  type: 'tool',
  integration: 'shop',
  operation: 'unlock',
  arguments: { id: '${input.id}', pin: 'pin ${secure.pin}' },
  ...more,
})
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
      logs: logged,
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
    secureMetadata: { token, pin: { value: pin, hosts: [`127.0.0.1:${shop.port}`] } },
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
      logs: logged,
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
      message: expect.not.stringContaining('Invalid input'),
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
