import { randomUUID } from 'node:crypto'
import { ServiceError } from '@temporalio/client'
import { eq } from 'drizzle-orm'
import { removeWorkflow } from '../../api/runs/remove-workflow.ts'
import { closeRun } from '../../storage/sql/close-run.ts'
import * as table from '../../storage/sql/schema.ts'
import { scriptRun, silentEngine, startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const definition = (over: object = {}) => ({
  name: 'Brief',
  type: 'output_focused',
  description: 'Writes a brief',
  steps: [
    { id: 'topic', type: 'ask', question: 'What about?', answer: { type: 'text' } },
    {
      id: 'which',
      type: 'branch',
      cases: [{ when: "${topic == 'x'}", steps: [{ id: 'said', type: 'message', text: 'x' }] }],
    },
    { id: 'done', type: 'end', output: { topic: '${topic}' } },
  ],
  ...over,
})

const findRun = async (instanceUuid: string) =>
  (await api.db.select().from(table.instances).where(eq(table.instances.instanceUuid, instanceUuid)))[0]

const create = async (name = 'Brief') =>
  (await api.as('admin').post('A/workflows', { name, type: 'output_focused' })).body.workflowId as string

test('F029 a new workflow has no steps, no version, and an ETag', async () => {
  const made = await api.as('admin').post('A/workflows', { name: '  Brief ', type: 'output_focused' })
  expect(made.status).toBe(201)
  expect(made.headers.get('etag')).toBe('"1"')
  expect(made.body).toMatchObject({
    name: 'Brief',
    type: 'output_focused',
    draft: { name: 'Brief', type: 'output_focused', steps: [] },
    publishedVersion: null,
    hasUnpublishedChanges: true,
    activeSessions: 0,
  })
  expect((await api.as('builder').get(`A/workflows/${made.body.workflowId}`)).body).toEqual(made.body)
})

test('a draft is saved whole, by a builder, and published by an admin as numbered versions with the hash of their content', async () => {
  const id = await create()
  const saved = await api.as('builder').put(`A/workflows/${id}/draft`, definition(), { 'if-match': '"1"' })
  expect([saved.status, saved.headers.get('etag')]).toEqual([200, '"2"'])
  const first = await api.as('admin').post(`A/workflows/${id}/publish`)
  expect(first.status).toBe(200)
  expect(first.body).toMatchObject({
    workflowId: id,
    version: 1,
    warnings: [],
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect((await api.as('admin').get(`A/workflows/${id}`)).body).toMatchObject({
    publishedVersion: 1,
    hasUnpublishedChanges: false,
  })

  await api.as('admin').put(`A/workflows/${id}/draft`, definition({ description: 'Better' }))
  expect((await api.as('admin').get(`A/workflows/${id}`)).body).toMatchObject({
    publishedVersion: 1,
    hasUnpublishedChanges: true,
  })
  const second = await api.as('admin').post(`A/workflows/${id}/publish`)
  expect(second.body.version).toBe(2)
  expect(second.body.sha256).not.toBe(first.body.sha256)

  const list = await api.as('builder').get(`A/workflows/${id}/versions?limit=1`)
  expect(list.body.items).toMatchObject([{ version: 2, publishedBy: 'admin' }])
  const rest = await api
    .as('builder')
    .get(`A/workflows/${id}/versions?limit=1&cursor=${list.body.nextCursor}`)
  expect(rest.body).toMatchObject({ items: [{ version: 1 }], nextCursor: null })
  const old = await api.as('builder').get(`A/workflows/${id}/versions/1`)
  expect(old.body).toMatchObject({ version: 1, sha256: first.body.sha256, definition: definition() })
})

test('one step is saved on its own, wherever it is nested', async () => {
  const id = await create()
  await api.as('admin').put(`A/workflows/${id}/draft`, definition())
  const saved = await api
    .as('builder')
    .put(
      `A/workflows/${id}/draft/steps/said`,
      { id: 'said', type: 'message', text: 'y' },
      { 'if-match': '"2"' },
    )
  expect([saved.status, saved.headers.get('etag')]).toEqual([200, '"3"'])
  const { draft } = (await api.as('admin').get(`A/workflows/${id}`)).body
  expect(draft.steps[1].cases[0].steps).toEqual([{ id: 'said', type: 'message', text: 'y' }])
  expect(draft.steps[0]).toEqual(definition().steps[0])
})

test('a stale save is a 412, * and no header overwrite', async () => {
  const id = await create()
  await api.as('admin').put(`A/workflows/${id}/draft`, definition(), { 'if-match': '"1"' })
  const stale = await api.as('builder').put(`A/workflows/${id}/draft`, definition(), { 'if-match': '"1"' })
  expect([stale.status, stale.body.code]).toEqual([412, 'Stale'])
  expect(
    (await api.as('builder').put(`A/workflows/${id}/draft`, definition(), { 'if-match': '*' })).status,
  ).toBe(200)
  expect(
    (await api.as('builder').put(`A/workflows/${id}/draft`, definition(), { 'if-match': '"1", "3"' })).status,
  ).toBe(200)
  expect((await api.as('builder').put(`A/workflows/${id}/draft`, definition())).status).toBe(200)
  expect(
    (await api.as('builder').put(`A/workflows/${id}/draft`, definition(), { 'if-match': 'W/"5"' })).status,
  ).toBe(412)
})

test('of ten saves at once over the same draft one wins', async () => {
  const id = await create()
  const saves = await Promise.all(
    Array.from({ length: 10 }, () =>
      api.as('builder').put(`A/workflows/${id}/draft`, definition(), { 'if-match': '"1"' }),
    ),
  )
  expect(saves.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)])
})

test('the list is by name, in pages, and can be searched', async () => {
  for (const name of ['Zebra', 'apple % pie', 'Apple_cake']) await create(name)
  const found = await api.as('builder').get('A/workflows?q=apple')
  expect(found.body.items.map(({ name }: { name: string }) => name).sort()).toEqual([
    'Apple_cake',
    'apple % pie',
  ])
  expect((await api.as('builder').get('A/workflows?q=%25')).body.items).toHaveLength(1)
  const names: string[] = []
  for (let cursor = ''; ; ) {
    const { body } = await api.as('builder').get(`A/workflows?limit=2${cursor}`)
    names.push(...body.items.map(({ workflowId }: { workflowId: string }) => workflowId))
    if (!body.nextCursor) break
    cursor = `&cursor=${body.nextCursor}`
  }
  const all = (await api.as('builder').get('A/workflows?limit=100')).body.items
  expect(names).toEqual(all.map(({ workflowId }: { workflowId: string }) => workflowId))
  expect(new Set(names).size).toBe(names.length)
})

test('a deleted workflow is gone from everywhere, its runs stay in History', async () => {
  const id = await api.publish(definition())
  const { body: run } = await api.as('member').post(`R/workflows/${id}/runs`, {})
  await closeRun(api.db, (await findRun(run.instanceUuid))!)
  expect((await api.as('admin').delete(`A/workflows/${id}`)).status).toBe(204)
  expect((await api.as('admin').get(`A/workflows/${id}`)).status).toBe(404)
  expect((await api.as('admin').delete(`A/workflows/${id}`)).status).toBe(404)
  expect((await api.as('member').post(`R/workflows/${id}/runs`, {})).status).toBe(404)
  expect((await api.as('admin').get(`A/workflows/${id}/versions`)).status).toBe(404)
  expect(
    (await api.as('member').get('R/catalog?limit=100')).body.items.some(
      (card: { workflowId: string }) => card.workflowId === id,
    ),
  ).toBe(false)
  expect((await api.as('member').get(`R/workflows/instances/${run.instanceUuid}`)).body).toMatchObject({
    status: 'cancelled',
    requests: [],
  })
}, 30_000)

test('runs that do not end are terminated, and closed in SQL', async () => {
  const id = await api.publish(definition())
  const run = await scriptRun(api, 'member', { workflowId: id })
  const requestId = await run.ask({ answer: { type: 'text' } })
  const engine = silentEngine()
  const caller = {
    workspaceId: api.workspaceId,
    appId: api.appId,
    userId: 'admin',
    roles: ['admin' as const],
  }
  await removeWorkflow({ ...api.deps, engine: () => engine }, caller, id, 100)
  expect(engine.calls).toEqual([
    ['cancel', run.ref.instanceUuid],
    ['terminate', run.ref.temporalWorkflowId],
  ])
  expect((await api.as('member').get(`R/workflows/instances/${run.ref.instanceUuid}`)).body).toMatchObject({
    status: 'cancelled',
    requests: [],
  })
  expect(
    (
      await api
        .as('member')
        .post(`R/workflows/instances/${run.ref.instanceUuid}/answers`, { requestId, value: 'x' })
    ).body.code,
  ).toBe('NotRunning')
})

test('a deletion that Temporal broke off is repeated', async () => {
  const id = await api.publish(definition())
  const run = await scriptRun(api, 'member', { workflowId: id })
  const caller = {
    workspaceId: api.workspaceId,
    appId: api.appId,
    userId: 'admin',
    roles: ['admin' as const],
  }
  const away = silentEngine({
    cancel: async () => {
      throw new ServiceError('no connection', { cause: new Error('x') })
    },
  })
  await expect(removeWorkflow({ ...api.deps, engine: () => away }, caller, id, 100)).rejects.toThrow(
    'no connection',
  )
  expect(
    (await api.as('member').get('R/catalog?limit=100')).body.items.some(
      (card: { workflowId: string }) => card.workflowId === id,
    ),
  ).toBe(false)
  await removeWorkflow({ ...api.deps, engine: () => silentEngine() }, caller, id, 100)
  expect((await api.as('member').get(`R/workflows/instances/${run.ref.instanceUuid}`)).body.status).toBe(
    'cancelled',
  )
  await expect(removeWorkflow(api.deps, caller, id, 100)).rejects.toThrow('no such workflow')
})

test('an Idempotency-Key makes one workflow of many requests, and repeats the ETag', async () => {
  const key = { 'idempotency-key': randomUUID() }
  const made = await Promise.all(
    Array.from({ length: 20 }, () =>
      api.as('admin').post('A/workflows', { name: 'Once', type: 'output_focused' }, key),
    ),
  )
  expect(new Set(made.map(({ body }) => body.workflowId)).size).toBe(1)
  expect(made.every(({ status, headers }) => status === 201 && headers.get('etag') === '"1"')).toBe(true)
  expect((await api.as('admin').get('A/workflows?q=Once')).body.items).toHaveLength(1)
})
