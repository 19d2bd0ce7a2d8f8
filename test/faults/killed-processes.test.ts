import { randomUUID } from 'node:crypto'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'

const limit = 120_000

let stage: Stage
beforeAll(async () => {
  stage = await createStage({ reply: ({ messages }) => `Written for: ${messages.at(-1)?.content}` })
}, limit)
afterAll(() => stage.close())

const draftAndMail = {
  steps: [
    { id: 'topic', type: 'ask', question: 'About what?', answer: { type: 'text' } },
    { id: 'text', type: 'draft', format: 'text', prompt: 'Write about ${topic}' },
    { id: 'file', type: 'document', format: 'docx', name: 'Text', content: '${text}' },
    {
      id: 'out',
      type: 'deliver',
      files: ['${file}'],
      to: [{ email: ['someone@parley.example'], subject: '${topic}', body: '${text}' }],
    },
    { id: 'last', type: 'ask', question: 'Well?', answer: { type: 'text' } },
    { id: 'done', type: 'end', output: { text: '${text}', last: '${last}' } },
  ],
}

/** Starts a run and answers its first question. */
async function startAbout(topic: string): Promise<string> {
  const { instanceUuid } = await stage.parley.startRun({ workflowId: await stage.publish(draftAndMail) })
  await stage.request(instanceUuid, 'topic')
  await stage.parley.answer(instanceUuid, { value: topic })
  return instanceUuid
}

const finish = async (instanceUuid: string) => {
  await stage.request(instanceUuid, 'last')
  await stage.parley.answer(instanceUuid, { value: 'Good' })
  return stage.ended(instanceUuid)
}

const mailsAbout = (topic: string) => stage.mails.mails.filter(({ subject }) => subject === topic).length

it(
  'a worker that is killed in a model call: the run finishes, and the half answer is nowhere',
  async () => {
    stage.model.hold()
    const run = await startAbout('killed in a model call')
    await until('the model to be asked', () =>
      stage.model.requests.some(({ messages }) =>
        messages.at(-1)?.content.includes('killed in a model call'),
      ),
    )
    stage.kill('worker')
    await stage.back('worker')
    stage.model.release()
    const ended = await finish(run)
    expect(ended.status).toBe('completed')
    expect(ended.output).toEqual({ text: 'Written for: Write about killed in a model call', last: 'Good' })
    expect(mailsAbout('killed in a model call')).toBe(1)
  },
  limit,
)

it(
  'a worker that is killed right after the mail was accepted: one mail',
  async () => {
    const accepted = Promise.withResolvers<void>()
    stage.mails.onAccepted = () => {
      stage.mails.onAccepted = undefined
      stage.kill('worker')
      accepted.resolve()
    }
    const run = await startAbout('killed after the mail')
    await accepted.promise
    await stage.back('worker')
    const ended = await finish(run)
    expect(ended.status).toBe('completed')
    expect(mailsAbout('killed after the mail')).toBe(1)
  },
  limit,
)

it(
  'an API that is killed between accept and response: a repeated request gives one run and loses no answer',
  async () => {
    const workflowId = await stage.publish(draftAndMail)
    const topics = Array.from({ length: 6 }, (_, index) => `start ${index} ${randomUUID()}`)
    for (const [index, topic] of topics.entries()) {
      const key = randomUUID()
      const first = stage.parley.startRun({ workflowId }, { idempotencyKey: key }).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, index * 5))
      stage.kill('api')
      await stage.back('api')
      await first
      const { instanceUuid } = await until('a start', () =>
        stage.parley.startRun({ workflowId }, { idempotencyKey: key }).catch(() => undefined),
      )
      await stage.request(instanceUuid, 'topic')
      const answerKey = randomUUID()
      const answered = stage.parley
        .answer(instanceUuid, { value: topic }, { idempotencyKey: answerKey })
        .catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, index * 5))
      stage.kill('api')
      await stage.back('api')
      await answered
      await until('the answer', () =>
        stage.parley.answer(instanceUuid, { value: topic }, { idempotencyKey: answerKey }).then(
          () => true,
          () => false,
        ),
      )
      const ended = await finish(instanceUuid)
      expect(ended.output).toEqual({ text: `Written for: Write about ${topic}`, last: 'Good' })
    }
    const { items } = await stage.parley.instances({ workflowId, limit: 100 })
    expect(items).toHaveLength(topics.length)
  },
  limit,
)

it.each(['temporal', 'postgres'])(
  '%s killed in the middle: the run finishes',
  async (name) => {
    stage.model.hold()
    const run = await startAbout(`killed ${name}`)
    await until('the model to be asked', () =>
      stage.model.requests.some(({ messages }) => messages.at(-1)?.content.includes(`killed ${name}`)),
    )
    stage.kill(name)
    stage.model.release()
    await stage.back(name)
    const ended = await finish(run)
    expect(ended.status).toBe('completed')
    expect(mailsAbout(`killed ${name}`)).toBe(1)
  },
  limit,
)

it(
  'everything killed at once: every run goes on, and no answer is lost',
  async () => {
    stage.model.hold()
    const runs = await Promise.all(
      ['first', 'second', 'third'].map((name) => startAbout(`all killed ${name}`)),
    )
    for (const name of ['worker', 'api', 'temporal', 'postgres']) stage.kill(name)
    stage.model.release()
    for (const name of ['postgres', 'temporal', 'worker', 'api']) await stage.back(name)
    for (const [index, run] of runs.entries()) {
      const ended = await finish(run)
      expect(ended.status).toBe('completed')
      expect(mailsAbout(`all killed ${['first', 'second', 'third'][index]}`)).toBe(1)
    }
  },
  limit,
)
