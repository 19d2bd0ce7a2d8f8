import { fail } from '../../shared/temporal/failure.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
})
afterAll(async () => {
  await api?.close()
  await world?.close()
})

const member = () => api.as('member')
const at = (run: string) => `R/workflows/instances/${run}`

async function start(definition: Record<string, unknown>): Promise<string> {
  const workflowId = await api.publish({ name: 'Repair', ...definition })
  return (await member().post(`R/workflows/${workflowId}/runs`, {})).body.instanceUuid
}

/** The run, once it is in a state. */
const inState = (run: string, status: string) =>
  until(`${run} ${status}`, async () => {
    const { body } = await member().get(at(run))
    return body.status === status ? body : undefined
  })

const question = (run: string, stepId: string) =>
  until(`the question ${stepId}`, async () => {
    const { body } = await member().get(at(run))
    return body.requests?.find((one: { stepId: string }) => one.stepId === stepId)
  })

const answer = async (run: string, stepId: string, value: unknown) => {
  const { requestId } = await question(run, stepId)
  expect((await member().post(`${at(run)}/answers`, { requestId, value })).status).toBe(200)
  return requestId as string
}

const ask = (id: string) => ({ id, type: 'ask', question: `${id}?`, answer: { type: 'text' } })
const write = (id: string, prompt: string, more: object = {}) => ({
  id,
  type: 'draft',
  format: 'text',
  prompt,
  ...more,
})
const mail = {
  id: 'sent',
  type: 'deliver',
  files: [],
  to: [{ email: ['x@parley.example'], subject: 'Hello', body: '${text}' }],
}
const refusing = (): never => {
  throw fail('ProviderRefused', 'The key is wrong.')
}

const said = (body: { messages: { role: string; text: string }[] }) =>
  body.messages.map(({ role, text }) => `${role}: ${text}`)

test('F014 a failed run goes on from the step it failed at; what is done is not done again', async () => {
  world.models.will('A text.', refusing)
  const run = await start({
    variables: { seen: 0 },
    steps: [
      ask('topic'),
      { id: 'count', type: 'set', variables: { seen: '${variables.seen + 1}' } },
      write('text', 'About ${topic}.'),
      mail,
      { id: 'told', type: 'message', text: 'It is sent.' },
      {
        id: 'way',
        type: 'branch',
        cases: [{ when: '${variables.seen == 1}', steps: [write('more', 'More than ${text}')] }],
      },
      { id: 'done', type: 'end', output: { more: '${more.orValue("")}', seen: '${variables.seen}' } },
    ],
  })
  await answer(run, 'topic', 'boats')
  const failed = await inState(run, 'failed')
  expect(failed.error.code).toBe('ProviderRefused')
  const asked = world.models.requests.length
  world.models.will('Much more.')
  const retried = await member().post(`${at(run)}/retry`)
  expect([retried.status, retried.body]).toEqual([202, { instanceUuid: run, status: 'running' }])
  const ended = await inState(run, 'completed')
  expect(ended).toMatchObject({ output: { more: 'Much more.', seen: 1 }, error: null, progress: 100 })
  expect(world.models.requests.slice(asked).map(({ user }) => user)).toEqual(['More than A text.'])
  expect(world.mailer.sent).toHaveLength(1)
  expect(said(ended)).toEqual(['assistant: topic?', 'user: boats', 'assistant: It is sent.'])
  const { body: log } = await member().get(`${at(run)}/log`)
  const step = log.steps.find((one: { stepId: string }) => one.stepId === 'more')
  expect(step).toMatchObject({ status: 'completed', output: 'Much more.', error: null })
})

test('a run may be retried again and again, each time at the step that failed', async () => {
  world.models.will(refusing, refusing, 'At last.')
  const run = await start({
    steps: [write('text', 'Write.'), { id: 'done', type: 'end', output: '${text}' }],
  })
  for (const _ of ['first', 'second']) {
    await inState(run, 'failed')
    expect((await member().post(`${at(run)}/retry`)).status).toBe(202)
  }
  expect((await inState(run, 'completed')).output).toBe('At last.')
  const again = await member().post(`${at(run)}/retry`)
  expect([again.status, again.body.code]).toEqual([409, 'Conflict'])
})

