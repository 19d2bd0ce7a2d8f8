import { createHash } from 'node:crypto'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import type { Models } from '../../activities/providers/models/port.ts'
import { fail } from '../../shared/temporal/failure.ts'
import { addressOf, startApi, type TestApi } from '../harness/api.ts'
import { type ModelServer, startModelServer } from '../harness/model-server.ts'
import { hang } from '../harness/scripted-models.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let server: ModelServer
/** Over HTTP, for what is really sent; otherwise the scripted model answers. */
let overHttp: Models | undefined
const prices = {
  scripted: { inputPerMillion: 2, outputPerMillion: 8, currency: 'EUR' },
  'test-model': { inputPerMillion: 1, outputPerMillion: 1, currency: 'USD' },
}

beforeAll(async () => {
  server = await startModelServer(() => '{"title": "Boats"}')
  world = await createWorld((deps) => ({
    ...deps,
    prices,
    models: { generate: (request, call) => (overHttp ?? deps.models).generate(request, call) },
  }))
  api = await startApi({ world })
})
afterEach(() => {
  overHttp = undefined
  return world.replay()
})
afterAll(async () => {
  await api?.close()
  await world?.close()
  await server?.close()
})

const member = () => api.as('member')
const at = (run: string) => `R/workflows/instances/${run}`
const write = (id: string, prompt: string, more: object = {}) => ({
  id,
  type: 'draft',
  format: 'text',
  prompt,
  ...more,
})
const ask = (id: string) => ({ id, type: 'ask', question: `${id}?`, answer: { type: 'text' } })

async function start(definition: Record<string, unknown>): Promise<string> {
  const workflowId = await api.publish({ name: 'Logged', ...definition })
  const { body } = await member().post(`R/workflows/${workflowId}/runs`, {})
  world.follow(body.instanceUuid)
  return body.instanceUuid
}
const inState = (run: string, status: string) =>
  until(`${run} ${status}`, async () => {
    const { body } = await member().get(at(run))
    return body.status === status ? body : undefined
  })
const answer = async (run: string, stepId: string, value: unknown) => {
  const { requestId } = await world.request(run, stepId)
  expect((await member().post(`${at(run)}/answers`, { requestId, value })).status).toBe(200)
}
const log = async (run: string, query = '') => (await member().get(`${at(run)}/log${query}`)).body
const byPath = (body: { steps: { path: string }[] }) =>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into steps of every shape
  Object.fromEntries(body.steps.map((step) => [step.path, step])) as Record<string, any>

test('a call is logged as it was sent, with tokens, cost by the price of that day, and how long it took', async () => {
  overHttp = createOpenAiModels({ apiKey: 'k', baseUrl: server.baseUrl, model: 'test-model' })
  const before = server.requests.length
  const run = await start({
    steps: [
      write('facts', 'Write on boats.', {
        format: 'json',
        responseSchema: { type: 'object', required: ['title', 'text'] },
        onError: 'continue',
      }),
      { id: 'done', type: 'end', output: 'ok' },
    ],
  })
  await inState(run, 'completed')
  const { steps, totals } = await log(run)
  const sent = server.requests.slice(before)
  expect(sent).toHaveLength(3)
  expect(
    steps[0].modelCalls.map(({ prompt: { system, user, history } }: { prompt: Record<string, never> }) => [
      { role: 'system', content: system },
      { role: 'user', content: user },
      ...(history as unknown as object[]),
    ]),
  ).toEqual(sent.map(({ messages }) => messages))
  for (const call of steps[0].modelCalls) {
    expect(call.cost).toBeCloseTo((call.tokens.in + call.tokens.out) / 1e6, 10)
    expect(call).toMatchObject({ currency: 'USD', durationMs: expect.any(Number) })
    expect(Date.parse(call.finishedAt) - Date.parse(call.startedAt)).toBe(call.durationMs)
  }
  const cost = steps[0].modelCalls.reduce((sum: number, call: { cost: number }) => sum + call.cost, 0)
  expect(totals).toMatchObject({
    modelCalls: 3,
    toolCalls: 0,
    unpricedCalls: 0,
    costs: [{ currency: 'USD' }],
  })
  expect(totals.costs[0].cost).toBeCloseTo(cost, 10)
  expect(steps[0]).toMatchObject({ status: 'failed', error: { code: 'ModelOutputInvalid' } })
})

