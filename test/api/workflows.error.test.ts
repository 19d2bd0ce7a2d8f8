import { publishVersion } from '../../storage/sql/publish-version.ts'
import { startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
let id: string
beforeAll(async () => {
  api = await startApi()
  id = (await api.as('admin').post('A/workflows', { name: 'W', type: 'output_focused' })).body.workflowId
})
afterAll(() => api.close())

const save = (over: object) =>
  api.as('admin').put(`A/workflows/${id}/draft`, { name: 'W', type: 'output_focused', steps: [], ...over })

test('a workflow needs a name and a type', async () => {
  for (const [body, status] of [
    [{ name: '', type: 'output_focused' }, 422],
    [{ name: '   ', type: 'output_focused' }, 422],
    [{ type: 'output_focused' }, 422],
    [{ name: 'x', type: 'other' }, 422],
    [{ name: 'x' }, 422],
    [{ name: 5, type: 'output_focused' }, 400],
    [{ name: 'x', type: 'output_focused', steps: [] }, 422],
  ] as const) {
    const refused = await api.as('admin').post('A/workflows', body)
    expect([body, refused.status]).toEqual([body, status])
    expect(refused.body.errors.length).toBeGreaterThan(0)
  }
})

test('every problem of a draft names its step', async () => {
  const refused = await save({
    steps: [
      { id: 'a', type: 'ask', question: 'x' },
      { id: 'a', type: 'end' },
      { id: 'c', type: 'nonsense' },
    ],
  })
  expect([refused.status, refused.body.code]).toEqual([422, 'InvalidDefinition'])
  expect(refused.body.errors.map(({ stepId }: { stepId: string }) => stepId)).toEqual(
    expect.arrayContaining(['a', 'c']),
  )
  expect(
    refused.body.errors.every(({ path, message }: { path: string; message: string }) => path && message),
  ).toBe(true)
})

test('F075 a chat-driven workflow has no data model of input and output: its draft refuses both by name', async () => {
  const { body } = await api.as('admin').post('A/workflows', { name: 'Talk', type: 'chat_driven' })
  const save = (more: object, type = 'chat_driven', id = body.workflowId) =>
    api.as('admin').put(`A/workflows/${id}/draft`, { name: 'Talk', type, steps: [], ...more })
  for (const field of ['input', 'output']) {
    const refused = await save({ [field]: { type: 'object', properties: {} } })
    expect([refused.status, refused.body.code]).toEqual([422, 'InvalidDefinition'])
    expect(refused.body.errors).toMatchObject([{ message: expect.stringContaining(`"${field}"`) }])
  }
  expect((await save({})).body.draft).toEqual({ name: 'Talk', type: 'chat_driven', steps: [] })
  const run = await api.as('admin').post('A/workflows', { name: 'Run', type: 'output_focused' })
  const model = { input: { type: 'object' }, output: { type: 'object' } }
  expect((await save(model, 'output_focused', run.body.workflowId)).body.draft).toMatchObject(model)
})

test('the type stays for ever', async () => {
  const refused = await save({ type: 'chat_driven' })
  expect([refused.status, refused.body.code]).toEqual([409, 'Conflict'])
})

test('a definition over its limits is refused by name', async () => {
  expect(
    (await save({ description: 'x', steps: [{ id: 'a', type: 'message', text: 'x'.repeat(999_999) }] }))
      .status,
  ).toBe(413)
  const many = await save({
    steps: Array.from({ length: 1_001 }, (_, at) => ({ id: `s${at}`, type: 'end' })),
  })
  expect([many.status, JSON.stringify(many.body.errors)]).toEqual([422, expect.stringContaining('1000')])
})

test('a step that the draft has not is a 404; one that does not fit names its fault', async () => {
  await save({
    steps: [
      { id: 'a', type: 'message', text: 'x' },
      { id: 'b', type: 'end' },
    ],
  })
  const step = (stepId: string, body: object) =>
    api.as('admin').put(`A/workflows/${id}/draft/steps/${stepId}`, body)
  expect((await step('nope', { id: 'nope', type: 'end' })).status).toBe(404)
  expect((await step('a', { id: 'a', type: 'message' })).body).toMatchObject({
    code: 'InvalidDefinition',
    errors: [{ stepId: 'a' }],
  })
  expect((await step('a', { id: 'b', type: 'message', text: 'x' })).status).toBe(422)
  expect((await step('__proto__', { id: 'a', type: 'message', text: 'x' })).status).toBe(404)
})

test('what cannot run cannot be published, and every problem says why', async () => {
  await save({ steps: [] })
  expect((await api.as('admin').post(`A/workflows/${id}/publish`)).body).toMatchObject({
    status: 422,
    code: 'NotPublishable',
    errors: [{ path: 'steps' }],
  })
  await save({
    steps: [
      { id: 'm', type: 'message', text: '${nowhere}' },
      { id: 'p', type: 'route', team: 'support' },
    ],
  })
  const refused = await api.as('admin').post(`A/workflows/${id}/publish`)
  expect(refused.status).toBe(422)
  expect(refused.body.errors.map(({ stepId }: { stepId: string }) => stepId)).toEqual(
    expect.arrayContaining(['m', 'p']),
  )
})

test('a chat-driven workflow is no run', async () => {
  const { body } = await api.as('admin').post('A/workflows', { name: 'Chat', type: 'chat_driven' })
  const refused = await api.as('member').post(`R/workflows/${body.workflowId}/runs`, {})
  expect([refused.status, refused.body.code]).toEqual([409, 'WrongWorkflowType'])
})

test('a version is kept together with the answer to its Idempotency-Key, or not at all', async () => {
  const admin = api.as('admin')
  const { body } = await admin.post('A/workflows', { name: 'Once', type: 'output_focused' })
  const at = `A/workflows/${body.workflowId}`
  await admin.put(`${at}/draft`, {
    name: 'Once',
    type: 'output_focused',
    steps: [{ id: 'done', type: 'end' }],
  })
  const { workspaceId, appId } = api
  const caller = { workspaceId, appId, userId: 'admin', roles: ['admin' as const] }
  const dying = async () => {
    throw new Error('the process died')
  }
  await expect(publishVersion(api.db, caller, body.workflowId, {}, dying)).rejects.toThrow('died')
  expect((await admin.get(at)).body.publishedVersion).toBeNull()
  const key = { 'idempotency-key': 'publish once' }
  const answers = [
    await admin.post(`${at}/publish`, undefined, key),
    await admin.post(`${at}/publish`, undefined, key),
  ]
  expect(answers.map(({ status, body: { version } }) => [status, version])).toEqual([
    [200, 1],
    [200, 1],
  ])
  const kept = await api.db.$client.query("select answer from idempotency where key = 'publish once'")
  expect(kept.rows).toHaveLength(1)
})
