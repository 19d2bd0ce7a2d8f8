import { eq } from 'drizzle-orm'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import { steps } from '../../storage/sql/schema.ts'
import {
  answer,
  type Behaviour,
  breakOff,
  chunk,
  drip,
  flood,
  refuse,
  say,
  silence,
} from '../harness/model-wire.ts'
import { until } from '../harness/until.ts'
import { startWebServer, type WebServer } from '../harness/web-server.ts'
import { createWorld, type World } from '../harness/world.ts'

const limit = 60_000
/** What a neighbour may wait on a machine that does other things too. */
const neighbourly = 10_000

let server: WebServer
let world: World
/** What the model does in turn, by what it is asked about; the last one again and again. */
const behaviours = new Map<string, Behaviour[]>()
const asked = new Map<string, number[]>()
const closed = new Map<string, number>()

beforeAll(async () => {
  server = await startWebServer(({ body }, response) => {
    const topic = /about <(.*?)>/.exec(body)?.[1] ?? ''
    const times = asked.get(topic) ?? []
    asked.set(topic, [...times, Date.now()])
    response.on('close', () => closed.set(topic, (closed.get(topic) ?? 0) + 1))
    const all = behaviours.get(topic) ?? [say('Written')]
    all[Math.min(times.length, all.length - 1)]?.(response)
  })
  const baseUrl = `${server.url}/v1`
  world = await createWorld((deps) => ({
    ...deps,
    models: createOpenAiModels({ apiKey: 'test', baseUrl, model: 'test-model' }),
  }))
}, limit)
afterEach(() => world.replay())
afterAll(async () => {
  await world.close()
  await server.close()
})

const object = {
  format: 'json',
  responseSchema: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
}
const twice = { retry: { attempts: 2, backoff: 'PT0S' } }
const soon = { timeout: 'PT1S' }

interface End {
  /** The output of a run that completed, or the code and some words of its failure. */
  output?: unknown
  code?: string
  words?: string
  attempts: number
  requests: number
  /** Milliseconds that lie between the first two requests, at least. */
  pause?: number
}

const row = (what: string, all: Behaviour[], step: object, end: End) => [what, all, step, end] as const

it.each([
  row('never answers', [silence], soon, { code: 'TimedOut', words: 'PT1S', attempts: 1, requests: 1 }),
  row('drips', [drip], soon, { code: 'TimedOut', words: 'PT1S', attempts: 1, requests: 1 }),
  row('breaks off', [breakOff], twice, {
    code: 'ProviderBusy',
    words: 'Tried 2 times',
    attempts: 2,
    requests: 2,
  }),
  row('breaks off, once', [breakOff, say('Whole')], twice, { output: 'Whole', attempts: 2, requests: 2 }),
  row('sends no JSON', [say('{"n": ')], object, {
    code: 'ModelOutputInvalid',
    words: 'not JSON',
    attempts: 1,
    requests: 3,
  }),
  row('sends another form', [say('{"n": "one"}')], object, {
    code: 'ModelOutputInvalid',
    words: 'n',
    attempts: 1,
    requests: 3,
  }),
  row('sends another form, once', [say('[]'), say('{"n": 1}')], object, {
    output: { n: 1 },
    attempts: 1,
    requests: 2,
  }),
  row(
    'says nothing',
    [say('')],
    {},
    { code: 'ModelOutputInvalid', words: 'nothing', attempts: 1, requests: 3 },
  ),
  row('refuses', [refuse], {}, { code: 'ProviderRefused', words: 'I will not.', attempts: 1, requests: 1 }),
  row(
    'writes 5 MB',
    [flood(chunk({ content: 'x'.repeat(50_000) }))],
    {},
    { code: 'ProviderRefused', words: '1000000 characters', attempts: 1, requests: 1 },
  ),
  row(
    'writes 5 MB without a line’s end',
    [flood('x'.repeat(50_000))],
    {},
    { code: 'ProviderRefused', words: 'stopped', attempts: 1, requests: 1 },
  ),
  row('answers 429, and how long to wait', [answer(429, { 'retry-after': '2' }), say('At last')], twice, {
    output: 'At last',
    attempts: 2,
    requests: 2,
  }),
  row('answers 429', [answer(429), say('At last')], twice, { output: 'At last', attempts: 2, requests: 2 }),
  row('answers 429 for ever', [answer(429)], twice, {
    code: 'ProviderBusy',
    words: '429',
    attempts: 2,
    requests: 2,
  }),
  row('answers 500', [answer(500)], twice, { code: 'ProviderBusy', words: '500', attempts: 2, requests: 2 }),
  row('answers 400', [answer(400)], {}, { code: 'ProviderRefused', words: '400', attempts: 1, requests: 1 }),
  row(
    'answers 401',
    [answer(401)],
    {},
    { code: 'ProviderRefused', words: 'Check OPENAI_API_KEY', attempts: 1, requests: 1 },
  ),
])(
  'a model that %s: the run ends as it should, and another goes its way meanwhile',
  async (what, all, step, { output, code, words = '', attempts, requests, pause = 0 }) => {
    behaviours.set(what, all)
    const run = await world.begin(writing(what, step))
    await until('the model to be asked', () => asked.has(what))
    const began = Date.now()
    const neighbour = await world.ended(await world.begin(writing(`beside ${what}`)))
    expect(neighbour.view.output).toBe('Written')
    expect(Date.now() - began).toBeLessThan(neighbourly)

    const { status, view } = await world.ended(run)
    expect([status, view.output ?? null, view.error?.code]).toEqual([
      code ? 'failed' : 'completed',
      output ?? null,
      code,
    ])
    expect(view.error?.message ?? '').toContain(words)
    const [text] = await world.db.select().from(steps).where(eq(steps.instanceUuid, run))
    expect(text?.attempts).toBe(attempts)
    const times = asked.get(what) ?? []
    expect(times).toHaveLength(requests)
    expect(Number(times[1] ?? Number.POSITIVE_INFINITY) - Number(times[0])).toBeGreaterThanOrEqual(pause)
    await until('every connection to be closed', () => closed.get(what) === requests)
    const told = JSON.stringify(await world.journal(run))
    expect(told).not.toMatch(/Half an ans|xxxxx/)
  },
  limit,
)

const writing = (topic: string, step: object = {}) => ({
  steps: [
    { id: 'text', type: 'draft', format: 'text', prompt: `Write about <${topic}>`, ...step },
    { id: 'done', type: 'end', output: '${text}' },
  ],
})
