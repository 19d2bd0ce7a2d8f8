import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import type { Health, ParleyHttp, RunEvent } from '../../client/http.ts'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'

const limit = 90_000
const execute = promisify(execFile)

/** Enough for a document that takes seconds. */
const longText = Array.from(
  { length: 4_000 },
  (_, n) => `## Part ${n}\n\nSome *words* of part ${n}, and [more](https://parley.example/${n}).`,
).join('\n\n')

let stage: Stage
let one: ParleyHttp
let two: ParleyHttp
let temporal: Client
beforeAll(async () => {
  stage = await createStage({
    workers: ['main', 'media'],
    apis: 2,
    redis: true,
    reply: ({ messages }) => {
      const asked = messages.at(-1)?.content ?? ''
      return asked.includes('long') ? longText : `Written for: ${asked}`
    },
  })
  ;[one, two] = stage.clients as [ParleyHttp, ParleyHttp]
  temporal = new Client({ connection: await Connection.connect({ address: stage.temporalAddress }) })
}, 2 * limit)
afterAll(async () => {
  await temporal?.connection.close()
  await stage?.close()
}, limit)

const definition = {
  steps: [
    { id: 'topic', type: 'ask', question: 'About what?', answer: { type: 'text' } },
    { id: 'text', type: 'draft', format: 'text', prompt: 'Write about ${topic}' },
    { id: 'file', type: 'document', format: 'pdf', name: 'Text', content: '${text}' },
    { id: 'last', type: 'ask', question: 'Well?', answer: { type: 'text' } },
    { id: 'done', type: 'end', output: { text: '${text}', last: '${last}' } },
  ],
}

/** Somebody who reads a run at one API process. */
function read(parley: ParleyHttp, instanceUuid: string, after?: string) {
  const stop = new AbortController()
  const seen: RunEvent[] = []
  const reading = (async () => {
    for await (const event of parley.events(instanceUuid, { after, signal: stop.signal })) seen.push(event)
  })()
  return {
    seen,
    kept: () => seen.filter(({ id }) => id !== undefined),
    /** Pieces of texts, without when this process passed them on. */
    pieces: () =>
      seen
        .filter(({ id }) => id === undefined)
        .map(({ event, data }) => ({ event, data: { ...data, at: undefined } })),
    has: (event: string) => seen.some((each) => each.event === event),
    stop: async () => {
      stop.abort()
      await reading
    },
  }
}

const ids = (events: RunEvent[]) => events.map(({ id }) => Number(id))
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1)

/** Starts a run and answers its first question, and waits until the model writes. */
async function writing(topic: string, start: ParleyHttp, answer: ParleyHttp) {
  const { instanceUuid } = await start.startRun({ workflowId: await stage.publish(definition) })
  const readers = [read(one, instanceUuid), read(two, instanceUuid)]
  await stage.request(instanceUuid, 'topic')
  await until('the question at both', () => readers.every(({ has }) => has('requestOpened')))
  await answer.answer(instanceUuid, { value: topic })
  return { instanceUuid, readers: readers as [ReturnType<typeof read>, ReturnType<typeof read>] }
}

const finish = async (instanceUuid: string, parley = one) => {
  await until(
    'the last question',
    async () => (await parley.instance(instanceUuid)).requests.some(({ stepId }) => stepId === 'last'),
    60_000,
  )
  await parley.answer(instanceUuid, { value: 'Good' })
  return parley.result(instanceUuid)
}

const health = async (parley: ParleyHttp) =>
  (await fetch(`${parley.baseUrl}/health/ready`)).json() as Promise<Health>

it(
  'a run that is started at one API and answered at another is read at both alike, pieces of texts included',
  async () => {
    stage.model.hold()
    const { instanceUuid, readers } = await writing('two APIs', one, two)
    await until('the first token at both', () => readers.every(({ has }) => has('messageDelta')))
    stage.model.release()
    const ended = await finish(instanceUuid, two)
    expect(ended).toMatchObject({
      status: 'completed',
      output: { text: 'Written for: Write about two APIs', last: 'Good' },
      assets: [{ name: 'Text.pdf' }],
    })
    await until('the end at both', () => readers.every(({ has }) => has('instanceFinished')))
    const [first, second] = readers
    expect(ids(first.kept())).toEqual(upTo(first.kept().length))
    expect(second.kept()).toEqual(first.kept())
    expect(second.pieces()).toEqual(first.pieces())
    const text = first.pieces().map(({ data }) => ('text' in data ? data.text : ''))
    expect(text.join('')).toBe('Written for: Write about two APIs')
    for (const reader of readers) await reader.stop()
  },
  limit,
)

it(
  'an API that is killed: its reader goes on at the other from the last event it has',
  async () => {
    stage.model.hold()
    const { instanceUuid, readers } = await writing('a killed API', two, one)
    await until('the first token at both', () => readers.every(({ has }) => has('messageDelta')))
    stage.kill('api-2')
    stage.model.release()
    const [stayed, lost] = readers
    await lost.stop()
    const last = lost.kept().at(-1)?.id as string
    const again = read(one, instanceUuid, last)
    expect((await finish(instanceUuid)).status).toBe('completed')
    await until('the end at both', () => stayed.has('instanceFinished') && again.has('instanceFinished'))
    expect([...lost.kept(), ...again.kept()]).toEqual(stayed.kept())
    expect(ids(stayed.kept())).toEqual(upTo(stayed.kept().length))
    await Promise.all([stayed.stop(), again.stop()])
    await stage.back('api-2')
  },
  limit,
)

