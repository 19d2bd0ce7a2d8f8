import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import sharp from 'sharp'
import { z } from 'zod'
import { createOpenAiImages } from '../../activities/providers/images/openai.ts'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { createSearxngSearch } from '../../activities/providers/search/searxng.ts'
import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../activities/providers/tools/open-secrets.ts'
import { asIntegration } from '../../api/integrations/as-integration.ts'
import { fillBase } from '../../bench/knowledge/recall.ts'
import { connectJobs } from '../../client/jobs.ts'
import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'
import { absent } from '../../shared/contract/expression.ts'
import { IntegrationFields } from '../../shared/contract/integration.ts'
import { isObject, type Json } from '../../shared/contract/json.ts'
import { McpServerFields } from '../../shared/contract/mcp-server.ts'
import { commonFields } from '../../shared/contract/step.ts'
import { kinds, stepKindOf } from '../../shared/contract/steps/index.ts'
import { TeamFields } from '../../shared/contract/team.ts'
import { renderTemplate } from '../../shared/contract/template.ts'
import { UiFlow } from '../../shared/contract/ui-flow.ts'
import { jobWorkflowId } from '../../shared/temporal/names.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { boundTo, seal } from '../../storage/secrets/seal.ts'
import { addIntegration } from '../../storage/sql/integrations.ts'
import { addMcpServer, findMcpServer } from '../../storage/sql/mcp-servers.ts'
import { acceptMcpTools } from '../../storage/sql/mcp-tools.ts'
import { readAppWorld } from '../../storage/sql/read-app-world.ts'
import { addSecret } from '../../storage/sql/secrets.ts'
import { addTeam } from '../../storage/sql/teams.ts'
import { addUiFlow } from '../../storage/sql/ui-flows.ts'
import { type ImageServer, painting, startImageServer } from '../harness/image-server.ts'
import { type McpTestServer, startMcpServer } from '../harness/mcp-server.ts'
import { expected, playRun } from '../harness/play-run.ts'
import { type ShownWeb, startShownWeb } from '../harness/shown-web.ts'
import {
  pageNames,
  readStepPage,
  rowsOf,
  type ShownExample,
  type ShownRun,
  type StepPage,
  sectionOf,
} from '../harness/step-page.ts'
import { createWorld, type World } from '../harness/world.ts'

const pages = pageNames().map(readStepPage)
const keys = masterKeysOf([randomBytes(32)], tmpdir())

let world: World
let web: ShownWeb
let mcp: McpTestServer
let painter: ImageServer
const called = new Map<string, string>()

beforeAll(async () => {
  ;[web, mcp, painter] = await Promise.all([startShownWeb(), startMcpServer(), startImageServer()])
  const picture = { width: 96, height: 64, channels: 3, background: '#fe8b12' } as const
  painter.will(painting(await sharp({ create: picture }).png().toBuffer()))
  const outbound = createGuardedFetch({ allow: [`127.0.0.1:${web.port}`, `127.0.0.1:${mcp.port}`] })
  world = await createWorld((deps) => ({
    ...deps,
    outbound,
    search: createSearxngSearch({ url: web.searchUrl }),
    images: createOpenAiImages({ apiKey: 'test', baseUrl: painter.baseUrl, model: 'gpt-image-1' }),
    tools: createTools({
      db: deps.db,
      outbound,
      openSecrets: createOpenSecrets(deps.db, keys),
      operatorServers: {},
    }),
  }))
  for (const page of pages) await setUp(page)
})
afterEach(() => world.replay())
afterAll(async () => {
  await world.close()
  await Promise.all([web.close(), mcp.close(), painter.close()])
})

const admin = () => ({ ...world, userId: 'boss', roles: ['admin' as const] })

