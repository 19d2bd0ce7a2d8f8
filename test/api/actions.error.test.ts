import { startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

/** Makes a workflow that is an action of this name; gives its address. */
async function make(name: string): Promise<string> {
  const as = api.as('admin')
  const { body } = await as.post('A/workflows', { name: `As ${name}`, type: 'output_focused' })
  const at = `A/workflows/${body.workflowId}`
  const { status } = await as.put(`${at}/draft`, {
    name: `As ${name}`,
    type: 'output_focused',
    action: { name, description: 'Does something' },
    steps: [{ id: 'done', type: 'end' }],
  })
  expect(status).toBe(200)
  return at
}

test('F051 the name of an action is unique among the published ones of an app', async () => {
  const admin = api.as('admin')
  const [first, second] = [await make('refund'), await make('refund')]
  const published = await admin.post(`${first}/publish`)
  expect(published.status).toBe(200)
  const refused = await admin.post(`${second}/publish`)
  expect([refused.status, refused.body.code]).toEqual([422, 'NotPublishable'])
  expect(refused.body.errors).toEqual([
    {
      path: 'action.name',
      message: '“As refund” is the action "refund" of this app already: choose another name',
    },
  ])
  expect((await admin.post(`${first}/publish`)).status).toBe(200)
  expect((await admin.delete(first)).status).toBeLessThan(300)
  expect((await admin.post(`${second}/publish`)).status).toBe(200)
})

test('of two that are published at the same moment one gets the name', async () => {
  const made = await Promise.all([make('twin'), make('twin'), make('twin')])
  const answers = await Promise.all(made.map((at) => api.as('admin').post(`${at}/publish`)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422])
})
