import { startApi, type TestApi, type Who } from '../harness/api.ts'
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

const ask = (id: string, more: object = {}) => ({
  id,
  type: 'ask',
  question: `${id}?`,
  answer: { type: 'text' },
  ...more,
})
const approval = (more: object = {}) => ({
  id: 'ok',
  type: 'approval',
  title: 'Good?',
  artifact: { text: 'Draft' },
  ...more,
})
const end = (output: string) => ({ id: 'done', type: 'end', output })

async function start(steps: object[], name = 'Asking') {
  const workflowId = await api.publish({ name, steps })
  const { body } = await api.as('member').post(`R/workflows/${workflowId}/runs`, {})
  const at = `R/workflows/instances/${body.instanceUuid}`
  const show = async (who: Who = 'member') => (await api.as(who).get(at)).body
  return {
    workflowId,
    instanceUuid: body.instanceUuid as string,
    at,
    show,
    open: (count = 1) =>
      until(`${count} open requests`, async () => {
        const { requests, error } = await show()
        if (error) throw new Error(error.message)
        return requests.length === count ? requests : undefined
      }),
    answer: (given: object, who: Who = 'member') => api.as(who).post(`${at}/answers`, given),
    decide: (given: object, who: Who = 'member') => api.as(who).post(`${at}/decisions`, given),
    ended: () =>
      until('the end', async () => {
        const shown = await show()
        return shown.finishedAt ? shown : undefined
      }),
  }
}
const approvalsOf = async (who: Who, instanceUuid: string) =>
  (await api.as(who).get('R/approvals')).body.items.filter(
    (one: { instanceUuid: string }) => one.instanceUuid === instanceUuid,
  )
const inboxOf = async (who: Who, instanceUuid: string) =>
  (await api.as(who).get('R/inbox')).body.items.filter(
    (one: { instanceUuid: string }) => one.instanceUuid === instanceUuid,
  )

describe('F009 several questions at once', () => {
  it.each([
    [
      'parallel',
      [
        {
          id: 'both',
          type: 'parallel',
          arms: [
            { name: 'a', steps: [ask('name')] },
            { name: 'b', steps: [ask('town')] },
          ],
        },
        end('${name} of ${town}'),
      ],
    ],
    [
      'each',
      [
        {
          id: 'all',
          type: 'each',
          in: "${['name', 'town']}",
          parallel: 2,
          steps: [ask('q', { question: '${item}?' })],
        },
        end('${all[0]} of ${all[1]}'),
      ],
    ],
  ])('in `%s`: both are shown, and an answer says which one it is for', async (_, steps) => {
    const run = await start(steps)
    const open = await run.open(2)
    // However their entries were written, they stand as in the definition.
    expect(open.map(({ question }: { question: string }) => question)).toEqual(['name?', 'town?'])
    expect(await run.answer({ value: 'Ann' })).toMatchObject({
      status: 409,
      body: { code: 'NotOpen', detail: '2 questions are open: say which by requestId' },
    })
    for (const { requestId, question } of open.reverse())
      expect((await run.answer({ requestId, value: question === 'name?' ? 'Ann' : 'Ulm' })).status).toBe(200)
    expect((await run.ended()).output).toBe('Ann of Ulm')
  })
})

