import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectHttp, type ParleyHttp } from '../client/http.ts'
import type { Brand } from '../shared/contract/brand.ts'
import type { Definition } from '../shared/contract/definition.ts'
import type { FileValue } from '../shared/contract/file.ts'
import type { Json, JsonObject } from '../shared/contract/json.ts'
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
  /** Made of the variables, when its files are among them. */
  schedule?: (variables: JsonObject) => Parameters<ParleyHttp['createSchedule']>[1]
}

const meetingBrief: Example = { folder: new URL('./meeting-brief/', import.meta.url), files: {} }

const supportAssistant: Example = {
  folder: new URL('./support-assistant/', import.meta.url),
  files: {},
  teams: ['support'],
}

const examples: Example[] = [salesPackage, supportAssistant, knowledgeDigest, meetingBrief]

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
}: {
  baseUrl: string
  record: string
}): Promise<string[]> {
  const parley = connectHttp({ baseUrl })
  const before = await readRecord(record)
  if (before.length === 0) await parley.setBrand(fleetline)
  const published: string[] = []
  for (const example of examples) {
    const name = basename(fileURLToPath(example.folder))
    if (before.includes(name)) continue
    await publishExample(parley, example)
    published.push(name)
    await writeFile(record, JSON.stringify([...before, ...published]))
  }
  return published
}

/** Publishes one example and gives its workflow's id. */
export async function publishExample(
  parley: ParleyHttp,
  { folder, files, schedule, teams = [] }: Example,
): Promise<string> {
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

async function readRecord(record: string): Promise<string[]> {
  try {
    return JSON.parse(await readFile(record, 'utf8')) as string[]
  } catch {
    return []
  }
}
