import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { emptyView } from '../../shared/contract/journal.ts'
import { createLog } from '../../shared/log.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { instances } from '../../storage/sql/schema.ts'
import { startSweeper } from '../../workers/sweep.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
let sweeper: { stop: () => Promise<void> }
beforeAll(async () => {
  world = await createWorld()
  const { db, client } = world
  sweeper = startSweeper({
    db,
    client,
    log: createLog('test', 'silent'),
    every: 50,
    stuckAfter: 0,
    believedFor: 0,
  })
})
afterAll(async () => {
  await sweeper.stop()
  await world.close()
})

const asking = { steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } }] }

/** A run as the API keeps it in the moment between accepting a start and telling Temporal. */
async function accepted(workflowId: string): Promise<string> {
  const instanceUuid = randomUUID()
  const { workspaceId, appId, db } = world
  await db.insert(instances).values({
    instanceUuid,
    workspaceId,
    appId,
    workflowId,
    version: 1,
    workflowName: 'Test',
    kind: 'run',
    status: 'running',
    view: emptyView,
    startOrder: { input: { from: 'the API' } },
    startedById: ana.userId,
    startedBy: ana,
    temporalWorkflowId: runWorkflowId(workspaceId, instanceUuid),
    dispatched: false,
  })
  return instanceUuid
}

it('F012 a start that was accepted and not handed over is handed over, and others do not wait for one that cannot be', async () => {
  const hopeless = await accepted(randomUUID())
  const run = await accepted(await world.publish(asking))
  expect((await world.request(run)).stepId).toBe('q')
  expect(await world.ended(hopeless)).toMatchObject({
    status: 'failed',
    view: { error: { code: 'NotFound' } },
  })
})

it('a run that an operator terminated in Temporal is closed as cancelled, and its question with it', async () => {
  const run = await world.start(await world.publish(asking))
  await world.request(run)
  await world.client.workflow.getHandle(runWorkflowId(world.workspaceId, run)).terminate('by an operator')
  expect(await world.ended(run)).toMatchObject({ status: 'cancelled', view: { requests: [] } })
})

it('a run that Temporal does not know is closed as failed', async () => {
  const run = await accepted(await world.publish(asking))
  await world.db
    .update(instances)
    .set({ dispatched: true, temporalWorkflowId: `ws:${world.workspaceId}:run:${randomUUID()}` })
    .where(eq(instances.instanceUuid, run))
  await until('the end', async () => {
    const [row] = await world.db.select().from(instances).where(eq(instances.instanceUuid, run))
    return row?.status === 'failed'
  })
})
