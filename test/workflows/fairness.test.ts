import { randomUUID } from 'node:crypto'
import { connectRuns } from '../../client/temporal.ts'
import { defaultBrand } from '../../shared/contract/brand.ts'
import { defaultSettings } from '../../shared/contract/settings.ts'
import { taskQueue } from '../../shared/temporal/names.ts'
import * as table from '../../storage/sql/schema.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

/** What a worker does at once, and what waits behind that. */
const [atOnce, waiting] = [100, 120]
const stepsOf = (who: string) => [{ id: 'text', type: 'draft', format: 'text', prompt: `Write for ${who}.` }]

/** As the service counts them. */
const TASK_QUEUE_TYPE_ACTIVITY = 2

let world: World
let asked = 0
let mayAnswer = 0
/** How many were asked before the neighbour. */
let before: number | undefined
beforeAll(async () => {
  world = await createWorld((deps) => ({
    ...deps,
    models: {
      generate: async (request) => {
        const place = ++asked
        if (JSON.stringify(request).includes('the neighbour')) before = place - 1
        await until('the turn of this answer', () => mayAnswer >= place, 120_000)
        return { text: 'Words.', model: 'slow', tokensIn: 1, tokensOut: 1 }
      },
    },
  }))
})
afterAll(() => world.close())

/** Another workspace beside the world's, with a workflow of the same steps. */
async function neighbour() {
  const [workspaceId, appId, workflowId] = [randomUUID(), randomUUID(), randomUUID()]
  const definition = { name: 'Neighbour', type: 'output_focused' as const, steps: stepsOf('the neighbour') }
  await world.db
    .insert(table.workspaces)
    .values({ workspaceId, name: 'Other', brand: defaultBrand, settings: defaultSettings })
  await world.db.insert(table.apps).values({ appId, workspaceId, name: 'Other' })
  await world.db.insert(table.workflows).values({
    workflowId,
    workspaceId,
    appId,
    type: 'output_focused',
    name: 'N',
    draft: definition,
    publishedVersion: 1,
  })
  await world.db
    .insert(table.versions)
    .values({ workflowId, workspaceId, appId, version: 1, definition, sha256: 'test', publishedBy: 'test' })
  return { workspaceId, workflowId, runs: connectRuns({ client: world.client, workspaceId, appId }) }
}

/** Activities that wait for a worker. */
async function backlog(): Promise<number> {
  const { stats } = await world.client.workflowService.describeTaskQueue({
    namespace: world.client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
    reportStats: true,
  })
  return Number(stats?.approximateBacklogCount ?? 0)
}

it('B15 a workspace that starts hundreds of runs at once does not delay another one’s', async () => {
  const [workflowId, other] = [await world.publish({ steps: stepsOf('many') }), await neighbour()]
  const start = () => world.start(workflowId)
  const started = await Promise.all(Array.from({ length: atOnce + waiting }, start))
  await until('a full worker', () => asked >= atOnce)
  const { instanceUuid } = await other.runs.startRun({ workflowId: other.workflowId, startedBy: ana })
  await until('the neighbour in the queue', async () => (await backlog()) > waiting)
  // One place after the other comes free. In the order of their starts the neighbour's run would be the last to have one.
  for (; before === undefined; mayAnswer++)
    await until('the next one', () => before !== undefined || asked >= atOnce + mayAnswer)
  mayAnswer = Number.POSITIVE_INFINITY
  await Promise.all([other.runs.result(instanceUuid), ...started.map((run) => world.runs.result(run))])
  expect(before - atOnce).toBeLessThan(waiting / 2)
}, 120_000)
