import pg from 'pg'
import { type Processes, startProcesses } from '../harness/processes.ts'
import { until } from '../harness/until.ts'

let parley: Processes
beforeAll(async () => {
  parley = await startProcesses(() => 'Written')
}, 180_000)
afterAll(() => parley.close())

it('F089 a worker that is killed in the middle of an ingestion: it ends complete, and nothing is there twice', async () => {
  const text = Array.from({ length: 300 }, (_, index) => `# Part ${index}\n\nText number ${index}.`).join(
    '\n\n',
  )
  const { knowledgeBaseId } = await parley.parley.createKnowledgeBase({ name: 'faq' })
  const file = await parley.parley.upload({ name: 'long.md', bytes: new Blob([text]) })
  const lock = new pg.Client({ connectionString: parley.databaseUrl })
  await lock.connect()
  await lock.query('begin')
  await lock.query('lock table knowledge_passages in share mode')
  const killed = await parley.worker()
  const { documentId } = await parley.parley.addKnowledgeDocument(knowledgeBaseId, { fileId: file.fileId })
  await until('the ingestion to stand at the lock', async () => {
    const { rows } = await lock.query('select from pg_locks where not granted')
    return rows.length > 0
  })
  killed.child.kill('SIGKILL')
  await killed.ended
  await lock.query('rollback')
  expect((await parley.parley.knowledgeDocument(knowledgeBaseId, documentId)).state).toBe('indexing')
  await parley.worker()
  const document = await until(
    'the end of the ingestion',
    async () => {
      const seen = await parley.parley.knowledgeDocument(knowledgeBaseId, documentId)
      return (seen.state === 'ready' || seen.state === 'failed') && seen
    },
    90_000,
  )
  expect(document).toMatchObject({ state: 'ready', progress: 100, passages: 300, error: null })
  const { rows } = await lock.query(
    'select count(*)::int as passages, count(distinct text)::int as texts from knowledge_passages where document_id = $1',
    [documentId],
  )
  expect(rows).toEqual([{ passages: 300, texts: 300 }])
  // The attempt that the killed one left behind is counted: not any number of workers may die of one document.
  const { rows: counted } = await lock.query(
    'select attempts from knowledge_documents where document_id = $1',
    [documentId],
  )
  expect(counted).toEqual([{ attempts: 2 }])
  await lock.end()
}, 180_000)
