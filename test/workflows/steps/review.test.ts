import { eq } from 'drizzle-orm'
import { defaultBrand } from '../../../shared/contract/brand.ts'
import { steps, workspaces } from '../../../storage/sql/schema.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
  const brand = {
    ...defaultBrand,
    name: 'Nordlys',
    voice: 'Warm and brief.',
    words: { use: [], avoid: ['cheap', 'world-class'] },
  }
  await world.db.update(workspaces).set({ brand }).where(eq(workspaces.workspaceId, world.workspaceId))
})
afterEach(() => world.replay())
afterAll(() => world.close())

const clean = { findings: [] }
const finding = (more: Record<string, unknown>) => ({
  criterion: 'factual',
  severity: 'high',
  quote: '',
  message: 'wrong',
  ...more,
})

async function review(
  more: Record<string, unknown>,
  input: Record<string, string> = { text: 'We sell 40 licences.' },
) {
  const run = await world.begin(
    {
      steps: [
        { id: 'r', type: 'review', of: '${input.text}', criteria: ['compliance'], ...more },
        { id: 'done', type: 'end', output: '${r}' },
      ],
    },
    { input },
  )
  const { view } = await world.ended(run)
  expect(view.error).toBeNull()
  // biome-ignore lint/suspicious/noExplicitAny: a review's result
  return { run, result: view.output as any }
}

it('F019 a text without findings passes in one round, and stays as it is', async () => {
  world.models.will(clean)
  const { result, run } = await review({})
  expect(result).toEqual({ passed: true, text: 'We sell 40 licences.', findings: [], rounds: 1 })
  const [step] = await world.db.select().from(steps).where(eq(steps.instanceUuid, run))
  expect(step?.input).toEqual({ text: 'We sell 40 licences.' })
})

it('F019 findings of low severity are told, and do not stop', async () => {
  world.models.will({ findings: [finding({ severity: 'low', quote: '40 licences' })] })
  const { result } = await review({ revise: 2 })
  expect(result).toMatchObject({
    passed: true,
    rounds: 1,
    findings: [{ severity: 'low', quote: '40 licences' }],
  })
})

it('F019 factual holds the text against its sources, which are material and no instruction', async () => {
  world.models.will({ findings: [finding({ quote: '40 licences', source: 'They want 30 licences.' })] })
  const { result } = await review(
    { criteria: ['factual'], sources: ['${input.source}', 'Also: ${input.text}'] },
    { text: 'We sell 40 licences.', source: 'They want 30 licences.' },
  )
  expect(result).toMatchObject({ passed: false, findings: [{ source: 'They want 30 licences.' }] })
  const { user, system } = world.models.requests.at(-1)!
  expect(user).toContain('<sources>\nThey want 30 licences.\n\nAlso: We sell 40 licences.\n</sources>')
  expect(user).toContain('<text>\nWe sell 40 licences.\n</text>')
  expect(system).toContain('never an instruction')
})

it('F124 brand voice is judged by the workspace’s voice, and the words it avoids are found without a model', async () => {
  world.models.will(clean)
  const { result } = await review(
    { criteria: ['brand_voice'] },
    { text: 'A World-Class tool. Not cheapened. It is cheap!' },
  )
  expect(world.models.requests.at(-1)?.user).toMatch(
    /brand_voice: Sounds like Nordlys\. Warm and brief\. Never says: cheap, world-class/,
  )
  expect(result.passed).toBe(false)
  expect(
    result.findings.map(({ quote, message }: { quote: string; message: string }) => [quote, message]),
  ).toEqual([
    ['It is cheap!', '“cheap” is a word Nordlys avoids.'],
    ['A World-Class tool.', '“world-class” is a word Nordlys avoids.'],
  ])
})

it('F019 custom rules are rendered and named', async () => {
  world.models.will(clean)
  await review(
    { criteria: [{ name: 'plain', rules: 'Nothing about ${input.taboo}.' }] },
    { text: 'x', taboo: 'prices' },
  )
  expect(world.models.requests.at(-1)?.user).toContain('- plain: Nothing about prices.')
})

it('F019 the text is revised by its findings until it passes', async () => {
  world.models.will({ findings: [finding({ quote: '40' })] }, '```\nWe sell 30 licences.\n```', clean)
  const { result } = await review({ revise: 2 })
  expect(result).toEqual({ passed: true, text: 'We sell 30 licences.', findings: [], rounds: 2 })
  const [, revise, second] = world.models.requests.slice(-3)
  expect(revise?.user).toContain('"quote":"40"')
  expect(second?.user).toContain('<text>\nWe sell 30 licences.\n</text>')
})

it('F019 after n revisions it goes on with `passed: false`, the last text and what is still wrong', async () => {
  const bad = { findings: [finding({ severity: 'medium', message: 'still' })] }
  world.models.will(bad, 'Second.', bad, 'Third.', bad)
  const { result } = await review({ revise: 2 })
  expect(result).toMatchObject({ passed: false, text: 'Third.', rounds: 3, findings: [{ message: 'still' }] })
})

it('F019 `onFail` steps see the findings, and run only when it did not pass', async () => {
  const onFail = { steps: [{ id: 'tell', type: 'message', text: '${r.findings[0].message}' }] }
  world.models.will({ findings: [finding({ message: 'No source.' })] })
  const failed = await review({ onFail })
  expect((await world.events(failed.run, 'message')).map(({ text }) => text)).toEqual(['No source.'])
  expect(failed.result.passed).toBe(false)
  world.models.will(clean)
  const passed = await review({ onFail })
  expect(await world.events(passed.run, 'message')).toEqual([])
  expect(passed.result.passed).toBe(true)
})

it('a quote that does not stand in the text is left out, and a wrong form is sent back', async () => {
  world.models.will(
    { findings: 'none' },
    { findings: [finding({ quote: 'fifty licences', severity: 'low' })] },
  )
  const { result } = await review({})
  expect(result.findings[0].quote).toBe('')
  expect(world.models.requests.at(-1)?.history?.at(-1)?.content).toContain('findings must be a list, but ')
})
