import { startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

test('the brand is read and replaced', async () => {
  const brand = {
    name: 'Northwind',
    colours: { primary: '#123456', accent: '#abcdef' },
    voice: 'Plain.',
    words: { use: ['we'], avoid: ['synergy'] },
  }
  expect((await api.as('builder').get('A/brand')).body.name).toBe('My workspace')
  expect((await api.as('admin').put('A/brand', brand)).body).toEqual(brand)
  expect((await api.as('builder').get('A/brand')).body).toEqual(brand)
  expect(
    (await api.as('admin').put('A/brand', { ...brand, colours: { primary: 'red', accent: '#abcdef' } }))
      .status,
  ).toBe(422)
  expect((await api.as('admin').put('A/brand', { ...brand, logo: 'x' })).status).toBe(422)
  expect((await api.as('admin').put('A/brand', { ...brand, name: 5 })).status).toBe(400)
})

test('F017: the workspace says where each type of asset lands, and its time zone', async () => {
  const settings = {
    timeZone: 'Europe/Oslo',
    delivery: { docx: 'library', pptx: 'email', default: 'library' },
  }
  expect((await api.as('admin').put('A/settings', settings)).body).toEqual(settings)
  expect((await api.as('builder').get('A/settings')).body).toEqual(settings)
  expect((await api.as('admin').put('A/settings', { ...settings, timeZone: 'Mars/Base' })).status).toBe(422)
  expect((await api.as('admin').put('A/settings', { ...settings, delivery: { docx: 'fax' } })).status).toBe(
    422,
  )
})

test('members are added, read, replaced and taken out, with their keys', async () => {
  const admin = api.as('admin')
  const kim = {
    userId: 'kim@example.com',
    name: 'Kim',
    email: 'kim@example.com',
    roles: ['member', 'approver'],
  }
  expect(await admin.post('A/members', kim)).toMatchObject({ status: 201, body: kim })
  expect((await admin.post('A/members', kim)).status).toBe(409)
  const at = `A/members/${encodeURIComponent(kim.userId)}`
  expect((await api.as('builder').get(at)).body).toMatchObject(kim)
  expect((await admin.put(at, { name: 'Kim B.', roles: ['builder', 'builder'] })).body).toMatchObject({
    name: 'Kim B.',
    email: null,
    roles: ['builder'],
  })
  const { body: key } = await admin.post('A/api-keys', { name: 'K', userId: kim.userId, roles: ['builder'] })
  expect((await admin.delete(at)).status).toBe(204)
  expect((await admin.get(at)).status).toBe(404)
  expect((await admin.delete(at)).status).toBe(404)
  expect(
    (await fetch(`${api.url}/api/me`, { headers: { authorization: `Bearer ${key.secret}` } })).status,
  ).toBe(401)
  expect((await admin.post('A/members', { ...kim, roles: ['king'] })).status).toBe(422)
  expect((await admin.post('A/members', { ...kim, roles: [] })).status).toBe(422)
  expect((await admin.post('A/members', { ...kim, userId: 'a\u0007b' })).status).toBe(422)
})

test('a role that is taken from a person is taken from their keys', async () => {
  const admin = api.as('admin')
  const lee = { userId: 'lee', name: 'Lee', roles: ['admin', 'member'] }
  await admin.post('A/members', lee)
  const key = async (roles: string[]) => {
    const { body } = await admin.post('A/api-keys', { name: roles.join(), userId: 'lee', roles })
    return { ...body, headers: { authorization: `Bearer ${body.secret}` } }
  }
  const [both, one, machine] = [await key(['admin', 'member']), await key(['admin']), await key(['service'])]
  await admin.put('A/members/lee', { name: 'Lee', roles: ['member'] })
  expect((await admin.get(`A/api-keys/${both.apiKeyId}`)).body.roles).toEqual(['member'])
  expect((await admin.get(`A/api-keys/${machine.apiKeyId}`)).body.roles).toEqual(['service'])
  expect((await fetch(`${api.url}/api/me`, { headers: both.headers })).status).toBe(200)
  expect((await fetch(`${api.url}/api/me`, { headers: one.headers })).status).toBe(401)
})

test('members are listed by user id, in pages', async () => {
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const { body } = await api.as('admin').get(`A/members?limit=2${cursor}`)
    seen.push(...body.items.map(({ userId }: { userId: string }) => userId))
    if (!body.nextCursor) break
    cursor = `&cursor=${body.nextCursor}`
  }
  expect(seen).toEqual([...new Set(seen)])
  expect(seen).toEqual(expect.arrayContaining(['admin', 'member', 'local-admin']))
})

test('the secret of an API key is shown once and kept as a hash only', async () => {
  const made = await api
    .as('admin')
    .post('A/api-keys', { name: 'Nightly', userId: 'nightly', roles: ['service'] })
  expect(made.status).toBe(201)
  expect(made.body.secret).toMatch(/^pk_[\w-]{43}$/)
  expect(made.body.secret.startsWith(made.body.prefix)).toBe(true)
  const read = await api.as('builder').get(`A/api-keys/${made.body.apiKeyId}`)
  const { secret, ...rest } = made.body
  expect(read.body).toEqual(rest)
  expect(JSON.stringify((await api.as('admin').get('A/api-keys?limit=100')).body)).not.toContain(secret)
  const dump = await api.db.$client.query(
    'select row_to_json(k)::text as row from api_keys k union all select row_to_json(i)::text from idempotency i',
  )
  expect(JSON.stringify(dump.rows)).not.toContain(secret)
})

test('GET /api/me tells where a client begins', async () => {
  expect((await api.as('member').get('/api/me')).body).toEqual({
    userId: 'member',
    name: 'member',
    workspaces: [
      {
        workspaceId: api.workspaceId,
        name: 'My workspace',
        roles: ['member'],
        apps: [{ appId: api.appId, name: 'My app' }],
      },
    ],
  })
})

test('the last admin stays one', async () => {
  const admin = api.as('admin')
  const machine = await admin.post('A/api-keys', { name: 'Ops', userId: 'ops', roles: ['admin'] })
  const ops = { authorization: `Bearer ${machine.body.secret}` }
  expect((await admin.delete('A/members/local-admin')).status).toBe(204)
  expect((await admin.put('A/members/admin', { name: 'x', roles: ['member'] })).status).toBe(409)
  expect((await admin.delete('A/members/admin')).status).toBe(409)
  await admin.put('A/members/other', { name: 'other', roles: ['admin'] })
  const [one, two] = await Promise.all([
    admin.put('A/members/admin', { name: 'x', roles: ['member'] }, ops),
    admin.put('A/members/other', { name: 'x', roles: ['member'] }, ops),
  ])
  expect([one.status, two.status].sort()).toEqual([200, 409])
})
