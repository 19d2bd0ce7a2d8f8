import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectHttp, type ParleyHttp } from '../client/http.ts'
import type { Brand } from '../shared/contract/brand.ts'
import type { Definition } from '../shared/contract/definition.ts'
import type { FileValue } from '../shared/contract/file.ts'
import type { Json, JsonObject } from '../shared/contract/json.ts'
import { accountDesk } from './actions/examples.ts'
import { addKnowledge } from './add-knowledge.ts'
import type { Example } from './example.ts'
import { knowledgeDigest } from './knowledge-digest/example.ts'
import { addSystems, pointAt } from './local-systems.ts'
import { salesPackage } from './sales-package/example.ts'
import { supportAssistant } from './support-assistant/example.ts'

const meetingBrief: Example = { folder: new URL('./meeting-brief/', import.meta.url), files: {} }

const examples: Example[] = [salesPackage, ...supportAssistant, knowledgeDigest, meetingBrief, ...accountDesk]

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
  if (systems) await pointAt(parley, examples, systems)
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

/** Publishes one example, with what it brings along, and gives its workflow's id. */
export async function publishExample(
  parley: ParleyHttp,
  { folder, files, knowledge, schedule, uiFlow, teams = [], ...more }: Example,
  systems = '',
): Promise<string> {
  await addSystems(parley, more, systems)
  if (knowledge) await addKnowledge(parley, folder, knowledge)
  // Its pages name triggers of the workflow: they come once that is there.
  const flow = uiFlow && (await parley.createUiFlow({ name: uiFlow.flow.name }))
  const definition = JSON.parse(await readFile(new URL('definition.json', folder), 'utf8')) as Definition
  const variables: JsonObject = { ...((definition.variables ?? {}) as JsonObject) }
  if (uiFlow && flow) variables[uiFlow.variable] = flow.uiFlowId
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
  if (uiFlow && flow)
    await parley.replaceUiFlow(flow.uiFlowId, { ...uiFlow.flow, defaultWorkflowId: workflowId })
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
