import { eq } from 'drizzle-orm'
import sharp from 'sharp'
import { createOpenAiImages } from '../../../activities/providers/images/openai.ts'
import { defaultBrand } from '../../../shared/contract/brand.ts'
import { calls, files, workspaces } from '../../../storage/sql/schema.ts'
import { answer, type ImageServer, painting, startImageServer } from '../../harness/image-server.ts'
import { until } from '../../harness/until.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World
let server: ImageServer
let picture: Buffer
/** How many transactions break once a picture is painted. */
let faults = 0
beforeAll(async () => {
  server = await startImageServer()
  picture = await sharp({ create: { width: 96, height: 64, channels: 3, background: '#fe8b12' } })
    .png()
    .toBuffer()
  world = await createWorld((deps) => ({
    ...deps,
    images: createOpenAiImages({ apiKey: 'test', baseUrl: server.baseUrl, model: 'gpt-image-1' }),
    db: new Proxy(deps.db, {
      get: (db, name) => {
        const real = Reflect.get(db, name)
        if (name !== 'transaction') return typeof real === 'function' ? real.bind(db) : real
        return (...given: unknown[]) => {
          if (faults > 0 && server.requests.length > 0) {
            faults--
            return Promise.reject(new Error('the transaction broke'))
          }
          return real.apply(db, given)
        }
      },
    }),
  }))
  const brand = {
    ...defaultBrand,
    name: 'Nordlys Freight',
    colours: { primary: '#123abc', accent: '#fe8b12' },
  }
  await world.db.update(workspaces).set({ brand }).where(eq(workspaces.workspaceId, world.workspaceId))
})
beforeEach(() => void server.requests.splice(0))
afterEach(() => world.replay())
afterAll(async () => {
  await world.close()
  await server.close()
})

const bytesOf = (fileId: string) =>
  world.deps.assets.bytes({ workspaceId: world.workspaceId, fileId, part: 'original' })

const image = (fields: object) => ({ id: 'pic', type: 'image', ...fields })

it('F021 a card is a file of the run, in the brand’s colours, and in the Library once it is delivered', async () => {
  const run = await world.begin(
    {
      steps: [
        image({ card: { template: 'cover', title: 'Offer for ${input.who}' }, size: '${input.size}' }),
        { id: 'ok', type: 'ask', question: 'Well?', answer: { type: 'text' } },
        { id: 'out', type: 'deliver', files: ['${pic}'], to: ['library'] },
        { id: 'end', type: 'end', output: { card: '${pic.fileId}' } },
      ],
    },
    { input: { who: 'Fjord AS', size: '400x210' } },
  )
  const { requestId } = await world.request(run)
  const row = async () => (await world.db.select().from(files).where(eq(files.instanceUuid, run)))[0]
  expect(await row()).toMatchObject({
    name: 'Offer for Fjord AS.png',
    mediaType: 'image/png',
    createdBy: 'ana',
    libraryAt: null,
  })
  await world.signal(run, 'answer', { requestId, value: 'yes', by: { userId: 'ana' } })
  const { view } = await world.ended(run)
  expect(view.error).toBeNull()
  const file = await row()
  expect(file?.libraryAt).not.toBeNull()
  expect(view.output).toEqual({ card: file?.fileId })
  const bytes = await bytesOf(file?.fileId ?? '')
  expect(bytes.length).toBe(file?.bytes)
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 400, height: 210 })
  const corner = await sharp(bytes)
    .extract({ left: 3, top: 200, width: 1, height: 1 })
    .removeAlpha()
    .raw()
    .toBuffer()
  expect(corner.toString('hex')).toBe('123abc')
})

it('F021 a chart that a model gave, nulls and all, is drawn on a card that says whose words it shows', async () => {
  world.models.will({
    type: 'bar',
    title: null,
    labels: ['2025', '2026'],
    series: [{ name: 'NOK', values: [3, 2] }],
  })
  const run = await world.begin({
    steps: [
      { id: 'chart', type: 'draft', format: 'json', prompt: 'A chart.' },
      image({ card: { template: 'chart', title: 'Costs', chart: '${chart}' }, name: 'costs.png' }),
    ],
  })
  const { view } = await world.ended(run)
  expect(view.error).toBeNull()
  expect(view.assets).toEqual([expect.objectContaining({ name: 'costs.png', mediaType: 'image/png' })])
})

