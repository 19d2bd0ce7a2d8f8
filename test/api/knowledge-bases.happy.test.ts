import type { ServerResponse } from 'node:http'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { ingestWorkflowId } from '../../shared/temporal/names.ts'
import { searchKnowledge } from '../../storage/sql/search-knowledge.ts'
import { type As, startApi, type TestApi } from '../harness/api.ts'
import { makePdf } from '../harness/files/make-pdf.ts'
import { exampleFile } from '../harness/files/read-made.ts'
import { ingested, knowledgeBase, settled } from '../harness/knowledge.ts'
import { until } from '../harness/until.ts'
import { startWebServer, type WebServer } from '../harness/web-server.ts'
import { createWorld, type World } from '../harness/world.ts'

let web: WebServer
let answer: (response: ServerResponse) => void
let world: World
let api: TestApi
let admin: As

beforeAll(async () => {
  web = await startWebServer((_, response) => answer(response))
  world = await createWorld((deps) => ({
    ...deps,
    outbound: createGuardedFetch({ allow: [`127.0.0.1:${web.port}`] }),
  }))
  api = await startApi({ world, over: { outboundAllow: [`127.0.0.1:${web.port}`] } })
  admin = api.as('admin')
})
afterAll(async () => {
  await api.close()
  await world.close()
  await web.close()
})
afterEach(() => world.replay())

const search = (at: string, query: string) =>
  searchKnowledge(world.db, { knowledgeBaseIds: [at.split('/').at(-1) as string], query, limit: 5 })
const page = (response: ServerResponse, html: string) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end(html)
const rowsOf = async (table: string, documentId: string) =>
  (
    await world.db.$client.query(`select count(*)::int as count from ${table} where document_id = $1`, [
      documentId,
    ])
  ).rows[0].count as number

it('F089 knowledge bases are added, read, renamed, listed and taken away', async () => {
  const made = await admin.post('A/knowledge-bases', { name: ' faq ', description: 'What customers ask' })
  expect(made).toMatchObject({
    status: 201,
    body: { name: 'faq', description: 'What customers ask', documents: 0, ready: 0 },
  })
  const at = `A/knowledge-bases/${made.body.knowledgeBaseId}`
  expect((await api.as('builder').get(at)).body).toEqual(made.body)
  expect((await admin.put(at, { name: 'questions' })).body).toMatchObject({
    name: 'questions',
    description: '',
  })
  await admin.post('A/knowledge-bases', { name: 'a-first' })
  const first = (await api.as('builder').get('A/knowledge-bases?limit=1')).body
  expect(first.items.map(({ name }: { name: string }) => name)).toEqual(['a-first'])
  const next = (await admin.get(`A/knowledge-bases?limit=1&cursor=${first.nextCursor}`)).body
  expect(next.items.map(({ name }: { name: string }) => name)).toEqual(['questions'])
  expect((await admin.delete(at)).status).toBe(204)
  expect((await admin.get(at)).status).toBe(404)
  expect((await admin.get(`${at}/documents`)).status).toBe(404)
})

it('F089 a repeated request adds one base and one document', async () => {
  const once = (path: string, body: object) => admin.post(path, body, { 'idempotency-key': 'k1' })
  const [one, other] = [
    await once('A/knowledge-bases', { name: 'once' }),
    await once('A/knowledge-bases', { name: 'once' }),
  ]
  expect(other.body).toEqual(one.body)
  const at = `A/knowledge-bases/${one.body.knowledgeBaseId}`
  const { body: file } = await admin.upload('a.md', '# Opening\n\nWe open at nine.')
  const first = await once(`${at}/documents`, { fileId: file.fileId })
  expect((await once(`${at}/documents`, { fileId: file.fileId })).body).toEqual(first.body)
  await settled(admin, at, first.body.documentId)
  const again = `${at}/documents/${first.body.documentId}/ingest`
  await once(again, {})
  await once(again, {})
  await settled(admin, at, first.body.documentId)
  const { rows } = await world.db.$client.query(
    'select wanted from knowledge_documents where document_id = $1',
    [first.body.documentId],
  )
  expect(rows).toEqual([{ wanted: 2 }])
})

