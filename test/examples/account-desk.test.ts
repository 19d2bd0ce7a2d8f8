import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../activities/providers/tools/open-secrets.ts'
import { connectHttp, type ParleyHttp } from '../../client/http.ts'
import { createSystems } from '../../examples/actions/create-systems.ts'
import { publishExamples } from '../../examples/publish.ts'
import { createDemoModel, demoModelName } from '../../local/demo-model/server.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { type Chat, openChat } from '../harness/chat.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let parley: ParleyHttp
let systems: Server
let model: Server
let desk: string
const record = join(tmpdir(), `examples-${process.pid}.json`)

const portOf = (server: Server) => (server.address() as AddressInfo).port
const urlOf = (server: Server) => `http://127.0.0.1:${portOf(server)}`

beforeAll(async () => {
  systems = createSystems().listen(0, '127.0.0.1')
  model = createDemoModel({ delayMs: 0 }).listen(0, '127.0.0.1')
  await Promise.all([once(systems, 'listening'), once(model, 'listening')])
  world = await createWorld((deps) => {
    const outbound = createGuardedFetch({ allow: [`127.0.0.1:${portOf(systems)}`] })
    const openSecrets = createOpenSecrets(deps.db, masterKeysOf([], tmpdir()))
    return {
      ...deps,
      outbound,
      tools: createTools({ db: deps.db, outbound, openSecrets, operatorServers: {} }),
      models: createOpenAiModels({ apiKey: 'demo', baseUrl: `${urlOf(model)}/v1`, model: demoModelName }),
    }
  })
  api = await startApi({ world })
  parley = connectHttp({
    baseUrl: api.url,
    apiKey: api.keys.admin,
    workspaceId: world.workspaceId,
    appId: world.appId,
  })
  await publishExamples({ baseUrl: api.url, record, systems: urlOf(systems), parley })
  const { items } = await parley.workflows()
  desk = items.find(({ name }) => name === 'Account desk')?.workflowId ?? ''
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
  for (const server of [systems, model]) {
    server.closeAllConnections()
    server.close()
  }
  await rm(record, { force: true })
})

const hears = async (chat: Chat, words: string) => {
  await chat.ask(words)
  return (await chat.texts()).at(-1)
}
const kept = async (what: string) => (await fetch(`${urlOf(systems)}/${what}`)).json()

it('F050 the account desk looks an account up, once it knows which', async () => {
  const chat = await openChat({ world, api }, desk)
  expect(await hears(chat, 'What is my balance?')).toBe('agent: For that I need: account number.')
  expect(await hears(chat, 'It is F-2042')).toMatch(/^agent: .*plan Fleet 10.*balance 42/)
  expect(await chat.texts()).toContain('assistant: I am looking up account F-2042 …')
  const { items } = await parley.instances({ kind: 'action' })
  expect(items).toMatchObject([{ kind: 'action', status: 'completed' }])
})

it('F050 what the system does not know the customer hears in words', async () => {
  const chat = await openChat({ world, api }, desk)
  expect(await hears(chat, 'What is the balance of account F-9999?')).toMatch(/^agent: .*no account F-9999/)
})

it('F050 an SMS is sent once', async () => {
  const chat = await openChat({ world, api }, desk)
  await hears(chat, 'Send an SMS to +49 170 1234567 saying: Your tracker is on its way.')
  expect(await kept('sms')).toEqual([
    { smsId: 'S-1', to: '+49 170 1234567', text: 'Your tracker is on its way.', status: 'sent' },
  ])
})

it('F050 a payment is taken when the customer has allowed it', async () => {
  const chat = await openChat({ world, api }, desk)
  const { body } = await chat.say('I want to pay 80.50 euro for account F-2041')
  expect(await chat.asked()).toMatchObject({ question: 'May “take_payment” be called?' })
  expect(await kept('payments')).toEqual([])
  await api.as('member').post(`R/workflows/instances/${body.instanceUuid}/decisions`, { decision: 'approve' })
  await chat.turn(body.instanceUuid)
  expect((await chat.texts()).at(-1)).toMatch(/status paid.*balance -100/)
  expect(await kept('payments')).toMatchObject([{ account: 'F-2041', amount: 80.5, balance: -100 }])
})

it('F040 F050 a person takes over in the middle of the conversation, and the desk knows what was said', async () => {
  const chat = await openChat({ world, api }, desk)
  const { body } = await chat.say('I want to talk to a person about my invoice')
  const { requestId, ...handoff } = await until('the handoff', async () => (await parley.handoffs()).items[0])
  expect(handoff).toMatchObject({
    team: 'support',
    note: 'I want to talk to a person about my invoice',
    instanceUuid: body.instanceUuid,
  })
  await parley.takeHandoff(requestId)
  await parley.sayInHandoff(requestId, { text: 'Which one do you mean?' })
  await chat.say('The July one')
  await parley.sayInHandoff(requestId, { text: 'The July invoice was paid on the third.' })
  await parley.returnHandoff(requestId, { note: 'July invoice explained' })
  await chat.turn(body.instanceUuid)
  expect(await chat.texts()).toEqual([
    'user: I want to talk to a person about my invoice',
    'system: I am fetching a colleague. Go on writing here, they read it.',
    'agent: Which one do you mean?',
    'user: The July one',
    'agent: The July invoice was paid on the third.',
    'agent: That is done with transfer_to_person: July invoice explained.',
  ])
  const { items } = await parley.instances({ kind: 'action' })
  expect(items[0]).toMatchObject({ workflowName: 'Transfer to a person', status: 'completed' })
  expect(await hears(chat, 'When was the July invoice paid?')).toContain('paid on the third')
})

it('the systems are found again when they have another port', async () => {
  await publishExamples({ baseUrl: api.url, record, systems: 'http://127.0.0.1:1', parley })
  const { items } = await parley.integrations()
  expect(items.map(({ name, baseUrl }) => `${name} ${baseUrl}`).sort()).toEqual([
    'accounts http://127.0.0.1:1/accounts',
    'payments http://127.0.0.1:1/payments',
    'refunds http://127.0.0.1:1/refunds',
    'sms http://127.0.0.1:1/sms',
  ])
  const servers = async () =>
    (await parley.mcpServers()).items.map(({ url, accepted }) => ({ url, accepted }))
  expect(await servers()).toEqual([{ url: 'http://127.0.0.1:1/orders/mcp', accepted: false }])
  await publishExamples({ baseUrl: api.url, record, systems: urlOf(systems), parley })
  expect(await servers()).toEqual([{ url: `${urlOf(systems)}/orders/mcp`, accepted: true }])
  expect(JSON.parse(await readFile(record, 'utf8'))).toContain('account-desk')
})