/** Sets up what the blocks of a page name: secrets, integrations, MCP servers, knowledge bases, workflows that others call. */
async function setUp({ name, setUp: blocks }: StepPage): Promise<void> {
  for (const given of blocks.secret ?? []) {
    const { name: secret, value } = given as { name: string; value: string }
    const hosts = [`127.0.0.1:${web.port}`]
    const sealed = seal(await keys.toSeal(), value, boundTo({ ...world, name: secret, hosts }))
    await addSecret(world.db, admin(), randomUUID(), { name: secret, hosts, sealed })
  }
  for (const given of blocks.integration ?? []) {
    const fields = await asIntegration(IntegrationFields.parse(web.here(given)))
    await addIntegration(world.db, admin(), randomUUID(), fields)
  }
  for (const given of blocks['mcp-server'] ?? []) {
    const mcpServerId = randomUUID()
    const fields = McpServerFields.parse({ ...given, url: mcp.url })
    await addMcpServer(world.db, world, mcpServerId, fields)
    await (await connectJobs(world).startListTools(mcpServerId)).done()
    world.followJob(jobWorkflowId(world.workspaceId, mcpServerId))
    const row = await findMcpServer(world.db, world, mcpServerId)
    const allowedTools = row?.seen?.tools.map((tool) => tool.name) ?? []
    await acceptMcpTools(world.db, admin(), mcpServerId, { sha256: row?.seen?.sha256 ?? '', allowedTools })
  }
  for (const { uiFlowId, ...flow } of blocks['ui-flow'] ?? [])
    await addUiFlow(world.db, world, String(uiFlowId), UiFlow.parse(flow))
  for (const given of blocks.team ?? []) await addTeam(world.db, world, randomUUID(), TeamFields.parse(given))
  for (const given of blocks['knowledge-base'] ?? []) {
    const { name: base, documents } = given as { name: string; documents: Record<string, string> }
    const texts = Object.entries(documents).map(([document, text]) => ({ name: document, text }))
    await fillBase(world.db, world, base, texts)
  }
  for (const definition of blocks.called ?? []) called.set(name, await world.publish(definition))
}

const examples = pages.flatMap((page) =>
  page.examples.map((example, index): [string, ShownExample] => [
    `${page.name}, example ${index + 1}`,
    example,
  ]),
)
const shownRuns = examples.flatMap(([name, example]) =>
  example.runs.map((run, index): [string, ShownExample, ShownRun] => [
    `${name}, ${run.shows ?? `run ${index + 1}`}`,
    example,
    run,
  ]),
)

/** The definition as it can run here: addresses, ids of others, and time are those of the test. */
function runnable({ page, definition }: ShownExample, { passes = [] }: ShownRun): Record<string, unknown> {
  let text = JSON.stringify(web.here(definition))
  const callee = called.get(page)
  if (callee) text = text.replaceAll(/"workflowId":"[^"]*"/g, `"workflowId":"${callee}"`)
  for (const [index, duration] of passes.entries())
    text = text.replaceAll(`"${duration}"`, `"PT${index + 1}S"`)
  return JSON.parse(text)
}

describe('examples', () => {
  it.each(examples)('%s can be published, and is run', async (_, example) => {
    expect(example.runs.length).toBeGreaterThan(0)
    const parsed = parseDefinition(runnable(example, {}))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    const appWorld = { ...(await readAppWorld(world.db, world)), search: true, images: true }
    expect(checkDefinition(parsed.definition, appWorld)).toEqual({ errors: [], warnings: [] })
  })

  it.each(shownRuns)('%s gives what the page shows', async (_, example, run) => {
    web.answers(run)
    mcp.answer = (tool) => ({ content: [], structuredContent: run.tools?.[tool] as Record<string, unknown> })
    const {
      shows: _shows,
      userMessage,
      uiFlowContext,
      input,
      handoffs,
      model,
      answers,
      decisions,
      passes,
      web: _web,
      found,
      tools,
      ...shown
    } = run
    const came = web.there(await playRun(world, await world.publish(runnable(example, run)), run))
    const all = shown.error || 'output' in shown ? shown : { ...shown, output: null }
    const seen = Object.fromEntries(Object.keys(all).map((key) => [key, came[key as keyof typeof came]]))
    expect(came.error && !shown.error ? came : seen).toEqual(expected(all))
  })
})