it('F089 documents of every kind are found with their place', async () => {
  const { at, documents } = await knowledgeBase(admin, world, 'kinds', {
    'guide.md': '# Guide\n\n## Opening hours\n\nThe shop opens at nine.\n\n## Parking\n\nBehind the house.',
    'plain.txt': 'The kitchen closes at ten in the evening.',
    'site.html': '<html><body><h1>Team</h1><p>Our baker is called Ines.</p></body></html>',
    'manual.pdf': makePdf([
      [{ x: 72, y: 700, text: 'The oven is heated to 230 degrees before the bread goes in.' }],
      [{ x: 72, y: 700, text: 'Flour is delivered on Tuesdays by the mill in Grimma.' }],
      [{ x: 72, y: 700, text: 'The dough rests for eighteen hours in the cold room.' }],
    ]),
    'case-study.pptx': await exampleFile('case-study.pptx'),
    'product-sheet.docx': await exampleFile('product-sheet.docx'),
  })
  expect(
    Object.values(documents).map(({ name, state, progress, error }) => [name, state, progress, error]),
  ).toEqual(
    ['guide.md', 'plain.txt', 'site.html', 'manual.pdf', 'case-study.pptx', 'product-sheet.docx'].map(
      (name) => [name, 'ready', 100, null],
    ),
  )
  expect((await admin.get(at)).body).toMatchObject({ documents: 6, ready: 6 })
  expect((await search(at, 'When does the shop open?'))[0]).toMatchObject({
    document: 'guide.md',
    heading: 'Guide › Opening hours',
    page: null,
    text: 'The shop opens at nine.',
  })
  expect((await search(at, 'Who brings the flour?'))[0]).toMatchObject({ document: 'manual.pdf', page: 2 })
  expect((await search(at, 'how long does dough rest'))[0]).toMatchObject({ document: 'manual.pdf', page: 3 })
  expect((await search(at, 'baker'))[0]).toMatchObject({ document: 'site.html', heading: 'Team' })
  expect((await search(at, 'read-only connector'))[0]).toMatchObject({
    document: 'case-study.pptx',
    heading: 'Slide 2: How it was introduced',
  })
  expect((await search(at, 'median time from a change to the driver'))[0]?.document).toBe(
    'product-sheet.docx',
  )
  const listed = (await api.as('builder').get(`${at}/documents?limit=4`)).body
  expect(listed.items.map(({ name }: { name: string }) => name)).toEqual([
    'case-study.pptx',
    'guide.md',
    'manual.pdf',
    'plain.txt',
  ])
  expect((await admin.get(`${at}/documents?limit=4&cursor=${listed.nextCursor}`)).body.items).toHaveLength(2)
})

it('F089 a page is fetched by its address, and again; readers see the old or the new, never none', async () => {
  answer = (response) => page(response, '<h1>Prices</h1><p>A loaf costs four euros.</p>')
  const { at } = await knowledgeBase(admin, world, 'web', {})
  const document = await ingested(admin, world, at, { url: `${web.url}/prices` })
  expect(document).toMatchObject({ name: `127.0.0.1:${web.port}/prices`, state: 'ready', fileId: null })
  expect((await search(at, 'loaf'))[0]).toMatchObject({
    url: `${web.url}/prices`,
    text: 'A loaf costs four euros.',
  })

  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  answer = async (response) => {
    await held
    page(response, '<h1>Prices</h1><p>A loaf costs five euros.</p>')
  }
  const again = await admin.post(`${at}/documents/${document.documentId}/ingest`)
  expect(again).toMatchObject({ status: 202, body: { state: 'waiting', progress: 0, passages: 1 } })
  world.followJob(ingestWorkflowId(world.workspaceId, document.documentId, 2))
  await until('the reading', async () => {
    const { body } = await admin.get(`${at}/documents/${document.documentId}`)
    return body.state === 'reading' && body.progress > 0
  })
  const seen = new Set<string>()
  let isOver = false
  const watching = (async () => {
    while (!isOver) seen.add((await search(at, 'loaf')).map(({ text }) => text).join(' | '))
  })()
  await until('a look', () => seen.size === 1)
  release()
  await settled(admin, at, document.documentId)
  await until('the new text', () => seen.size === 2)
  isOver = true
  await watching
  expect([...seen]).toEqual(['A loaf costs four euros.', 'A loaf costs five euros.'])
  expect(await rowsOf('knowledge_readings', document.documentId)).toBe(1)
  expect(await rowsOf('knowledge_passages', document.documentId)).toBe(1)
})

