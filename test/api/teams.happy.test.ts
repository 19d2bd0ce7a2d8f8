import { randomUUID } from 'node:crypto'
import { startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const make = async (name: string, members: string[] = []) =>
  (await api.as('admin').post('A/teams', { name, members })).body

test('a team is made, listed by name, read, replaced and deleted', async () => {
  const admin = api.as('admin')
  const made = await admin.post('A/teams', { name: ' Support ', members: ['other', 'member', 'other'] })
  expect(made).toMatchObject({ status: 201, body: { name: 'Support', members: ['member', 'other'] } })
  await make('Accounts', ['builder'])
  const { teamId } = made.body
  expect((await api.as('builder').get('A/teams')).body.items).toMatchObject([
    { name: 'Accounts', members: ['builder'] },
    { name: 'Support', members: ['member', 'other'] },
  ])
  const first = (await admin.get('A/teams?limit=1')).body
  expect((await admin.get(`A/teams?limit=1&cursor=${first.nextCursor}`)).body).toMatchObject({
    items: [{ name: 'Support' }],
    nextCursor: null,
  })
  expect((await api.as('builder').get(`A/teams/${teamId}`)).body).toEqual(made.body)
  const replaced = await admin.put(`A/teams/${teamId}`, { name: 'Support', members: ['approver'] })
  expect(replaced).toMatchObject({ status: 200, body: { teamId, members: ['approver'] } })
  const { workspaces } = (await api.as('approver').get('/api/me')).body
  expect(workspaces).toMatchObject([{ apps: [{ appId: api.appId, teams: ['Support'] }] }])
  expect((await admin.delete(`A/teams/${teamId}`)).status).toBe(204)
  expect((await admin.get(`A/teams/${teamId}`)).status).toBe(404)
  expect((await admin.delete(`A/teams/${teamId}`)).status).toBe(404)
})

test('a name is taken once in an app, also by two at once; the same key makes one team', async () => {
  const admin = api.as('admin')
  const both = await Promise.all([1, 2].map(() => admin.post('A/teams', { name: 'Legal' })))
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
  const { teamId } = await make('Law')
  expect(await admin.put(`A/teams/${teamId}`, { name: 'Legal' })).toMatchObject({
    status: 409,
    body: { code: 'Conflict', detail: 'a team named "Legal" is there already: take another name' },
  })
  const headers = { 'idempotency-key': randomUUID() }
  const same = await Promise.all([1, 2].map(() => admin.post('A/teams', { name: 'Once' }, headers)))
  expect(same.map(({ status }) => status)).toEqual([201, 201])
  expect(same[0]?.body).toEqual(same[1]?.body)
})

test('a team has members of the workspace, and loses who leaves it', async () => {
  const admin = api.as('admin')
  expect(
    (await admin.post('A/teams', { name: 'Strangers', members: ['member', 'nobody'] })).body,
  ).toMatchObject({
    status: 422,
    code: 'Invalid',
    errors: [{ path: 'members[1]', message: '"nobody" is no member of the workspace: add them first' }],
  })
  await admin.post('A/members', { userId: 'temp', name: 'Temp', roles: ['member'] })
  const { teamId } = await make('Temps', ['temp', 'member'])
  await admin.delete('A/members/temp')
  expect((await admin.get(`A/teams/${teamId}`)).body.members).toEqual(['member'])
})

test.each([
  [{ members: [] }, 'name'],
  [{ name: '   ' }, 'name'],
  [{ name: 'x'.repeat(101) }, 'name'],
  [{ name: 'a\nb' }, 'name'],
  [{ name: '${input.team}' }, 'name'],
  [{ name: 'T', members: [''] }, 'members'],
  [{ name: 'T', boss: 'x' }, ''],
])('%j is no team', async (body, path) => {
  const { body: problem } = await api.as('admin').post('A/teams', body)
  expect(problem).toMatchObject({ status: 422, code: 'Invalid' })
  expect(problem.errors.some((one: { path: string }) => one.path.startsWith(path))).toBe(true)
})

test('what names a team that the app does not have is not published, and says which there are', async () => {
  const admin = api.as('admin')
  await make('Known')
  const refusal = async (definition: { type: string; [field: string]: unknown }) => {
    const { workflowId } = (await admin.post('A/workflows', { name: 'W', type: definition.type })).body
    await admin.put(`A/workflows/${workflowId}/draft`, { name: 'W', ...definition }, { 'if-match': '*' })
    return (await admin.post(`A/workflows/${workflowId}/publish`)).body
  }
  const message = expect.stringMatching(/^this app has no team "ghosts"; it has .*Known/)
  const end = { id: 'end', type: 'end' }
  const run = { type: 'output_focused' }
  const route = { id: 'it', type: 'route', team: 'ghosts' }
  const approval = {
    id: 'it',
    type: 'approval',
    title: 'T',
    artifact: { text: 'T' },
    approvers: { team: 'ghosts' },
  }
  const notify = { id: 'it', type: 'notify', to: { team: 'ghosts' }, text: 'T', by: ['inbox'] }
  for (const [definition, path] of [
    [{ type: 'chat_driven', steps: [route, end] }, 'steps[0].team'],
    [{ ...run, steps: [approval, end] }, 'steps[0].approvers.team'],
    [{ ...run, steps: [notify, end] }, 'steps[0].to.team'],
  ] as const)
    expect((await refusal(definition)).errors).toEqual([{ stepId: 'it', path, message }])
  expect((await refusal({ ...run, steps: [end], availableTo: { teams: ['ghosts'] } })).errors).toEqual([
    { path: 'availableTo.teams', message },
  ])
})