test('a price that changes later does not change what was paid, and without a price there is no cost', async () => {
  world.models.will('One.', 'Two.')
  const run = await start({ steps: [write('one', 'One.'), ask('on'), write('two', 'Two.')] })
  await world.request(run, 'on')
  const price = prices.scripted
  delete (prices as Partial<typeof prices>).scripted
  await answer(run, 'on', 'yes')
  await inState(run, 'completed')
  prices.scripted = price
  const body = await log(run)
  expect(byPath(body).one.modelCalls[0]).toMatchObject({ cost: 0.00006, currency: 'EUR' })
  expect(byPath(body).two.modelCalls[0]).toMatchObject({ cost: null, currency: null })
  expect(body.totals).toMatchObject({
    modelCalls: 2,
    tokens: { in: 20, out: 10 },
    costs: [{ currency: 'EUR', cost: 0.00006 }],
    unpricedCalls: 1,
  })
})

test('a retried run shows the last state of each step, with what went wrong before', async () => {
  world.models.will(() => {
    throw fail('ProviderRefused', 'The key is wrong.')
  }, 'At last.')
  const run = await start({
    steps: [
      {
        id: 'way',
        type: 'branch',
        cases: [{ when: '${true}', steps: [write('text', 'Write.')] }],
      },
    ],
  })
  await inState(run, 'failed')
  const failed = byPath(await log(run))
  expect(failed['way.text']).toMatchObject({ status: 'failed', error: { code: 'ProviderRefused' } })
  await member().post(`${at(run)}/retry`)
  await inState(run, 'completed')
  const { way, 'way.text': text } = byPath(await log(run))
  expect(text).toMatchObject({ status: 'completed', output: 'At last.', error: null })
  expect(text.logs).toEqual([expect.stringMatching(/^\d{4}-.*Z ProviderRefused: .*The key is wrong\.$/)])
  expect(way).toMatchObject({ status: 'completed', error: null })
  expect(way.logs).toEqual([expect.stringContaining('ProviderRefused: ')])
})

test('an attempt that failed and was repeated is told in the logs of the step', async () => {
  world.models.will(() => {
    throw fail('ProviderBusy', 'Too many at once.')
  }, 'Fine.')
  const run = await start({ steps: [write('text', 'Write.')] })
  await inState(run, 'completed')
  const [step] = (await log(run)).steps
  expect(step).toMatchObject({ status: 'completed', attempts: 2, error: null, output: 'Fine.' })
  expect(step.logs).toEqual([expect.stringContaining(' ProviderBusy: Too many at once.')])
})

test('steps that were cut off are cancelled: by a timeout around them, by another line that failed, by a cancel', async () => {
  const refuse = () => {
    throw fail('ProviderRefused', 'No.')
  }
  world.models.will(hang(), refuse)
  const run = await start({
    steps: [
      {
        id: 'late',
        type: 'repeat',
        max: 1,
        until: '${true}',
        timeout: 'PT1S',
        onError: 'continue',
        steps: [write('slow', 'Slow.')],
      },
      {
        id: 'both',
        type: 'parallel',
        arms: [
          { name: 'left', steps: [ask('left')] },
          { name: 'right', steps: [write('right', 'Right.')] },
        ],
        onError: 'continue',
      },
      ask('last'),
    ],
  })
  await world.request(run, 'last')
  const waiting = byPath(await log(run))
  expect(waiting['late[0].slow']).toMatchObject({
    status: 'cancelled',
    finishedAt: waiting.late.finishedAt,
  })
  expect(waiting['both.left']).toMatchObject({ status: 'cancelled' })
  expect(waiting.last).toMatchObject({ status: 'waiting', finishedAt: null })
  await member().post(`${at(run)}/cancel`)
  const { finishedAt } = await inState(run, 'cancelled')
  expect(byPath(await log(run)).last).toMatchObject({ status: 'cancelled', finishedAt })
})