it('F089 what fails says why, and leaves what was found before; the next one may do better', async () => {
  answer = (response) => page(response, '<h1>Menu</h1><p>Soup on Mondays.</p>')
  const { at } = await knowledgeBase(admin, world, 'failing', {})
  const { documentId } = await ingested(admin, world, at, { url: `${web.url}/menu`, name: 'Menu' })
  answer = (response) => response.writeHead(404).end()
  await admin.post(`${at}/documents/${documentId}/ingest`)
  expect(await settled(admin, at, documentId)).toMatchObject({
    state: 'failed',
    error: { code: 'FileUnreadable', message: `${web.url}/menu could not be read: the server answered 404.` },
    passages: 1,
  })
  expect(await search(at, 'soup')).toHaveLength(1)
  let failures = 1
  answer = (response) =>
    failures-- > 0 ? response.writeHead(503).end() : page(response, '<h1>Menu</h1><p>Soup on Fridays.</p>')
  await admin.post(`${at}/documents/${documentId}/ingest`)
  expect(await settled(admin, at, documentId)).toMatchObject({ state: 'ready', error: null })
  expect((await search(at, 'soup'))[0]?.text).toBe('Soup on Fridays.')

  const { body: damaged } = await admin.upload(
    'broken.pdf',
    makePdf([[{ x: 1, y: 1, text: 'x' }]]).subarray(0, 200),
  )
  expect(await ingested(admin, world, at, { fileId: damaged.fileId })).toMatchObject({
    state: 'failed',
    error: { code: 'FileUnreadable', message: expect.stringContaining('"broken.pdf"') },
    ingestedAt: null,
  })
  // Where a name or a redirect leads is seen when it is called.
  answer = (response) => response.writeHead(302, { location: 'http://10.0.0.1/secrets' }).end()
  expect(await ingested(admin, world, at, { url: `${web.url}/inside` })).toMatchObject({
    state: 'failed',
    error: { message: expect.stringContaining('private or reserved address') },
  })
})

it('F089 a deletion takes all passages along, also in the middle of an ingestion', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let isAsked = false
  answer = async (response) => {
    isAsked = true
    await held
    page(response, '<p>Too late for anybody.</p>')
  }
  const { at, documents } = await knowledgeBase(admin, world, 'gone', { 'a.txt': 'Something to find.' })
  const { documentId } = documents['a.txt'] as { documentId: string }
  const { body: slow } = await admin.post(`${at}/documents`, { url: `${web.url}/slow` })
  await until('the request', () => isAsked)
  expect((await admin.delete(`${at}/documents/${slow.documentId}`)).status).toBe(204)
  release()
  const job = world.client.workflow.getHandle(ingestWorkflowId(world.workspaceId, slow.documentId, 1))
  expect(await job.result()).toEqual({ state: 'superseded' })
  expect(await rowsOf('knowledge_passages', slow.documentId)).toBe(0)
  expect((await admin.delete(at)).status).toBe(204)
  for (const table of ['knowledge_documents', 'knowledge_readings', 'knowledge_passages'])
    expect([table, await rowsOf(table, documentId)]).toEqual([table, 0])
})

it('F089 20 MB of text are taken as far as the limit, and it is said', async () => {
  const line = 'All work and no play makes Jack a dull boy. '
  const { documents } = await knowledgeBase(admin, world, 'large', {
    'large.txt': Buffer.alloc(20_000_000, line),
  })
  expect(documents['large.txt']).toMatchObject({ state: 'ready', truncated: true, characters: 5_000_000 })
  expect(documents['large.txt']?.passages).toBeGreaterThan(3_000)
}, 120_000)
