import { readFile } from 'node:fs/promises'
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

const text = { type: 'text', minLength: 5 }
const start = async (steps: object[]) => {
  const workflowId = await api.publish({ name: 'Guided', steps })
  const { body } = await api.as('member').post(`R/workflows/${workflowId}/runs`, {})
  return {
    workflowId,
    instanceUuid: body.instanceUuid as string,
    at: `R/workflows/instances/${body.instanceUuid}`,
  }
}

test('F001 F002 F005 F006: questions are answered one after the other, in words and with a file, up to the output', async () => {
  const { at } = await start([
    { id: 'topic', type: 'ask', question: 'What is it about?', answer: text },
    { id: 'notes', type: 'ask', question: 'Notes?', answer: { type: 'file', accept: ['.pdf'] } },
    {
      id: 'length',
      type: 'ask',
      question: 'How long?',
      answer: {
        type: 'choice',
        strict: true,
        options: [
          { value: 'one', label: 'One page' },
          { value: 'two', label: 'Two pages' },
        ],
      },
    },
    { id: 'done', type: 'end', output: { topic: '${topic}', length: '${length}', file: '${notes[0].name}' } },
  ])
  const member = api.as('member')
  const events = await member.stream(`${at}/stream`)
  const asked = (stepId: string) =>
    events.next(stepId, ({ event, data }) => event === 'requestOpened' && data.stepId === stepId)
  await asked('topic')
  expect(await member.post(`${at}/answers`, { value: 'no' })).toMatchObject({
    status: 422,
    body: { code: 'AnswerRefused' },
  })
  expect((await member.post(`${at}/answers`, { value: 'Quarterly numbers' })).status).toBe(200)
  const question = await asked('notes')
  const pdf = await member.upload(
    'call-notes.pdf',
    await readFile('examples/sales-package/files/call-notes.pdf'),
  )
  expect(pdf.body.mediaType).toBe('application/pdf')
  expect(
    (await member.post(`${at}/answers`, { requestId: question.data.requestId, fileIds: [pdf.body.fileId] }))
      .status,
  ).toBe(200)
  await asked('length')
  const said = async () =>
    (await member.get(at)).body.messages.map(
      ({ role, text }: { role: string; text: string }) => `${role}: ${text}`,
    )
  // What is open stands among the requests.
  const conversation = [
    'assistant: What is it about?',
    'user: Quarterly numbers',
    'assistant: Notes?',
    'user: call-notes.pdf',
  ]
  expect(await said()).toEqual(conversation)
  expect((await member.post(`${at}/answers`, { value: 'the second one' })).status).toBe(200)
  const end = await events.next('the end', ({ event }) => event === 'instanceFinished')
  expect(end.data.status).toBe('completed')
  expect(await said()).toEqual([...conversation, 'assistant: How long?', 'user: Two pages'])
  expect((await member.get(at)).body).toMatchObject({
    status: 'completed',
    progress: 100,
    requests: [],
    output: { topic: 'Quarterly numbers', length: 'two', file: 'call-notes.pdf' },
  })
  const steps = (await member.get(`${at}/log`)).body.steps
  expect(steps.map(({ stepId, status }: { stepId: string; status: string }) => [stepId, status])).toEqual([
    ['topic', 'completed'],
    ['notes', 'completed'],
    ['length', 'completed'],
    ['done', 'completed'],
  ])
  // Progress never falls.
  const percents = events.seen.filter(({ event }) => event === 'progress').map(({ data }) => data.percent)
  expect(percents).toEqual(percents.toSorted((a: number, b: number) => a - b))
  events.drop()
}, 60_000)