it.each<[string, object, RegExp]>([
  [
    'a size that is none',
    { card: { template: 'title', title: 'x' }, size: '${input.size}' },
    /“huge”: expected width x height/,
  ],
  ['a card that says nothing', { card: { template: 'title', title: '${input.nothing}' } }, /nothing to say/],
  ['a comparison of one', { card: { template: 'comparison', text: '${input.size}' } }, /two to four sides/],
  [
    'a chart that is none',
    { card: { template: 'chart', chart: '${input.chart}' } },
    /chart does not fit.*Expected \{ type/,
  ],
  ['an empty prompt', { prompt: '${input.nothing}' }, /prompt is empty/],
])('F021 %s fails the step in words that say what was expected', async (_, fields, message) => {
  const run = await world.begin(
    { steps: [image(fields)] },
    { input: { size: 'huge', nothing: '', chart: { type: 'bar' } } },
  )
  expect((await world.ended(run)).view.error).toMatchObject({
    code: 'ImageProblem',
    message: expect.stringMatching(message),
  })
})

it('F021 a prompt is painted by the model, and the run log knows the call', async () => {
  server.will(painting(picture))
  const run = await world.begin(
    { steps: [image({ prompt: 'A ${input.what}', size: '200x100', name: 'Harbour' })] },
    { input: { what: 'lighthouse' } },
  )
  const { view } = await world.ended(run)
  expect(view.error).toBeNull()
  const [file] = view.assets
  expect(file).toMatchObject({ name: 'Harbour.png', mediaType: 'image/png' })
  expect(server.requests).toEqual([expect.objectContaining({ prompt: 'A lighthouse' })])
  expect(await sharp(await bytesOf(file?.fileId ?? '')).metadata()).toMatchObject({ width: 200, height: 100 })
  const made = await world.db.select().from(calls).where(eq(calls.instanceUuid, run))
  expect(made).toEqual([
    expect.objectContaining({
      kind: 'model',
      model: 'gpt-image-1',
      tokensIn: 12,
      tokensOut: 1_056,
      response: expect.objectContaining({ fileId: file?.fileId }),
    }),
  ])
})

it('F021 a retry behind a painted picture takes that picture, and pays nothing twice', async () => {
  server.will(painting(picture))
  faults = 1
  const run = await world.begin({
    steps: [image({ prompt: 'A lighthouse', retry: { attempts: 3, backoff: 'PT1S' } })],
  })
  const { view } = await world.ended(run)
  expect(view.error).toBeNull()
  expect(faults).toBe(0)
  expect(server.requests).toHaveLength(1)
  expect(view.assets).toHaveLength(1)
  const bytes = await bytesOf(view.assets[0]?.fileId ?? '')
  expect(view.assets[0]?.bytes).toBe(bytes.length)
})

it('F021 a refused prompt fails the step with the provider’s words, and `onError` goes on', async () => {
  server.will(
    answer(400, { error: { code: 'moderation_blocked', message: 'rejected by the safety system' } }),
  )
  const run = await world.begin({
    steps: [
      image({
        prompt: 'Something',
        onError: { steps: [{ id: 'm', type: 'message', text: 'No picture: ${error.message}' }] },
      }),
    ],
  })
  const { view } = await world.ended(run)
  expect(view.error).toBeNull()
  expect(await world.events(run, 'message')).toEqual([
    expect.objectContaining({ text: expect.stringContaining('rejected by the safety system') }),
  ])
})

it('F021 a cancelled run closes the connection to the model, and leaves no file', async () => {
  server.will(() => {})
  const before = server.aborted
  const run = await world.begin({ steps: [image({ prompt: 'A lighthouse' })] })
  await until('the call to arrive', () => server.requests.length === 1)
  await world.handle(run).cancel()
  await until('the server to see the close', () => server.aborted === before + 1, 5_000)
  expect((await world.ended(run)).status).toBe('cancelled')
  expect(await world.db.select().from(files).where(eq(files.instanceUuid, run))).toEqual([])
})
