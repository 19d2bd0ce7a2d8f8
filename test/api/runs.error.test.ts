import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client'
import { fail } from '../../shared/temporal/failure.ts'
import { type ScriptedRun, scriptRun, silentEngine, startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
let fault: Error | undefined
const engine = silentEngine({
  answer: async (_, given) => {
    if (fault) throw fault
    return { requestId: given.requestId as string }
  },
  decide: async (_, given) => {
    if (fault) throw fault
    return { requestId: given.requestId as string }
  },
  cancel: async () => {
    if (fault) throw fault
  },
})
beforeAll(async () => {
  api = await startApi({ engine })
})
afterAll(() => api.close())
beforeEach(() => {
  fault = undefined
})

const at = (run: ScriptedRun) => `R/workflows/instances/${run.ref.instanceUuid}`

describe('starts', () => {
  test('input that does not fit is refused, each fault with its place', async () => {
    const id = await api.publish({
      steps: [{ id: 'done', type: 'end' }],
      input: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    })
    const refused = await api.as('member').post(`R/workflows/${id}/runs`, { input: { n: 'x' } })
    expect(refused).toMatchObject({
      status: 422,
      body: {
        code: 'InvalidInput',
        errors: [{ path: 'input.n', message: 'must be a whole number, but text came' }],
      },
    })
    expect((await api.as('member').post(`R/workflows/${id}/runs`)).status).toBe(422)
    expect((await api.as('member').post(`R/workflows/${id}/runs`, { input: 5 })).status).toBe(422)
    expect(
      (await api.as('member').post(`R/workflows/${id}/runs`, { inptu: {} })).body.errors[0].message,
    ).toContain('inptu')
    expect(
      (
        await api
          .as('member')
          .post(`R/workflows/${id}/runs`, { input: { n: 1 }, variables: { 'not a name': 1 } })
      ).status,
    ).toBe(422)
  })

  test('a file in the input is one the caller may read, and is what the server knows of it', async () => {
    const id = await api.publish({ steps: [{ id: 'done', type: 'end' }] })
    const { body: theirs } = await api.as('other').upload('secret.txt', 'secret')
    const forged = { ...theirs, name: '../../etc/passwd' }
    const refused = await api
      .as('member')
      .post(`R/workflows/${id}/runs`, { input: { deep: [{ doc: forged }] } })
    expect([refused.status, refused.body.detail]).toEqual([
      422,
      expect.stringContaining('no file has the id'),
    ])
    expect(
      (await api.as('member').post(`R/workflows/${id}/runs`, { variables: { doc: forged } })).status,
    ).toBe(422)
    const taken = await api.as('other').post(`R/workflows/${id}/runs`, { input: { deep: [{ doc: forged }] } })
    expect(taken.status).toBe(202)
    const order = engine.calls.findLast(([name]) => name === 'startRun')?.[1] as { input: unknown }
    expect(order.input).toEqual({
      deep: [{ doc: { fileId: theirs.fileId, name: 'secret.txt', mediaType: 'text/plain', bytes: 6 } }],
    })
  })
})

describe('answers', () => {
  test('a value that does not fit is refused with the reason, and nothing reaches the run', async () => {
    const run = await scriptRun(api)
    await run.ask({ answer: { type: 'number', min: 1, max: 5 } })
    const before = engine.calls.length
    const refused = await api.as('member').post(`${at(run)}/answers`, { value: 'seven' })
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'AnswerRefused', detail: expect.stringContaining('5') },
    })
    expect(engine.calls).toHaveLength(before)
    expect((await api.as('member').post(`${at(run)}/answers`, { value: 'three' })).status).toBe(200)
    expect((await api.as('member').post(`${at(run)}/answers`, { fileIds: [] })).status).toBe(422)
    expect((await api.as('member').post(`${at(run)}/answers`, {})).status).toBe(422)
  })

  test('F006: a file that cannot be read is refused with its reason, and the question stays open', async () => {
    const run = await scriptRun(api)
    await run.ask({ answer: { type: 'file', accept: ['.pdf', '.txt'], maxFiles: 2 } })
    const member = api.as('member')
    const up = async (name: string, content: string | Uint8Array) =>
      (await member.upload(name, content)).body.fileId as string
    const answer = (fileIds: string[]) => member.post(`${at(run)}/answers`, { fileIds })
    expect(await answer([await up('broken.pdf', '%PDF-1.7 and then nothing')])).toMatchObject({
      status: 422,
      body: { code: 'FileUnreadable', detail: expect.stringContaining('broken.pdf') },
    })
    expect(await answer([await up('empty.txt', '')])).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('empty') },
    })
    expect(await answer([await up('notes.docx', 'x')])).toMatchObject({
      status: 422,
      body: { code: 'AnswerRefused', detail: expect.stringContaining('.pdf') },
    })
    expect(await answer([randomUUID()])).toMatchObject({ status: 422, body: { code: 'AnswerRefused' } })
    expect(await answer([])).toMatchObject({ status: 422 })
    const { body: theirs } = await api.as('other').upload('theirs.txt', 'x')
    expect(await answer([theirs.fileId])).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('No file has the id') },
    })
    const good = await up('good.txt', 'good')
    expect(await answer([good, await up('b.txt', 'b'), await up('c.txt', 'c')])).toMatchObject({
      status: 422,
    })
    expect((await answer([good])).status).toBe(200)
    expect((await member.get(at(run))).body.requests).toHaveLength(1)
  })

  test('what is not open is a 409, and which one is meant must be clear', async () => {
    const run = await scriptRun(api)
    const answer = (body: object) => api.as('member').post(`${at(run)}/answers`, body)
    expect(await answer({ value: 'x' })).toMatchObject({ status: 409, body: { code: 'NotOpen' } })
    expect(await answer({ requestId: randomUUID(), value: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'NotOpen' },
    })
    const first = await run.ask({ answer: { type: 'text' } })
    const second = await run.ask({ answer: { type: 'text' } })
    expect(await answer({ value: 'x' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('requestId') },
    })
    expect(await answer({ requestId: first, value: 'x' })).toMatchObject({
      status: 200,
      body: { requestId: first },
    })
    await run.tell({ event: 'requestClosed', requestId: second, kind: 'answer', outcome: 'answered' })
    expect(await answer({ requestId: second, value: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'NotOpen' },
    })
    await run.tell({ event: 'instanceFinished', status: 'failed', error: { code: 'Internal', message: 'x' } })
    expect(await answer({ value: 'x' })).toMatchObject({ status: 409, body: { code: 'NotRunning' } })
  })

  test('what the workflow says has the last word', async () => {
    const run = await scriptRun(api)
    await run.ask({ answer: { type: 'text' } })
    const answer = () => api.as('member').post(`${at(run)}/answers`, { value: 'x' })
    for (const [thrown, status, code] of [
      [new WorkflowUpdateFailedError('x', fail('AnswerRefused', 'too short')), 422, 'AnswerRefused'],
      [new WorkflowUpdateFailedError('x', fail('NotOpen', 'gone')), 409, 'NotOpen'],
      [new WorkflowUpdateFailedError('x', new Error('AcceptedUpdateCompletedWorkflow')), 409, 'NotRunning'],
      [new WorkflowNotFoundError('x', 'y', undefined), 409, 'NotRunning'],
      [
        Object.assign(new Error('4 DEADLINE_EXCEEDED'), { code: 4, details: 'x', metadata: {} }),
        503,
        'Unavailable',
      ],
    ] as const) {
      fault = thrown
      expect(await answer()).toMatchObject({ status, body: { code } })
    }
    fault = new Error('select secret from table at /work/main/api/x.ts:1')
    const unforeseen = await answer()
    expect([unforeseen.status, unforeseen.body.code]).toEqual([500, 'Internal'])
    expect(JSON.stringify(unforeseen.body)).not.toContain('secret')
  })
})

