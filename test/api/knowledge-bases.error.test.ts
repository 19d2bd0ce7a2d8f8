import { randomUUID } from 'node:crypto'
import { type As, silentEngine, startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
let admin: As
let at: string
let documentId: string
const engine = silentEngine()

beforeAll(async () => {
  api = await startApi({ engine })
  admin = api.as('admin')
  const { body } = await admin.post('A/knowledge-bases', { name: 'faq' })
  at = `A/knowledge-bases/${body.knowledgeBaseId}`
  documentId = (await admin.post(`${at}/documents`, { url: 'https://example.com/a' })).body.documentId
})
afterAll(() => api.close())

it.each([
  [{}, 'name'],
  [{ name: '  ' }, 'name'],
  [{ name: 'x'.repeat(121) }, 'name'],
  [{ name: 'two\nlines' }, 'name'],
  [{ name: 'x', description: 'y'.repeat(1_001) }, 'description'],
  [{ name: 'x', colour: 'red' }, ''],
])('a base that is no base is refused by its field: case %#', async (body, path) => {
  const refused = await admin.post('A/knowledge-bases', body)
  expect(refused.status).toBe(422)
  expect(refused.body.errors[0].path).toBe(path)
})

it('a name is there once in an app', async () => {
  const taken = await admin.post('A/knowledge-bases', { name: 'faq' })
  expect(taken).toMatchObject({
    status: 409,
    body: { code: 'Conflict', detail: expect.stringContaining('"faq"') },
  })
  const { body: other } = await admin.post('A/knowledge-bases', { name: 'other' })
  expect((await admin.put(`A/knowledge-bases/${other.knowledgeBaseId}`, { name: 'faq' })).status).toBe(409)
  const both = await Promise.all([1, 2].map(() => admin.post('A/knowledge-bases', { name: 'race' })))
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
})

it.each([
  [{}, 'just one of'],
  [{ fileId: randomUUID(), url: 'https://example.com' }, 'just one of'],
  [{ url: 'ftp://example.com/x' }, 'https://'],
  [{ url: 'file:///etc/passwd' }, 'https://'],
  [{ url: 'nonsense' }, 'https://'],
  [{ url: 'http://10.0.0.1/secrets' }, '10.0.0.1:80 is a private or reserved address'],
  [{ url: 'https://[::1]/' }, 'PARLEY_OUTBOUND_ALLOW'],
  [{ url: 'http://2130706433/' }, '127.0.0.1:80 is a private'],
  [{ url: 'http://localhost:8080/' }, 'localhost:8080 is a private'],
  [{ url: 'http://169.254.169.254/latest/meta-data' }, '169.254.169.254:80 is a private'],
  [{ url: 'https://me:pass@example.com/' }, 'must not hold a user name'],
  [{ fileId: randomUUID() }, 'upload it first'],
])('a document that cannot be is refused: case %#', async (body, words) => {
  const refused = await admin.post(`${at}/documents`, body)
  expect(refused.status).toBe(422)
  expect(JSON.stringify(refused.body)).toContain(words)
})

it('the same document is there once in a base', async () => {
  const again = await admin.post(`${at}/documents`, { url: 'https://example.com/a' })
  expect(again).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('ingest that one again') },
  })
})

it('F089 what is not there is a 404', async () => {
  const nowhere = `A/knowledge-bases/${randomUUID()}`
  for (const path of [nowhere, `${nowhere}/documents`, `${at}/documents/${randomUUID()}`])
    expect([path, (await admin.get(path)).status]).toEqual([path, 404])
  expect((await admin.post(`${nowhere}/documents`, { url: 'https://example.com/b' })).status).toBe(404)
  expect((await admin.post(`${at}/documents/${randomUUID()}/ingest`)).status).toBe(404)
  // A document is looked for in its own base.
  const { body: other } = await admin.post('A/knowledge-bases', { name: 'another' })
  const elsewhere = `A/knowledge-bases/${other.knowledgeBaseId}/documents/${documentId}`
  expect((await admin.get(elsewhere)).status).toBe(404)
  expect((await admin.delete(elsewhere)).status).toBe(404)
})

it('a document is accepted while Temporal is away, and waits for the sweeper', async () => {
  const away = await startApi({
    engine: silentEngine({
      startIngest: async () => {
        throw new Error('away')
      },
    }),
  })
  const { body: base } = await away.as('admin').post('A/knowledge-bases', { name: 'away' })
  const made = await away
    .as('admin')
    .post(`A/knowledge-bases/${base.knowledgeBaseId}/documents`, { url: 'https://example.com/a' })
  expect(made).toMatchObject({ status: 201, body: { state: 'waiting' } })
  const { rows } = await away.db.$client.query('select dispatched from knowledge_documents')
  expect(rows).toEqual([{ dispatched: false }])
  await away.close()
})

it('publish names the knowledge base that the app does not have', async () => {
  const draft = {
    name: 'Desk',
    type: 'output_focused',
    steps: [
      { id: 'answer', type: 'agent', prompt: 'Answer.', knowledgeBases: ['faq', 'nowhere'] },
      { id: 'done', type: 'end', output: '${answer}' },
    ],
  }
  const { body } = await admin.post('A/workflows', { name: 'Desk', type: 'output_focused' })
  await admin.put(`A/workflows/${body.workflowId}/draft`, draft)
  const refused = await admin.post(`A/workflows/${body.workflowId}/publish`)
  expect(refused.status).toBe(422)
  expect(refused.body.errors).toEqual([
    expect.objectContaining({
      path: 'steps[0].knowledgeBases[1]',
      message: expect.stringContaining('this app has no knowledge base "nowhere"; it has another, faq'),
    }),
  ])
})
