import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'

const limit = 240_000
const many = process.env.PARLEY_STORM_SECONDS ? 50 : 12

let stage: Stage
let client: Client
let workspaceId: string
beforeAll(async () => {
  stage = await createStage({
    workers: 2,
    // A few rounds of a loop are an execution then, so that it goes on in new ones again and again.
    temporal: { 'limit.historyCount.suggestContinueAsNew': 250 },
    reply: ({ messages }) => `Written for: ${messages.at(-1)?.content}`,
  })
  ;({ workspaceId } = await stage.parley.place())
  client = new Client({ connection: await Connection.connect({ address: stage.temporalAddress }) })
}, limit)
afterAll(async () => {
  await client.connection.close()
  await stage.close()
}, limit)

const mail = (subject: string) => ({
  id: 'out',
  type: 'deliver',
  files: ['${file}'],
  to: [{ email: ['someone@parley.example'], subject, body: 'x' }],
})
const file = { id: 'file', type: 'document', format: 'md', name: 'Text', content: 'x' }
const draft = { id: 'text', type: 'draft', format: 'text', prompt: 'Write about ${input.topic}' }
const mailsAbout = (subject: string) => stage.mails.mails.filter((one) => one.subject === subject).length
const asked = (topic: string) =>
  stage.model.requests.filter(({ messages }) => messages.at(-1)?.content.includes(topic)).length

const roundsOf = (topic: string) =>
  stage.mails.mails.filter(({ subject }) => subject?.startsWith(topic)).length
const handleOf = (run: string) => client.workflow.getHandle(runWorkflowId(workspaceId, run))

const start = async (workflowId: string, topic = '') =>
  (await stage.parley.startRun({ workflowId, input: { topic } })).instanceUuid

it(
  'workers that stand still for longer than a heartbeat may take, and go on: the run finishes, with one mail',
  async () => {
    const topic = `halted ${randomUUID()}`
    const workflowId = await stage.publish({ steps: [draft, file, mail('${input.topic}')] })
    stage.model.hold()
    const run = await start(workflowId, topic)
    await until('the model to be asked', () => asked(topic) > 0, 60_000)
    for (const name of ['worker', 'worker-2']) stage.halt(name)
    // The heartbeat of a model step is five seconds.
    await until('the attempt to be given up', async () => {
      const { raw } = await handleOf(run).describe()
      return raw.pendingActivities?.some(({ attempt }) => Number(attempt) > 1)
    })
    for (const name of ['worker', 'worker-2']) stage.goOn(name)
    stage.model.release()
    expect((await stage.ended(run)).status).toBe('completed')
    expect(mailsAbout(topic)).toBe(1)
  },
  limit,
)

it(
  'a loop that goes on in new executions while its workers are killed: each round has its effect once',
  async () => {
    const topic = randomUUID()
    const rounds = 50
    const workflowId = await stage.publish({
      steps: [
        file,
        {
          id: 'rounds',
          type: 'repeat',
          until: '${false}',
          max: rounds,
          steps: [{ ...mail('${input.topic} ${index}') }, { ...draft, id: 'more' }],
        },
      ],
    })
    const run = await start(workflowId, topic)
    for (const [index, name] of ['worker', 'worker-2'].entries()) {
      await until('some rounds', () => roundsOf(topic) >= (index + 1) * 10, 60_000)
      stage.kill(name)
      await stage.back(name)
    }
    const ended = await until(
      'the end of the loop',
      async () => {
        const instance = await stage.parley.instance(run)
        return instance.finishedAt ? instance : undefined
      },
      180_000,
    )
    expect(ended.status).toBe('completed')
    const sent = Array.from({ length: rounds }, (_, index) => mailsAbout(`${topic} ${index}`))
    expect(sent.filter((count) => count !== 1)).toEqual([])
    const last = await handleOf(run).fetchHistory()
    const began = last.events?.[0]?.workflowExecutionStartedEventAttributes
    expect(began?.continuedExecutionRunId).toBeTruthy()
  },
  limit,
)

it(
  'workers that are killed while a called workflow runs: one call, and its caller goes on',
  async () => {
    const topic = `called ${randomUUID()}`
    const calledId = await stage.publish({
      steps: [draft, file, mail('${input.topic}'), { id: 'done', type: 'end', output: '${text}' }],
    })
    const workflowId = await stage.publish({
      steps: [
        { id: 'call', type: 'subworkflow', workflowId: calledId, input: { topic: '${input.topic}' } },
        { id: 'done', type: 'end', output: '${call}' },
      ],
    })
    stage.model.hold()
    const run = await start(workflowId, topic)
    await until('the model to be asked', () => asked(topic) > 0, 60_000)
    for (const name of ['worker', 'worker-2']) stage.kill(name)
    await Promise.all(['worker', 'worker-2'].map(stage.back))
    stage.model.release()
    const ended = await stage.ended(run)
    expect(ended.output).toBe(`Written for: Write about ${topic}`)
    expect(mailsAbout(topic)).toBe(1)
    const { items } = await stage.parley.instances({ workflowId: calledId, kind: 'subworkflow' })
    expect(items).toHaveLength(1)
  },
  limit,
)

it(
  'a cancel at any moment: each run ends as cancelled or completed, and stays what it is',
  async () => {
    const workflowId = await stage.publish({ steps: [draft, file, mail('${input.topic}')] })
    const one = async () => {
      const topic = `cancelled ${randomUUID()}`
      const run = await start(workflowId, topic)
      await pause(randomInt(1_500))
      const refused = await stage.parley.cancel(run).then(
        () => undefined,
        (error: { status?: number }) => error.status,
      )
      const ended = await stage.ended(run)
      if (refused !== undefined) expect([refused, ended.status]).toEqual([409, 'completed'])
      expect(['cancelled', 'completed']).toContain(ended.status)
      expect(mailsAbout(topic)).toBeLessThanOrEqual(1)
      if (ended.status === 'completed') expect(mailsAbout(topic)).toBe(1)
    }
    await Promise.all(Array.from({ length: many }, one))
  },
  limit,
)

it(
  'two approvers at once: one decides, the other hears who; and nobody decides after a cancel',
  async () => {
    const workflowId = await stage.publish({
      steps: [
        { id: 'ok', type: 'approval', title: 'Good?', artifact: { text: 'x' } },
        { id: 'more', type: 'ask', question: 'Anything else?', answer: { type: 'text' } },
      ],
    })
    const run = await start(workflowId)
    const { requestId: same } = await stage.request(run, 'ok')
    const outcomes = await Promise.allSettled([
      stage.parley.decide(run, { requestId: same, decision: 'approve' }, { idempotencyKey: randomUUID() }),
      stage.parley.decide(run, { requestId: same, decision: 'reject' }, { idempotencyKey: randomUUID() }),
    ])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const [second] = outcomes.filter((one) => one.status === 'rejected')
    expect(second?.reason).toMatchObject({ status: 409, code: 'AlreadyDecided' })
    const other = await start(workflowId)
    const { requestId } = await stage.request(other, 'ok')
    await stage.parley.cancel(other)
    await stage.ended(other)
    await expect(stage.parley.decide(other, { requestId, decision: 'approve' })).rejects.toMatchObject({
      status: 409,
    })
  },
  limit,
)
