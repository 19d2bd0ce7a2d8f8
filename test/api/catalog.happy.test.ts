import { startApi, type TestApi, type Who } from '../harness/api.ts'

let api: TestApi
const ids: Record<string, string> = {}
beforeAll(async () => {
  api = await startApi()
  const steps = [{ id: 'done', type: 'end' }]
  ids.everyone = await api.publish({
    name: 'Everyone',
    steps,
    description: 'A tidy thing',
    icon: 'box',
    category: 'Sales',
    input: {
      type: 'object',
      required: ['customer'],
      properties: { customer: { type: 'string', minLength: 2 } },
    },
  })
  ids.said = await api.publish({ name: 'Said', steps, availableTo: { everyone: true } })
  ids.approvers = await api.publish({
    name: 'Approvers',
    steps,
    availableTo: { roles: ['approver', 'service'] },
  })
  ids.other = await api.publish({ name: 'Other', steps, availableTo: { users: ['other'] } })
  ids.both = await api.publish({
    name: 'Both',
    steps,
    availableTo: { roles: ['approver'], users: ['member'] },
  })
  ids.draft = (
    await api.as('admin').post('A/workflows', { name: 'Draft', type: 'output_focused' })
  ).body.workflowId
})
afterAll(() => api.close())

const sees: Record<string, Who[]> = {
  everyone: ['admin', 'builder', 'approver', 'member', 'other', 'service'],
  said: ['admin', 'builder', 'approver', 'member', 'other', 'service'],
  approvers: ['approver', 'service'],
  other: ['other'],
  both: ['approver', 'member'],
  draft: [],
}

test('F004: the catalog holds what is available to the caller, and a start enforces the same', async () => {
  for (const who of ['admin', 'builder', 'approver', 'member', 'other', 'service'] satisfies Who[]) {
    const { body } = await api.as(who).get('R/catalog?limit=100')
    const names = body.items.map(({ workflowId }: { workflowId: string }) =>
      Object.keys(ids).find((name) => ids[name] === workflowId),
    )
    expect([who, names.sort()]).toEqual([
      who,
      Object.keys(sees)
        .filter((name) => sees[name]?.includes(who))
        .sort(),
    ])
    for (const name of Object.keys(sees)) {
      const { status } = await api
        .as(who)
        .post(`R/workflows/${ids[name]}/runs`, { input: { customer: 'Northwind' } })
      expect([who, name, status]).toEqual([
        who,
        name,
        name === 'draft' ? 409 : sees[name]?.includes(who) ? 202 : 403,
      ])
    }
  }
})

test('a card carries what a client needs to start it', async () => {
  const { body } = await api.as('member').get('R/catalog?q=tidy')
  expect(body).toEqual({
    items: [
      {
        workflowId: ids.everyone,
        version: 1,
        name: 'Everyone',
        description: 'A tidy thing',
        type: 'output_focused',
        icon: 'box',
        category: 'Sales',
        input: {
          type: 'object',
          required: ['customer'],
          properties: { customer: { type: 'string', minLength: 2 } },
        },
        welcome: null,
        thinking: null,
        triggers: [],
      },
    ],
    nextCursor: null,
  })
})

test('the catalog is filtered by type and paged by name', async () => {
  expect((await api.as('member').get('R/catalog?type=chat_driven')).body.items).toEqual([])
  const first = await api.as('member').get('R/catalog?limit=2&type=output_focused')
  const second = await api.as('member').get(`R/catalog?limit=2&cursor=${first.body.nextCursor}`)
  expect([...first.body.items, ...second.body.items].map(({ name }: { name: string }) => name)).toEqual([
    'Both',
    'Everyone',
    'Said',
  ])
  expect(second.body.nextCursor).toBeNull()
})

test('the catalog shows the published version, not the draft', async () => {
  const admin = api.as('admin')
  await admin.put(`A/workflows/${ids.said}/draft`, {
    name: 'Unsaid',
    type: 'output_focused',
    steps: [{ id: 'done', type: 'end' }],
  })
  expect((await api.as('member').get('R/catalog?q=unsaid')).body.items).toEqual([])
  await admin.post(`A/workflows/${ids.said}/publish`)
  expect((await api.as('member').get('R/catalog?q=unsaid')).body.items).toMatchObject([
    { name: 'Unsaid', version: 2 },
  ])
})