describe('F009 a form', () => {
  const schema = {
    type: 'object',
    required: ['street', 'no'],
    properties: {
      street: { type: 'string', title: 'Street' },
      no: { type: 'integer', minimum: 1, title: 'Number' },
      zip: { type: 'string', default: '0150' },
    },
  }

  it('comes with its schema and the order of its fields, and is answered by an object or words', async () => {
    const run = await start([ask('place', { answer: { type: 'form', schema } }), end('${place}')])
    const events = await api.as('member').stream(`${run.at}/stream`)
    const { data } = await events.next('the form', ({ event }) => event === 'requestOpened')
    expect(data.answer).toEqual({ type: 'form', schema, order: ['street', 'no', 'zip'] })
    expect(await run.answer({ value: { no: 0 } })).toMatchObject({
      status: 422,
      body: { code: 'AnswerRefused', detail: 'Street: is needed; Number: must be at least 1.' },
    })
    expect((await run.answer({ value: 'Street: Kirkegata, number: twelve' })).status).toBe(200)
    const said = await events.next('the echo', ({ event }) => event === 'message')
    expect(said.data.text).toBe('Street: Kirkegata · Number: 12 · zip: 0150')
    expect((await run.ended()).output).toEqual({ street: 'Kirkegata', no: 12, zip: '0150' })
    events.drop()
  })

  it('that is no form is refused at save, at its place', async () => {
    const { body } = await api.as('admin').post('A/workflows', { name: 'W', type: 'output_focused' })
    const saved = await api.as('admin').put(`A/workflows/${body.workflowId}/draft`, {
      name: 'W',
      type: 'output_focused',
      steps: [ask('q', { answer: { type: 'form', schema: { type: 'object' } } })],
    })
    expect(saved).toMatchObject({
      status: 422,
      body: {
        errors: [
          {
            path: expect.stringContaining('steps[0].answer.schema.properties'),
            message: expect.stringContaining('needs fields'),
          },
        ],
      },
    })
  })
})

describe('B11 deadlines', () => {
  it('are shown wherever a request is, and what comes later is a 409 that says so', async () => {
    const run = await start([
      ask('q', { expire: { after: 'PT2S', steps: [] } }),
      approval({ approvers: { role: 'approver' }, deadline: { after: 'PT2S', steps: [ask('last')] } }),
    ])
    const events = await api.as('member').stream(`${run.at}/stream`)
    const [question] = await run.open()
    expect(question.deadline).toMatch(/Z$/)
    const opened = await events.next('the question', ({ event }) => event === 'requestOpened')
    expect(opened.data.deadline).toBe(question.deadline)
    const [open] = await until('the approval', async () => {
      const found = await approvalsOf('approver', run.instanceUuid)
      return found.length > 0 && found
    })
    expect(open.deadline).toMatch(/Z$/)
    expect(await run.answer({ requestId: question.requestId, value: 'x' })).toMatchObject({
      status: 409,
      body: {
        code: 'NotOpen',
        detail: expect.stringMatching(/nobody answered in time: this question expired at \d{4}-/),
      },
    })
    await until('the deadline', async () =>
      (await run.show()).requests.some((one: { stepId: string }) => one.stepId === 'last'),
    )
    expect(await run.decide({ requestId: open.requestId, decision: 'approve' }, 'approver')).toMatchObject({
      status: 409,
      body: {
        code: 'NotOpen',
        detail: expect.stringMatching(/nobody decided in time: this approval expired at \d{4}-/),
      },
    })
    await run.answer({ value: 'x' })
    expect((await run.ended()).status).toBe('completed')
    events.drop()
  })
})