describe('pages', () => {
  it('every step type has a page with an example, and the overview leads to it', () => {
    const overview = pages.find(({ name }) => name === 'README')?.text
    for (const type of Object.keys(kinds)) {
      const page = pages.find(({ name }) => name === type)
      const uses = page?.examples.some(({ definition }) =>
        JSON.stringify(definition).includes(`"type":"${type}"`),
      )
      expect({ type, uses }).toEqual({ type, uses: true })
      expect(overview).toContain(`](${type}.md)`)
    }
  })

  it.each(Object.keys(kinds))('the table of %s has every field of its schema, and no other', (type) => {
    const section = sectionOf(readStepPage(type), 'Fields')
    const { properties = {} } = schemaOf(stepKindOf(type)?.schema as z.ZodType)
    const isOwn = (field: string) => field !== 'type' && !Object.hasOwn(commonFields, field)
    const own = Object.fromEntries(Object.entries(properties).filter(([field]) => isOwn(field)))
    const table = rowsOf(section.trim().split('\n\n')[0] ?? '')
    const rows = table.flatMap(([fields = '']) => fields.match(/(?<=`)\w+/g) ?? [])
    for (const field of Object.keys(own)) expect(rows).toContain(field)
    for (const field of rows) expect(properties).toHaveProperty(field)
    const named = [...section.matchAll(/`([^`]*)`/g)].flatMap(([, code = '']) => code.match(/\w+/g) ?? [])
    for (const field of namesIn(Object.values(own))) expect(named).toContain(field)
  })

  it('the overview has every field that all steps have', () => {
    const rows = rowsOf(sectionOf(readStepPage('README'), 'What every step may have'))
    expect(rows.map(([field]) => field?.replaceAll('`', '')).toSorted()).toEqual(
      [...Object.keys(commonFields), 'type'].toSorted(),
    )
  })

  it('every expression shown gives what stands beside it', () => {
    const page = readStepPage('expressions')
    const [scope] = page.setUp.scope ?? []
    const rows = rowsOf(page.text).filter(([expression]) => expression?.startsWith('`${'))
    expect(rows.length).toBeGreaterThan(20)
    for (const [expression = '', value = ''] of rows) {
      const code = (cell: string) => cell.slice(1, -1).replaceAll('\\|', '|')
      const came = renderTemplate(code(expression), { ...scope, check: absent })
      expect([expression, came]).toEqual([expression, JSON.parse(code(value))])
    }
  })

  it('every link leads to a file, and every anchor to a heading', () => {
    const files = [
      'README.md',
      'docs/operations.md',
      'docs/ui-flows.md',
      'docs/knowledge-bases.md',
      ...pages.map(({ name }) => `docs/steps/${name}.md`),
    ]
    for (const file of files) {
      const at = new URL(`../../${file}`, import.meta.url)
      const words = readFileSync(at, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '')
      for (const [, link = ''] of words.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
        const target = new URL(link, at)
        const anchor = target.hash.slice(1)
        target.hash = ''
        expect([file, link, existsSync(target)]).toEqual([file, link, true])
        if (anchor)
          expect([file, link, anchorsOf(readFileSync(target, 'utf8'))]).toEqual([
            file,
            link,
            expect.arrayContaining([anchor]),
          ])
      }
    }
  })
})

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  )

type Shape = { [key: string]: unknown; properties?: Record<string, Json> }

const schemaOf = (schema: z.ZodType): Shape =>
  z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as Shape

/** The names of all fields in a schema, nested ones too. */
const namesIn = (shape: unknown): string[] => {
  if (Array.isArray(shape)) return shape.flatMap(namesIn)
  if (!isObject(shape)) return []
  const own = isObject(shape.properties) ? Object.keys(shape.properties) : []
  return [...own, ...Object.values(shape).flatMap(namesIn)]
}