test('a subworkflow step leads to its run, whose calls and questions count in the totals', async () => {
  world.models.will('Below.')
  const below = await api.publish({
    name: 'Below',
    steps: [ask('who'), write('text', 'Below.'), { id: 'end', type: 'end', output: '${text}' }],
  })
  const run = await start({ steps: [{ id: 'sub', type: 'subworkflow', workflowId: below }] })
  const { instanceUuid: child } = await world.request(run, 'who')
  expect(byPath(await log(run)).sub).toMatchObject({ childInstanceUuid: child, status: 'waiting' })
  await member().post(`${at(run)}/answers`, { value: 'me' })
  await inState(run, 'completed')
  const body = await log(run)
  expect(byPath(body).sub).toMatchObject({ status: 'completed', output: 'Below.', childInstanceUuid: child })
  expect(body.totals).toMatchObject({ modelCalls: 1, costs: [{ currency: 'EUR', cost: 0.00006 }] })
  const { time } = body.totals
  expect(time.waitingForPeople).toBeGreaterThan(0)
  expect(Math.abs(time.total - time.working - time.waitingForPeople)).toBeLessThanOrEqual(1)
  const lines = (await exported(run)).map(({ type, instanceUuid }) => [type, instanceUuid])
  expect(lines).toContainEqual(['run', child])
  expect(lines).toContainEqual(['call', child])
})

test('a long value is cut to its beginning, and given whole for a path', async () => {
  const long = 'Boats. '.repeat(5_000).trim()
  world.models.will(long)
  const run = await start({ steps: [write('text', long), ask('on')] })
  await world.request(run, 'on')
  const [cut] = (await log(run)).steps
  expect(cut.output).toEqual({ truncated: true, characters: long.length, text: long.slice(0, 20_000) })
  expect(cut.modelCalls[0].prompt.user).toMatchObject({ truncated: true, characters: long.length })
  expect(cut.modelCalls[0].prompt.system).toEqual(expect.any(String))
  const [whole] = (await log(run, '?path=text&whole=true')).steps
  expect([whole.output, whole.modelCalls[0].prompt.user]).toEqual([long, long])
  expect((await member().get(`${at(run)}/log?whole=true`)).status).toBe(400)
})

