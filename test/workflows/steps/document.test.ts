import { eq } from 'drizzle-orm'
import JSZip from 'jszip'
import { defaultBrand } from '../../../shared/contract/brand.ts'
import { files, workspaces } from '../../../storage/sql/schema.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
  const brand = {
    ...defaultBrand,
    name: 'Nordlys Freight',
    colours: { primary: '#123abc', accent: '#fedcba' },
  }
  await world.db.update(workspaces).set({ brand }).where(eq(workspaces.workspaceId, world.workspaceId))
})
afterEach(() => world.replay())
afterAll(() => world.close())

/** The parts of an office file, as one text. */
async function insideOf(fileId: string): Promise<string> {
  const zip = await JSZip.loadAsync(
    await world.deps.assets.bytes({ workspaceId: world.workspaceId, fileId, part: 'original' }),
  )
  return (
    await Promise.all(
      Object.values(zip.files).map((part) => (/\.(xml|rels)$/.test(part.name) ? part.async('text') : '')),
    )
  ).join('\n')
}

const fileOf = async (run: string) => {
  const { view } = await world.ended(run)
  expect(view.error).toBeNull()
  return view.assets[0]!
}

it('F124 a DOCX carries the name and colours of the workspace', async () => {
  const run = await world.begin(
    {
      steps: [
        {
          id: 'f',
          type: 'document',
          format: 'docx',
          name: 'Offer for ${input.who}',
          content: '# Offer\n\nFor **${input.who}**.',
        },
      ],
    },
    { input: { who: 'Fjord AS' } },
  )
  const file = await fileOf(run)
  expect(file).toMatchObject({
    name: 'Offer for Fjord AS.docx',
    mediaType: expect.stringContaining('wordprocessingml'),
  })
  const inside = await insideOf(file.fileId)
  expect(inside).toContain('Fjord AS')
  expect(inside).toContain('Nordlys Freight')
  expect(inside.toLowerCase()).toContain('123abc')
})

it('F124 a PPTX is made of slides that a model gave, nulls and all, with a chart', async () => {
  world.models.will({
    slides: [
      { title: 'Where we stand', body: '- One\n- Two', notes: null, chart: null },
      {
        title: 'Costs',
        chart: { type: 'bar', labels: ['2025', '2026'], series: [{ name: 'NOK', values: [3, 2] }] },
      },
    ],
  })
  const run = await world.begin({
    steps: [
      { id: 'deck', type: 'draft', format: 'json', prompt: 'Slides.' },
      { id: 'f', type: 'document', format: 'pptx', name: 'Deck', slides: '${deck}' },
    ],
  })
  const file = await fileOf(run)
  const inside = await insideOf(file.fileId)
  expect(inside).toContain('Where we stand')
  expect(inside).toContain('Nordlys Freight')
  expect(inside).toContain('c:chart')
})

it('a Markdown file holds the content as it is; its row knows the run and who started it', async () => {
  const run = await world.begin({
    steps: [{ id: 'f', type: 'document', format: 'md', name: 'a/b: "c"', content: '# Plain\n' }],
  })
  const file = await fileOf(run)
  expect(file.name).toBe('a b c.md')
  const bytes = await world.deps.assets.bytes({
    workspaceId: world.workspaceId,
    fileId: file.fileId,
    part: 'original',
  })
  expect(new TextDecoder().decode(bytes)).toContain('# Plain')
  const [row] = await world.db.select().from(files).where(eq(files.fileId, file.fileId))
  expect(row).toMatchObject({ instanceUuid: run, createdBy: 'ana', libraryAt: null, bytes: bytes.length })
})

it('slides that do not fit fail the step in words that say what was expected', async () => {
  const run = await world.begin(
    { steps: [{ id: 'f', type: 'document', format: 'pptx', name: 'Deck', slides: '${input.slides}' }] },
    { input: { slides: [{ body: 'no title' }] } },
  )
  const { view } = await world.ended(run)
  expect(view.error).toMatchObject({
    code: 'DocumentProblem',
    message: expect.stringContaining('Expected a list of { title'),
  })
})

it('a chart that cannot be drawn fails the step and not the worker', async () => {
  const content = '```chart\n{ "type": "bar", "labels": ["a"], "series": "no" }\n```'
  const run = await world.begin({
    steps: [{ id: 'f', type: 'document', format: 'docx', name: 'x', content }],
  })
  expect((await world.ended(run)).view.error).toMatchObject({ code: 'DocumentProblem' })
})