test('a retry in a loop, behind a changed draft, and beside a handled failure takes up the very round', async () => {
  world.models.will('one', 'two', refusing)
  const run = await start({
    steps: [
      write('odd', '${[][0]}', { onError: 'continue' }),
      {
        id: 'ok',
        type: 'approval',
        title: 'Go?',
        artifact: { text: '${topic.orValue("first")}' },
        onChanges: { steps: [ask('topic')] },
      },
      {
        id: 'rounds',
        type: 'each',
        in: "${['a', 'b', 'c']}",
        steps: [write('text', '${item} of ${topic.orValue("all")}')],
      },
      { id: 'done', type: 'end', output: '${rounds}' },
    ],
  })
  const first = await question(run, 'ok')
  await member().post(`${at(run)}/decisions`, { requestId: first.requestId, decision: 'changes' })
  await answer(run, 'topic', 'boats')
  const second = await until('the approval anew', async () => {
    const open = await question(run, 'ok')
    return open.requestId === first.requestId ? undefined : open
  })
  expect(second.artifact.text).toBe('boats')
  await member().post(`${at(run)}/decisions`, { requestId: second.requestId, decision: 'approve' })
  await inState(run, 'failed')
  world.models.will('three')
  await member().post(`${at(run)}/retry`)
  expect((await inState(run, 'completed')).output).toEqual(['one', 'two', 'three'])
  expect(world.models.requests.at(-1)?.user).toBe('c of boats')
})

test('the same key retries once, and two at once do not retry twice', async () => {
  world.models.will(refusing, 'Fine.')
  const run = await start({ steps: [write('text', 'Write.')] })
  await inState(run, 'failed')
  const key = { 'idempotency-key': 'retry-1' }
  const both = await Promise.all([
    member().post(`${at(run)}/retry`, undefined, key),
    member().post(`${at(run)}/retry`, undefined, key),
    member().post(`${at(run)}/retry`),
  ])
  expect(both.map(({ status }) => status).filter((status) => status === 202).length).toBeGreaterThanOrEqual(1)
  await inState(run, 'completed')
  const started = (await world.journal(run)).filter(({ event }) => event === 'instanceStarted')
  expect(started).toHaveLength(2)
})

test('B09 an earlier answer is given anew in a new run, linked, with what was done outside since', async () => {
  world.models.will('About boats.')
  const run = await start({
    steps: [
      ask('name'),
      { id: 'hello', type: 'message', text: 'Hello ${name}.' },
      ask('topic'),
      write('text', 'About ${topic}.'),
      mail,
      ask('more'),
      { id: 'done', type: 'end', output: '${name}: ${text} ${more}' },
    ],
  })
  await answer(run, 'name', 'Ann')
  const topic = await answer(run, 'topic', 'boats')
  await question(run, 'more')
  const before = world.mailer.sent.length
  world.models.will('About trains.')
  const rewound = await member().post(`${at(run)}/rewind`, { requestId: topic, value: 'trains' })
  expect(rewound.status).toBe(202)
  const next = rewound.body.instanceUuid
  expect(rewound.body).toMatchObject({
    rewoundFrom: run,
    version: 1,
    effects: [{ path: 'sent', kind: 'mail', state: 'done' }],
  })
  expect(next).not.toBe(run)
  await answer(next, 'more', 'That is all.')
  const ended = await inState(next, 'completed')
  expect(ended).toMatchObject({ output: 'Ann: About trains. That is all.', rewoundFrom: run })
  expect(said(ended)).toEqual([
    'assistant: name?',
    'user: Ann',
    'assistant: Hello Ann.',
    'assistant: topic?',
    'user: trains',
    'assistant: more?',
    'user: That is all.',
  ])
  expect(world.models.requests.at(-1)?.user).toBe('About trains.')
  expect(world.mailer.sent).toHaveLength(before + 1)
  // The earlier run stays as it is.
  expect((await member().get(at(run))).body.status).toBe('waiting')
})

test('B09 what cannot be rewound is refused with the reason', async () => {
  const run = await start({
    steps: [
      { id: 'count', type: 'ask', question: 'How many?', answer: { type: 'number' } },
      { id: 'ok', type: 'approval', title: 'Go?', artifact: { text: 'x' } },
    ],
  })
  const { requestId } = await question(run, 'count')
  const rewind = (body: object, who = member()) => who.post(`${at(run)}/rewind`, body)
  expect(await rewind({ requestId, value: 3 })).toMatchObject({ status: 409, body: { code: 'Conflict' } })
  await answer(run, 'count', 2)
  const approval = await question(run, 'ok')
  expect(await rewind({ requestId, value: 'many' })).toMatchObject({
    status: 422,
    body: { code: 'AnswerRefused' },
  })
  expect(await rewind({ requestId: approval.requestId, value: 3 })).toMatchObject({ status: 409 })
  expect(await rewind({ requestId: run, value: 3 })).toMatchObject({ status: 409, body: { code: 'NotOpen' } })
  expect(await rewind({ requestId })).toMatchObject({ status: 422 })
  expect((await rewind({ requestId, value: 3 }, api.as('other'))).status).toBe(404)
})