test('the log of a long loop comes in pages, in the order the steps began, and by path', async () => {
  const run = await start({
    steps: [
      {
        id: 'rounds',
        type: 'repeat',
        max: 60,
        until: '${false}',
        steps: [{ id: 'count', type: 'set', variables: { n: '${index}' } }],
      },
    ],
    variables: { n: 0 },
  })
  await inState(run, 'completed')
  const paths: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await log(run, `?limit=25${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
    paths.push(...page.steps.map(({ path }: { path: string }) => path))
    cursor = page.nextCursor
  }
  expect(paths).toEqual(['rounds', ...Array.from({ length: 60 }, (_, index) => `rounds[${index}].count`)])
  const one = await log(run, `?path=${encodeURIComponent('rounds[3]')}`)
  expect(one.steps.map(({ path }: { path: string }) => path)).toEqual(['rounds[3].count'])
  expect((await member().get(`${at(run)}/log?cursor=nonsense`)).status).toBe(400)
})

const exported = async (run: string): Promise<{ type: string; [field: string]: unknown }[]> => {
  const text = await (await member().send(`${at(run)}/export`, {})).text()
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('F014 the export is the whole run as JSON lines, and its last line proves that nothing is missing', async () => {
  world.models.will('About boats.')
  const run = await start({
    steps: [
      ask('topic'),
      write('text', 'About ${topic}.'),
      { id: 'file', type: 'document', format: 'md', name: 'Boats', content: '${text}' },
      {
        id: 'sent',
        type: 'deliver',
        files: ['${file}'],
        to: [{ email: ['x@parley.example'], subject: 'Hello', body: '${text}' }],
      },
    ],
  })
  await answer(run, 'topic', 'boats')
  await inState(run, 'completed')
  const response = await member().send(`${at(run)}/export`, {})
  expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
  expect(response.headers.get('content-disposition')).toContain(`Logged ${run.slice(0, 8)}.jsonl`)
  const text = await response.text()
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const of = (type: string) => lines.filter((line) => line.type === type)
  expect(of('run')).toMatchObject([
    { instanceUuid: run, status: 'completed', versionSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ])
  expect(of('event').map(({ event }) => event)).toEqual((await world.journal(run)).map(({ event }) => event))
  expect(of('call')).toMatchObject([{ path: 'text', kind: 'model', cost: 0.00006, currency: 'EUR' }])
  expect(of('request')).toMatchObject([{ outcome: 'answered', by: { userId: 'member' } }])
  expect(of('effect')).toMatchObject([{ path: 'sent', kind: 'mail', state: 'done' }])
  expect(of('file')).toMatchObject([{ name: 'Boats.md', sha256: expect.any(String) }])
  const end = lines.at(-1)
  const before = text.slice(0, text.trimEnd().lastIndexOf('\n') + 1)
  expect(end).toEqual({
    type: 'end',
    instanceUuid: run,
    lines: lines.length - 1,
    sha256: createHash('sha256').update(before).digest('hex'),
  })
  const head = await member().send(`${at(run)}/export`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})

test('F014 a run says what its reader may do with it now, and where it is found', async () => {
  world.models.will(() => {
    throw fail('ProviderRefused', 'No.')
  })
  const run = await start({
    steps: [
      ask('topic'),
      { id: 'ok', type: 'approval', title: 'Go?', artifact: { text: 'x' }, approvers: { role: 'approver' } },
      write('text', 'Write.'),
    ],
  })
  await world.request(run, 'topic')
  const actions = async (who: 'member' | 'approver' | 'admin') =>
    (await api.as(who).get(at(run))).body.actions
  expect(await actions('member')).toEqual(['answer', 'cancel', 'export'])
  expect((await api.as('approver').get(at(run))).status).toBe(404)
  await answer(run, 'topic', 'boats')
  const { requestId } = await world.request(run, 'ok')
  expect(await actions('member')).toEqual(['cancel', 'rewind', 'export'])
  expect(await actions('approver')).toEqual(['decide', 'export'])
  expect((await member().get(at(run))).body).toMatchObject({
    href: `/runs/${run}`,
    temporal: { url: expect.stringContaining(encodeURIComponent(run)) },
  })
  await api.as('approver').post(`${at(run)}/decisions`, { requestId, decision: 'approve' })
  await inState(run, 'failed')
  expect(await actions('member')).toEqual(['retry', 'rewind', 'export'])
  expect(await actions('approver')).toEqual(['export'])
})

test('B09 what was asked is listed with the answers, and which of them a rewind can begin at', async () => {
  const below = await api.publish({ name: 'Below', steps: [ask('who')] })
  const run = await start({
    steps: [
      { id: 'count', type: 'ask', question: 'How many?', answer: { type: 'number' } },
      { id: 'sub', type: 'subworkflow', workflowId: below },
      ask('topic'),
    ],
  })
  await answer(run, 'count', '12k')
  const { instanceUuid: child } = await world.request(run, 'who')
  await member().post(`${at(run)}/answers`, { value: 'me' })
  await world.request(run, 'topic')
  const { body } = await member().get(`${at(run)}/requests`)
  expect(body.items).toMatchObject([
    { stepId: 'count', value: 12_000, outcome: 'answered', by: { userId: 'member' }, canRewind: true },
    { stepId: 'who', value: 'me', instanceUuid: child, canRewind: false },
    { stepId: 'topic', value: null, outcome: null, closedAt: null, canRewind: false },
  ])
  const first = await member().get(`${at(run)}/requests?limit=1`)
  const rest = await member().get(
    `${at(run)}/requests?limit=5&cursor=${encodeURIComponent(first.body.nextCursor)}`,
  )
  expect([...first.body.items, ...rest.body.items].map(({ stepId }) => stepId)).toEqual([
    'count',
    'who',
    'topic',
  ])
})

test('log, questions and export are for those who see the run', async () => {
  const run = await start({ steps: [ask('topic')] })
  await world.request(run, 'topic')
  for (const what of ['log', 'requests', 'export']) {
    for (const who of ['other', 'foreigner'] as const)
      expect([403, 404]).toContain((await api.as(who).send(`${at(run)}/${what}`, {})).status)
    expect(
      (
        await fetch(addressOf(api.url, api, `${at(run)}/${what}`), {
          headers: { authorization: 'Bearer no' },
        })
      ).status,
    ).toBe(401)
    expect((await api.as('admin').send(`${at(run)}/${what}`, {})).status).toBe(200)
  }
})