describe('F074 what a subworkflow asks', () => {
  const calling = async (...steps: object[]) => {
    const workflowId = await api.publish({ name: 'Inner', steps })
    return start([{ id: 'called', type: 'subworkflow', workflowId }, end('${called}')], 'Outer')
  }

  it('is answered through the run that called it, with and without its requestId', async () => {
    const run = await calling(ask('a'), ask('b', { answer: { type: 'number' } }), end('${a} ${b}'))
    const [first] = await run.open()
    expect(first.instanceUuid).not.toBe(run.instanceUuid)
    expect((await run.answer({ requestId: first.requestId, value: 'x' }, 'other')).status).toBe(404)
    expect((await run.answer({ requestId: first.requestId, value: 'x' })).status).toBe(200)
    await until('the second question', async () => (await run.show()).requests[0]?.stepId === 'b')
    expect(await run.answer({ value: 'soon' })).toMatchObject({
      status: 422,
      body: { code: 'AnswerRefused' },
    })
    expect((await run.answer({ value: '12' })).status).toBe(200)
    expect((await run.ended()).output).toBe('x 12')
    expect(await run.answer({ requestId: first.requestId, value: 'x' })).toMatchObject({ status: 409 })
  })

  it('is decided there by who runs it, and by an approver, who finds it in the list', async () => {
    const run = await calling(
      approval({ approvers: { users: ['member'], role: 'approver' } }),
      end('${ok.by}'),
    )
    const [request] = await run.open()
    const [listed] = await approvalsOf('approver', request.instanceUuid)
    expect(listed).toMatchObject({
      requestId: request.requestId,
      instanceUuid: request.instanceUuid,
      workflowName: 'Inner',
      startedBy: { userId: 'member' },
    })
    expect((await inboxOf('approver', request.instanceUuid)).length).toBe(1)
    expect((await inboxOf('approver', run.instanceUuid)).length).toBe(0)
    const decided = await run.decide({ requestId: request.requestId, decision: 'approve' })
    expect(decided).toMatchObject({ status: 200, body: { requestId: request.requestId } })
    expect((await run.ended()).output).toBe('member')
    expect(await run.decide({ requestId: request.requestId, decision: 'reject' })).toMatchObject({
      status: 409,
      body: { code: 'AlreadyDecided', detail: expect.stringContaining('member at') },
    })
    expect((await inboxOf('approver', request.instanceUuid))[0].readAt).toEqual(expect.any(String))
  })

  it('is decided by an approver at its own address', async () => {
    const run = await calling(approval({ approvers: { role: 'approver' } }), end('${ok.by}'))
    const [request] = await run.open()
    const inside = `R/workflows/instances/${request.instanceUuid}`
    expect((await api.as('approver').get(inside)).body.requests).toMatchObject([
      { requestId: request.requestId },
    ])
    expect((await api.as('approver').post(`${inside}/decisions`, { decision: 'approve' })).status).toBe(200)
    expect((await run.ended()).output).toBe('approver')
  })
})

describe('F012 who may decide is told', () => {
  it('by name and by role, once each; nobody of another workspace; it is read when it is decided', async () => {
    const run = await start([
      approval({ approvers: { users: ['other', 'approver'], role: 'approver' } }),
      end('${ok.by}'),
    ])
    await run.open()
    for (const who of ['other', 'approver'] as const)
      expect(await inboxOf(who, run.instanceUuid)).toMatchObject([
        {
          kind: 'approvalRequested',
          text: '“Asking” asks for your approval: Good?',
          href: `/runs/${run.instanceUuid}`,
          readAt: null,
        },
      ])
    for (const who of ['member', 'admin', 'foreigner'] as const)
      expect((await api.as(who).get('R/inbox')).body.items ?? []).not.toContainEqual(
        expect.objectContaining({ instanceUuid: run.instanceUuid }),
      )
    expect((await run.decide({ decision: 'approve' }, 'other')).status).toBe(200)
    expect((await inboxOf('approver', run.instanceUuid))[0].readAt).toEqual(expect.any(String))
    await run.ended()
  })
})

describe('F023 a long text', () => {
  it('is cut in the list of approvals, and whole on the page of its run; the hash is that of the whole', async () => {
    const long = `${'🙂 long '.repeat(40_000)}end`
    const run = await start([
      { id: 'keep', type: 'set', variables: { text: long.slice(0, 90_000) } },
      approval({
        artifact: { text: '${variables.text}${variables.text}${variables.text}${variables.text}' },
        approvers: { role: 'approver' },
      }),
    ])
    const [open] = await run.open()
    const whole = open.artifact.text as string
    expect(whole.length).toBeGreaterThan(300_000)
    expect(open.artifact.truncated).toBeUndefined()
    const listing = await api.as('approver').get('R/approvals')
    const [listed] = listing.body.items.filter(
      (one: { instanceUuid: string }) => one.instanceUuid === run.instanceUuid,
    )
    expect(listed.artifact).toEqual({
      ...open.artifact,
      text: Array.from(whole).slice(0, 4_000).join(''),
      truncated: true,
    })
    expect(JSON.stringify(listing.body).length).toBeLessThan(60_000)
    await run.decide({ decision: 'approve' }, 'approver')
    await run.ended()
  })
})
