import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MockActivityEnvironment } from '@temporalio/testing'
import { eq } from 'drizzle-orm'
import type { Classified } from '../../activities/classify-intent.ts'
import { createActivities } from '../../activities/index.ts'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import { fillBase } from '../../bench/knowledge/recall.ts'
import { createDemoModel } from '../../local/demo-model/server.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { StepCall, StepOutcome } from '../../shared/contract/step-call.ts'
import type { Agent } from '../../shared/contract/steps/agent.ts'
import type { Intent } from '../../shared/contract/steps/intent.ts'
import { journal, memories } from '../../storage/sql/schema.ts'
import { type Shop, startShop } from '../harness/shop.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let shop: Shop
let demo: Server

beforeAll(async () => {
  demo = createDemoModel({ delayMs: 0 })
  await new Promise<void>((ready) => demo.listen(0, '127.0.0.1', ready))
  const baseUrl = `http://127.0.0.1:${(demo.address() as AddressInfo).port}/v1`
  shop = await startShop()
  world = await createWorld((deps) => ({
    ...shop.adapt(deps),
    models: createOpenAiModels({ apiKey: 'demo', baseUrl, model: 'parley-demo' }),
  }))
  await shop.join(world)
})
beforeEach(() => shop.calm())
afterAll(async () => {
  await world.close()
  await shop.server.close()
  await new Promise((done) => demo.close(done))
})

const session = randomUUID()
const memory = { strategy: 'summary', turns: 1 } as const

function callOf<S extends { id: string; type: string }>(step: S, userMessage: string): StepCall<S, Json> {
  const run: RunRef = {
    workspaceId: world.workspaceId,
    appId: world.appId,
    workflowId: randomUUID(),
    version: 1,
    workflowName: 'Desk',
    instanceUuid: randomUUID(),
    kind: 'turn',
    temporalWorkflowId: 'w',
    temporalRunId: 'r',
    chatSessionId: session,
  }
  const face = { path: step.id, stepId: step.id, title: step.type, type: step.type }
  const at = new Date().toISOString()
  return {
    run,
    step,
    path: step.id,
    title: step.type,
    ordinal: 0,
    scope: { values: { userMessage }, absent: [] },
    before: [{ event: 'stepStarted', status: 'running', key: 'started', at, ...face }],
    after: [],
    extra: { memory, decisions: [] },
  }
}

async function reply(userMessage: string, more: Partial<Agent> = {}): Promise<string> {
  const step: Agent = {
    id: 'reply',
    type: 'agent',
    chatReply: true,
    useMemory: true,
    prompt: 'You help customers of the shop. Parcels are sent on Mondays. They ask: ${userMessage}',
    ...more,
  }
  const call = callOf(step, userMessage)
  const { runAgent, summarise } = createActivities(world.deps)
  const done: StepOutcome<Json> = await new MockActivityEnvironment().run(runAgent, call)
  expect(done.label).toBe('Demo model')
  await new MockActivityEnvironment().run(summarise, { run: call.run, memory })
  return String(done.value)
}

const wishOf = async (userMessage: string) => {
  const step: Intent = {
    id: 'wish',
    type: 'intent',
    intents: [
      { name: 'order', description: 'Asks about an order', examples: ['where is my parcel'], steps: [] },
      { name: 'person', description: 'Wants to talk to a human being', steps: [] },
    ],
  }
  const call = callOf(step, userMessage)
  const { classifyIntent } = createActivities(world.deps)
  const done: StepOutcome<Classified> = await new MockActivityEnvironment().run(classifyIntent, call)
  return done.value.intent
}

it('finds the intent that shares most words with a message, or none', async () => {
  expect(await wishOf('Where is the parcel I bought?')).toBe('order')
  expect(await wishOf('Let me talk to a human, please')).toBe('person')
  expect(await wishOf('What a fine day')).toBe('otherwise')
})

it('repeats what it was given, says that it is a demo, and remembers', async () => {
  expect(await reply('When are parcels sent?')).toMatch(/sent on Mondays.*demo model/s)
  expect(await reply('My dog is called Bello')).toMatch(/demo model/)
  expect(await reply('What is my dog called?')).toContain('Bello')
  const [held] = await world.db.select().from(memories)
  expect(held?.summary).toContain('When are parcels sent?')
})

it('uses a tool that the message asks for, and tells what came', async () => {
  const tools = [
    { integration: 'shop', operation: 'getOrder' },
    { integration: 'shop', operation: 'refund' },
  ]
  expect(await reply('Get the order with the id A7', { tools })).toContain('status sent')
  expect(shop.server.received.map(({ path }) => path)).toEqual(['/orders/A7'])
})

it('F089 looks things up in a knowledge base, and says where they stand', async () => {
  await fillBase(world.db, world, 'Nordwind')
  const ask = (question: string) => reply(question, { useMemory: false, knowledgeBases: ['Nordwind'] })
  expect(await ask('How long is a gift card valid?')).toMatch(
    /^Gift cards are valid for three years.*\[1\].*demo model.*\n\n---\n\[1\] payment\.md, Payment › Gift cards/s,
  )
  expect(await ask('Wann verfallen Punkte?')).toMatch(/^Punkte verfallen 24 Monate nach dem Einkauf.* \[1\]/)
  expect(await ask('Zzyzx qwrtp?')).toMatch(/says nothing on this/)
})

it('says what was said before where that is nearer than what the search finds', async () => {
  const knowledgeBases = ['Nordwind']
  await reply('My gift card shows a purple walrus', { knowledgeBases })
  expect(await reply('What does the purple walrus card show?', { knowledgeBases })).toMatch(
    /^My gift card shows a purple walrus\./,
  )
})

it('suggests how to go on', async () => {
  await reply('When are parcels sent?', { suggestions: true })
  const [told] = await world.db.select().from(journal).where(eq(journal.event, 'suggestions'))
  expect(told?.data.items).toContain('Tell me more about “parcels”')
})

it('an agent without a conversation does its task', async () => {
  const run = await world.begin(
    {
      steps: [
        {
          id: 'answer',
          type: 'agent',
          prompt: 'Is it open? The shop of ${input.name} is open until six.',
          responseSchema: { type: 'object', required: ['open'], properties: { open: { type: 'string' } } },
        },
        { id: 'done', type: 'end', output: '${answer}' },
      ],
    },
    { input: { name: 'Halvorsen' } },
  )
  expect((await world.ended(run)).view).toMatchObject({
    status: 'completed',
    output: { open: expect.any(String) },
  })
})
