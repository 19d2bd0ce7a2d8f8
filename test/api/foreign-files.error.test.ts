import { startApi, type TestApi } from '../harness/api.ts'
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

const secret = 'The secret of the member.'

/** A file that only the member may read, as somebody else would describe it. */
async function foreignFile() {
  const { body } = await api.as('member').upload('private.md', secret)
  const { fileId, name, mediaType, bytes } = body
  return { fileId, name, mediaType, bytes }
}

const draft = { id: 'd', type: 'draft', format: 'text', prompt: 'Repeat: ${q.doc}' }
const form = { type: 'object', properties: { doc: { type: 'object' } } }

async function begin(steps: object[], body: object = {}): Promise<string> {
  const workflowId = await api.publish({ name: 'Files', steps })
  const started = await api.as('other').post(`R/workflows/${workflowId}/runs`, body)
  expect(started.status).toBe(202)
  return `R/workflows/instances/${started.body.instanceUuid}`
}

const asked = (at: string) =>
  until('the question', async () => (await api.as('other').get(at)).body.requests?.[0])

const ended = (at: string) =>
  until('the end', async () => {
    const { body } = await api.as('other').get(at)
    return body.finishedAt ? body : undefined
  })

test('a form answer cannot name a file that the caller may not read', async () => {
  const doc = await foreignFile()
  const at = await begin([
    { id: 'q', type: 'ask', question: '?', answer: { type: 'form', schema: form } },
    draft,
  ])
  await asked(at)
  const refused = await api.as('other').post(`${at}/answers`, { value: { doc } })
  expect([refused.status, refused.body.detail]).toEqual([422, expect.stringContaining('no file has the id')])
})

test('an answer in words, and an expression, come no further: whose file it is decides', async () => {
  const doc = await foreignFile()
  const before = world.models.requests.length
  const byWords = await begin([
    { id: 'q', type: 'ask', question: '?', answer: { type: 'form', schema: form } },
    draft,
  ])
  await asked(byWords)
  await api.as('other').post(`${byWords}/answers`, { value: JSON.stringify({ doc }) })
  expect((await ended(byWords)).error).toMatchObject({ code: 'FileUnreadable' })
  const made = "${{'fileId': input.x, 'name': 'a.md', 'mediaType': 'text/markdown', 'bytes': 15}}"
  const byExpression = await begin(
    [
      { id: 's', type: 'set', variables: { doc: made } },
      { ...draft, prompt: 'Repeat: ${variables.doc}' },
    ],
    { input: { x: doc.fileId } },
  )
  expect((await ended(byExpression)).error).toMatchObject({ code: 'FileUnreadable' })
  const delivered = await begin(
    [
      { id: 's', type: 'set', variables: { doc: made } },
      { id: 'out', type: 'deliver', files: ['${variables.doc}'], to: ['library'] },
    ],
    { input: { x: doc.fileId } },
  )
  expect((await ended(delivered)).status).toBe('failed')
  expect((await api.as('other').get(`R/files/${doc.fileId}`)).status).toBe(404)
  expect(world.models.requests.slice(before).map(({ user }) => user)).toEqual([])
})

test('a file of one’s own, and one that the definition names, are used', async () => {
  world.models.will('Mine.', 'Theirs.')
  const { body: own } = await api.as('other').upload('own.md', 'My own words.')
  const at = await begin([
    { id: 'q', type: 'ask', question: '?', answer: { type: 'form', schema: form } },
    draft,
  ])
  await asked(at)
  expect((await api.as('other').post(`${at}/answers`, { value: { doc: own } })).status).toBe(200)
  expect((await ended(at)).status).toBe('completed')
  expect(world.models.requests.at(-1)?.user).toContain('My own words.')
  const { body: handbook } = await api.as('admin').upload('handbook.md', 'The handbook.')
  const named = await begin([
    { id: 's', type: 'set', variables: { doc: handbook } },
    { ...draft, prompt: 'Repeat: ${variables.doc}' },
  ])
  expect((await ended(named)).status).toBe('completed')
  expect(world.models.requests.at(-1)?.user).toContain('The handbook.')
})