describe('decisions', () => {
  const artifact = { text: 'x', sha256: 'x' }

  test('F008: only an approver decides, by name or by role', async () => {
    const run = await scriptRun(api)
    const requestId = await run.ask({
      kind: 'approval',
      approvers: { users: ['other'], role: 'approver' },
      artifact,
    })
    for (const who of ['member', 'admin', 'builder', 'service'] as const)
      expect([who, await api.as(who).post(`${at(run)}/decisions`, { decision: 'approve' })]).toMatchObject([
        who,
        { status: 403, body: { code: 'NotApprover' } },
      ])
    for (const who of ['other', 'approver'] as const)
      expect(await api.as(who).post(`${at(run)}/decisions`, { decision: 'approve' })).toMatchObject({
        status: 200,
        body: { requestId },
      })
  })

  test('F008: where no approver is named, the person who runs it decides', async () => {
    const run = await scriptRun(api)
    await run.ask({ kind: 'approval', artifact })
    expect((await api.as('admin').post(`${at(run)}/decisions`, { decision: 'approve' })).status).toBe(403)
    expect((await api.as('member').post(`${at(run)}/decisions`, { decision: 'approve' })).status).toBe(200)
  })

  test('decided already is a 409 that says who and when', async () => {
    const run = await scriptRun(api)
    const requestId = await run.ask({ kind: 'approval', approvers: { role: 'approver' }, artifact })
    await run.tell({
      event: 'requestClosed',
      requestId,
      kind: 'approval',
      outcome: 'approved',
      by: { userId: 'boss', name: 'The Boss' },
    })
    const late = await api.as('approver').post(`${at(run)}/decisions`, { requestId, decision: 'reject' })
    expect(late).toMatchObject({
      status: 409,
      body: {
        code: 'AlreadyDecided',
        detail: expect.stringMatching(/approved by The Boss at \d{4}-\d\d-\d\dT/),
      },
    })
    expect((await api.as('approver').post(`${at(run)}/decisions`, { decision: 'reject' })).body.code).toBe(
      'NotOpen',
    )
    expect(
      (await api.as('member').post(`${at(run)}/decisions`, { requestId, decision: 'reject' })).body.code,
    ).toBe('NotApprover')
  })

  test('changes and edits only where they lead somewhere', async () => {
    const run = await scriptRun(api)
    const first = await run.ask({ kind: 'approval', artifact, changesAllowed: false, editAllowed: false })
    const decide = (body: object) => api.as('member').post(`${at(run)}/decisions`, body)
    expect(await decide({ decision: 'changes' })).toMatchObject({ status: 422 })
    expect(await decide({ decision: 'approve', edited: 'y' })).toMatchObject({ status: 422 })
    expect(await decide({ decision: 'maybe' })).toMatchObject({ status: 422 })
    expect(await decide({})).toMatchObject({ status: 422 })
    expect(await decide({ decision: 5 })).toMatchObject({ status: 400 })
    await run.tell({ event: 'requestClosed', requestId: first, kind: 'approval', outcome: 'approved' })
    await run.ask({ kind: 'approval', artifact, changesAllowed: true, editAllowed: true })
    expect(await decide({ decision: 'changes', comment: 'shorter' })).toMatchObject({ status: 200 })
    expect(await decide({ decision: 'approve', edited: 'y' })).toMatchObject({ status: 200 })
  })

  test('a question takes no decision, an approval no answer', async () => {
    const run = await scriptRun(api)
    const question = await run.ask({ answer: { type: 'text' } })
    const approval = await run.ask({ kind: 'approval', artifact })
    expect(
      (await api.as('member').post(`${at(run)}/decisions`, { requestId: question, decision: 'approve' }))
        .body,
    ).toMatchObject({ status: 409, code: 'NotOpen' })
    expect(
      (await api.as('member').post(`${at(run)}/answers`, { requestId: approval, value: 'x' })).body,
    ).toMatchObject({ status: 409, code: 'NotOpen' })
  })
})

describe('cancel', () => {
  test('again when cancelled is a 202; completed or failed is a 409', async () => {
    const run = await scriptRun(api)
    expect((await api.as('member').post(`${at(run)}/cancel`)).status).toBe(202)
    expect(engine.calls.at(-1)).not.toEqual(['terminate', run.ref.temporalWorkflowId])
    await run.tell({ event: 'instanceFinished', status: 'cancelled' })
    expect((await api.as('member').post(`${at(run)}/cancel`)).status).toBe(202)
    for (const status of ['completed', 'failed'] as const) {
      const done = await scriptRun(api)
      await done.tell({ event: 'instanceFinished', status })
      expect(await api.as('member').post(`${at(done)}/cancel`)).toMatchObject({
        status: 409,
        body: { code: 'NotRunning' },
      })
    }
    expect((await api.as('member').post(`R/workflows/instances/${randomUUID()}/cancel`)).status).toBe(404)
  })

  test('a run that Temporal does not know any more is a 409', async () => {
    const run = await scriptRun(api)
    fault = new WorkflowNotFoundError('x', 'y', undefined)
    expect(await api.as('member').post(`${at(run)}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'NotRunning' },
    })
  })
})