it(
  'a media worker that is killed while it makes a document: conversations go on, and a new one makes it',
  async () => {
    const { instanceUuid, readers } = await writing('something long', one, two)
    const making = async () => {
      const { pendingActivities = [] } = await temporal.workflow
        .getHandle(`ws:${(await one.place()).workspaceId}:run:${instanceUuid}`)
        .describe()
        .then(({ raw }) => ({ pendingActivities: raw.pendingActivities ?? [] }))
      return pendingActivities.find(({ activityType }) => activityType?.name === 'makeDocument')
    }
    await until('the document to be begun', async () => (await making())?.lastStartedTime)
    stage.kill('worker-2')
    expect(await making()).toMatchObject({ attempt: 1 })

    // Without anybody who makes files, all else works.
    const other = await writing('chat without media', two, one)
    await until(
      'its text',
      () =>
        other.readers[0].has('message') ||
        other.readers[0].seen.some(
          ({ event, data }) => event === 'stepFinished' && 'stepId' in data && data.stepId === 'text',
        ),
    )
    expect(await making()).toBeDefined()

    await stage.back('worker-2')
    for (const id of [instanceUuid, other.instanceUuid]) {
      const ended = await finish(id)
      expect([ended.status, ended.assets.length]).toEqual(['completed', 1])
    }
    const { steps } = await one.log(instanceUuid)
    expect(steps.find(({ stepId }) => stepId === 'file')?.attempts).toBeGreaterThan(1)
    for (const reader of [...readers, ...other.readers]) await reader.stop()
  },
  limit,
)

it(
  'Redis killed in the middle: the API says so, and every event arrives all the same',
  async () => {
    expect(await health(one)).toEqual({ status: 'ok', database: 'up', temporal: 'up', live: 'up' })
    stage.model.hold()
    const { instanceUuid, readers } = await writing('a killed Redis', one, two)
    await until('the first token at both', () => readers.every(({ has }) => has('messageDelta')))
    stage.kill('redis')
    await until('the loss to show', async () => (await health(two)).status === 'degraded')
    expect(await health(two)).toMatchObject({ database: 'up', temporal: 'up', live: 'down' })
    stage.model.release()
    expect((await finish(instanceUuid, two)).status).toBe('completed')
    await until('the end at both', () => readers.every(({ has }) => has('instanceFinished')))
    const [first, second] = readers
    expect(ids(first.kept())).toEqual(upTo(first.kept().length))
    expect(second.kept()).toEqual(first.kept())
    for (const reader of readers) await reader.stop()
    await stage.back('redis')
    for (const parley of stage.clients)
      await until('Redis to be found again', async () => (await health(parley)).status === 'ok')
  },
  limit,
)

it(
  'the same key at both APIs at once is one run',
  async () => {
    const workflowId = await stage.publish(definition)
    for (let n = 0; n < 10; n++) {
      const idempotencyKey = randomUUID()
      const started = await Promise.all(
        [one, two, one, two].map((parley) => parley.startRun({ workflowId }, { idempotencyKey })),
      )
      expect(new Set(started.map(({ instanceUuid }) => instanceUuid)).size).toBe(1)
    }
    expect((await two.instances({ workflowId, limit: 100 })).items).toHaveLength(10)
  },
  limit,
)

const program = (script: string, env: Record<string, string> = {}) =>
  execute(process.execPath, [script], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: stage.databaseUrl,
      TEMPORAL_ADDRESS: stage.temporalAddress,
      ...env,
    },
  })

it('a worker’s health check sees whether it asks for work on each of its queues', async () => {
  for (const WORKER_ROLES of ['main', 'media', 'main,media'])
    await program('workers/is-polling.ts', { WORKER_ROLES })
  const namespace = `nobody-${randomUUID()}`
  await temporal.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  })
  await expect(program('workers/is-polling.ts', { TEMPORAL_NAMESPACE: namespace })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('asks for work on the queue parley'),
  })
  await expect(program('workers/is-polling.ts', { WORKER_ROLES: 'all' })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('WORKER_ROLES is wrong: expected main, media, or both'),
  })
}, 30_000)

it('the first key lets its owner in as an admin', async () => {
  const { stdout } = await program('api/first-key.ts')
  const response = await fetch(`${one.baseUrl}/api/me`, {
    headers: { authorization: `Bearer ${stdout.trim()}` },
  })
  expect(await response.json()).toMatchObject({
    userId: 'local-admin',
    workspaces: [{ roles: expect.arrayContaining(['admin']) }],
  })
  await expect(program('api/first-key.ts', { DATABASE_URL: 'nonsense' })).rejects.toMatchObject({ code: 2 })
}, 30_000)
