import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectHttp, type ParleyHttp } from '../client/http.ts'
import type { Brand } from '../shared/contract/brand.ts'
import type { Definition } from '../shared/contract/definition.ts'
import type { FileValue } from '../shared/contract/file.ts'
import type { Json, JsonObject } from '../shared/contract/json.ts'
import { accountDesk } from './actions/examples.ts'
import { knowledgeDigest } from './knowledge-digest/example.ts'
import { salesPackage } from './sales-package/example.ts'

/** One example: a definition, and the files its variables bring along. */
export interface Example {
  /** Holds `definition.json` and `files/`. */
  folder: URL
  /** Names in `files/`, by the variable that gets their file objects. */
  files: Record<string, string | string[]>
  /** Teams that it names, for which whoever publishes it stands at first. */
  teams?: string[]
  /** The local system that its steps call. */
  integration?: ExampleIntegration
  /** Whether it is of use only where the local systems run. */
  needsSystems?: true
  /** Made of the variables, when its files are among them. */
  schedule?: (variables: JsonObject) => Parameters<ParleyHttp['createSchedule']>[1]
}

/** A local system, without the address at which it runs. */
export type ExampleIntegration = Omit<NonNullable<Parameters<ParleyHttp['createIntegration']>[0]>, 'baseUrl'>

const meetingBrief: Example = { folder: new URL('./meeting-brief/', import.meta.url), files: {} }

const supportAssistant: Example = {
  folder: new URL('./support-assistant/', import.meta.url),
  files: {},
  teams: ['support'],
}

const examples: Example[] = [salesPackage, supportAssistant, knowledgeDigest, meetingBrief, ...accountDesk]

/** The made-up company of the examples. */
const fleetline: Brand = {
  name: 'Fleetline',
  colours: { primary: '#14424f', accent: '#e2703a' },
  voice: 'Plain and concrete. Short sentences, figures instead of adjectives, no superlatives.',
  words: {
    use: [],
    avoid: ['revolutionary', 'best-in-class', 'world-class', 'game-changing', 'cutting-edge'],
  },
}

/**
 * Publishes, at the first start, the examples and the brand of their company. What was published is remembered in
 * `record` (a JSON file), so that an example that somebody changes or deletes afterwards stays as they left it.
 */
export async function publishExamples({
  baseUrl,
  record,
  systems,
  parley = connectHttp({ baseUrl }),
}: {
  baseUrl: string
  record: string
  /** Where the local systems of the examples run; without them, examples that need them are left out. */
  systems?: string
  /** Who publishes: the local admin, where nobody is named. */
  parley?: ParleyHttp
}): Promise<string[]> {
  const before = await readRecord(record)
  if (before.length === 0) await parley.setBrand(fleetline)
  if (systems) await pointAt(parley, systems)
  const published: string[] = []
  for (const example of examples) {
    const name = basename(fileURLToPath(example.folder))
    if (before.includes(name)) continue
    if ((example.integration || example.needsSystems) && !systems) continue
    await publishExample(parley, example, systems)
    published.push(name)
    await writeFile(record, JSON.stringify([...before, ...published]))
  }
  return published
}

/** Publishes one example and gives its workflow's id. */
export async function publishExample(
  parley: ParleyHttp,
  { folder, files, integration, schedule, teams = [] }: Example,
  systems = '',
): Promise<string> {
  if (integration)
    await parley.createIntegration({ ...integration, baseUrl: addressOf(integration, systems) })
  const definition = JSON.parse(await readFile(new URL('definition.json', folder), 'utf8')) as Definition
  const variables: JsonObject = { ...((definition.variables ?? {}) as JsonObject) }
  for (const [variable, names] of Object.entries(files)) {
    const values: FileValue[] = []
    for (const name of [names].flat())
      values.push(await parley.upload(join(fileURLToPath(folder), 'files', name)))
    variables[variable] = (Array.isArray(names) ? values : values[0]) as unknown as Json
  }
  for (const team of teams) await haveTeam(parley, team)
  const { workflowId } = await parley.createWorkflow({ name: definition.name, type: definition.type })
  await parley.saveDraft(workflowId, { ...definition, variables })
  await parley.publish(workflowId)
  if (schedule) await parley.createSchedule(workflowId, schedule(variables))
  return workflowId
}

async function haveTeam(parley: ParleyHttp, name: string): Promise<void> {
  const { items } = await parley.teams({ limit: 100 })
  if (items.some((team) => team.name === name)) return
  await parley.addTeam({ name, members: [(await parley.me()).userId] })
}

const addressOf = ({ name }: { name: string }, systems: string) => `${systems}/${name}`

/** The local systems may have another port at each start. One that an admin has led elsewhere, or deleted, stays so. */
async function pointAt(parley: ParleyHttp, systems: string): Promise<void> {
  const ours = examples.flatMap(({ integration = [] }) => integration)
  if (ours.length === 0) return
  const { items } = await parley.integrations({ limit: 100 })
  for (const { integrationId, name, baseUrl } of items) {
    const one = ours.find((integration) => integration.name === name)
    const isOurs = new RegExp(`^http://127\\.0\\.0\\.1:\\d+/${name}$`).test(baseUrl)
    if (one && isOurs && baseUrl !== addressOf(one, systems))
      await parley.replaceIntegration(integrationId, { ...one, baseUrl: addressOf(one, systems) })
  }
}

async function readRecord(record: string): Promise<string[]> {
  try {
    return JSON.parse(await readFile(record, 'utf8')) as string[]
  } catch {
    return []
  }
}