test('F008 F023: two approvers at once: one decides, the other is told who and when', async () => {
  const { at } = await start([
    {
      id: 'ok',
      type: 'approval',
      title: 'Good?',
      artifact: { text: 'Draft' },
      approvers: { users: ['other'], role: 'approver' },
      edit: true,
    },
    { id: 'done', type: 'end', output: { by: '${ok.by}' } },
  ])
  await until('the approval', async () =>
    (await api.as('approver').get('R/approvals')).body.items.find(
      ({ instanceUuid }: { instanceUuid: string }) => at.endsWith(instanceUuid),
    ),
  )
  expect((await api.as('member').post(`${at}/decisions`, { decision: 'approve' })).body.code).toBe(
    'NotApprover',
  )
  const { requestId } = (await api.as('other').get(at)).body.requests[0]
  const both = await Promise.all(
    (['other', 'approver'] as const).map((who) =>
      api.as(who).post(`${at}/decisions`, { requestId, decision: 'approve', edited: `Draft of ${who}` }),
    ),
  )
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  const late = both.find(({ status }) => status === 409)
  expect(late?.body).toMatchObject({
    code: 'AlreadyDecided',
    detail: expect.stringMatching(/by (other|approver) at \d{4}-/),
  })
  await until('the end', async () => (await api.as('member').get(at)).body.status === 'completed')
  expect(
    (await api.as('approver').post(`${at}/decisions`, { requestId, decision: 'reject' })).body.code,
  ).toBe('AlreadyDecided')
}, 60_000)

test('20 answers at once under one key are one answer; without a key one wins', async () => {
  const { at } = await start([
    { id: 'topic', type: 'ask', question: 'What?', answer: text },
    { id: 'more', type: 'ask', question: 'More?', answer: text },
    { id: 'done', type: 'end' },
  ])
  const open = (stepId: string) =>
    until(stepId, async () =>
      (await api.as('member').get(at)).body.requests?.find(
        (request: { stepId: string }) => request.stepId === stepId,
      ),
    )
  const { requestId } = await open('topic')
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      api
        .as('member')
        .post(`${at}/answers`, { requestId, value: 'Quarterly numbers' }, { 'idempotency-key': 'once' }),
    ),
  )
  expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`))).toEqual(
    new Set([`200 ${JSON.stringify({ requestId })}`]),
  )
  const next = await open('more')
  const raced = await Promise.all(
    Array.from({ length: 8 }, () =>
      api.as('member').post(`${at}/answers`, { requestId: next.requestId, value: 'Some more' }),
    ),
  )
  expect(raced.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)])
}, 60_000)

test('cancel reaches the run, and again is a 202', async () => {
  const { at } = await start([
    { id: 'topic', type: 'ask', question: 'What?', answer: text },
    { id: 'done', type: 'end' },
  ])
  await until('the question', async () => (await api.as('member').get(at)).body.requests?.length === 1)
  expect((await api.as('member').post(`${at}/cancel`)).status).toBe(202)
  await until('the end', async () => (await api.as('member').get(at)).body.status === 'cancelled')
  expect((await api.as('member').post(`${at}/cancel`)).status).toBe(202)
  expect((await api.as('member').post(`${at}/answers`, { value: 'Quarterly numbers' })).body.code).toBe(
    'NotRunning',
  )
}, 60_000)

test('deleting a workflow cancels its open runs, also those that are being started', async () => {
  const steps = [
    { id: 'topic', type: 'ask', question: 'What?', answer: text },
    { id: 'done', type: 'end' },
  ]
  const { workflowId } = await start(steps)
  const more = await Promise.all(
    Array.from({ length: 5 }, () => api.as('member').post(`R/workflows/${workflowId}/runs`, {})),
  )
  expect((await api.as('admin').delete(`A/workflows/${workflowId}`)).status).toBe(204)
  for (const { body } of more) {
    expect((await api.as('member').get(`R/workflows/instances/${body.instanceUuid}`)).body).toMatchObject({
      status: expect.stringMatching(/cancelled|failed/),
      requests: [],
    })
    const handle = world.client.workflow.getHandle(`ws:${api.workspaceId}:run:${body.instanceUuid}`)
    await until('Temporal to close it', async () =>
      ['CANCELLED', 'TERMINATED', 'FAILED'].includes((await handle.describe()).status.name),
    )
  }
}, 60_000)
