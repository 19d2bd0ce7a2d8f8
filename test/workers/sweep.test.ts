import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { connectConversations } from '../../client/temporal.ts'
import { emptyView } from '../../shared/contract/journal.ts'
import { createLog } from '../../shared/log.ts'
import { ingestWorkflowId, runWorkflowId, sessionWorkflowId, taskQueue } from '../../shared/temporal/names.ts'
import { claimSession } from '../../storage/sql/claim-session.ts'
import { addKnowledgeBase } from '../../storage/sql/knowledge-bases.ts'
import {
  addKnowledgeDocument,
  findKnowledgeDocument,
  markIngestionDispatched,
} from '../../storage/sql/knowledge-documents.ts'
import { instances, journal, sessions } from '../../storage/sql/schema.ts'
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

describe('a conversation', () => {
  const chatting = {
    type: 'chat_driven',
    steps: [
      { id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } },
      { id: 'end', type: 'end' },
    ],
  }
  const ended = (chatSessionId: string) =>
    until('the end of the conversation', async () => {
      const [row] = await world.db.select().from(sessions).where(eq(sessions.chatSessionId, chatSessionId))
      return row?.status === 'ended' ? row : undefined
    })

  it('that an operator terminated in Temporal is closed, and its turn with it; its entries stay in one sequence', async () => {
    const { workspaceId, appId, client, db } = world
    const chatSessionId = randomUUID()
    const workflowId = await world.publish(chatting)
    const conversations = connectConversations({ client, workspaceId, appId })
    const { instanceUuid } = await conversations.sendMessage(
      { workflowId, chatSessionId, startedBy: ana },
      { userMessage: 'Hi', by: ana },
    )
    await world.request(instanceUuid)
    await client.workflow.getHandle(sessionWorkflowId(workspaceId, chatSessionId)).terminate('by an operator')
    expect(await ended(chatSessionId)).toMatchObject({ view: { endReason: 'deactivated', queued: [] } })
    expect(await world.ended(instanceUuid)).toMatchObject({ status: 'cancelled', view: { requests: [] } })
    const rows = await db.select().from(journal).where(eq(journal.streamId, chatSessionId))
    expect(rows.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(rows.map((_, index) => index + 1))
    expect(rows.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['instanceFinished', 'sessionEnded']),
    )
  })

  it('that was terminated leaves no action behind that had come to rest until its next execution', async () => {
    const { workspaceId, appId, client, db } = world
    const talk = async () => {
      const session = { workflowId: await world.publish(chatting), chatSessionId: randomUUID() }
      const { instanceUuid } = await connectConversations({ client, workspaceId, appId }).sendMessage(
        { ...session, startedBy: ana },
        { userMessage: 'Hi', by: ana },
      )
      return { turn: instanceUuid, session: sessionWorkflowId(workspaceId, session.chatSessionId) }
    }
    /** Called as an agent of the turn would call it, and told to rest as the turn would tell it. */
    const restOf = async (turn: string) => {
      const action = randomUUID()
      const described = { name: `ask_${action.slice(0, 8)}`, description: 'Asks.' }
      const workflowId = await world.publish({ ...asking, action: described })
      const parent = { instanceUuid: turn, kind: 'action', path: 'agent', depth: 1 }
      const called = await client.workflow.start('run', {
        taskQueue,
        workflowId: runWorkflowId(workspaceId, action),
        args: [{ workspaceId, appId, workflowId, instanceUuid: action, startedBy: ana, parent }],
      })
      await world.request(action)
      await called.signal('rest')
      expect(await called.result()).toHaveProperty('rested')
      return action
    }
    const [one, other] = [await talk(), await talk()]
    const [left, kept] = [await restOf(one.turn), await restOf(other.turn)]
    await client.workflow.getHandle(one.session).terminate('by an operator')
    expect(await world.ended(left)).toMatchObject({
      kind: 'action',
      status: 'cancelled',
      view: { requests: [] },
    })
    // Whose conversation goes on is compared as well, again and again, and waits to be called again.
    const compared = new Set<number>()
    const after = await until('two more comparisons', async () => {
      const [row] = await db.select().from(instances).where(eq(instances.instanceUuid, kept))
      compared.add(Number(row?.comparedAt))
      return (row?.finishedAt || compared.size > 2) && row
    })
    expect(after).toMatchObject({ status: 'waiting', finishedAt: null })
  })

  it('whose first message never arrived is closed', async () => {
    const { workspaceId, appId, db } = world
    const chatSessionId = randomUUID()
    await claimSession(db, {
      chatSessionId,
      workspaceId,
      appId,
      workflowId: randomUUID(),
      version: 1,
      workflowName: 'Test',
      temporalWorkflowId: sessionWorkflowId(workspaceId, chatSessionId),
    })
    expect(await ended(chatSessionId)).toMatchObject({ view: { endReason: 'failed' } })
  })
})

it('F089 an ingestion that was accepted and not handed over is handed over', async () => {
  const { db, workspaceId, appId } = world
  const { fileId } = await world.upload('a.txt', 'Something to find.')
  const place = { workspaceId, appId, knowledgeBaseId: randomUUID(), documentId: randomUUID() }
  await addKnowledgeBase(db, place, place.knowledgeBaseId, { name: 'faq', description: '' })
  await addKnowledgeDocument(db, place, { name: 'a.txt', fileId })
  const document = await until('the end of the ingestion', async () => {
    const row = await findKnowledgeDocument(db, place)
    return row?.state === 'ready' && row.dispatched && row
  })
  expect(document).toMatchObject({ passages: 1, live: 1 })
  world.followJob(ingestWorkflowId(workspaceId, place.documentId, 1))
  await world.replay()
})

it('F089 a document whose ingestion Temporal does not know, or has ended, is failed with the reason', async () => {
  const { db, workspaceId, appId } = world
  const { fileId } = await world.upload('lost.txt', 'Lost.')
  const place = { workspaceId, appId, knowledgeBaseId: randomUUID(), documentId: randomUUID() }
  await addKnowledgeBase(db, place, place.knowledgeBaseId, { name: 'lost', description: '' })
  await db.transaction(async (tx) => {
    await addKnowledgeDocument(tx as unknown as typeof db, place, { name: 'lost.txt', fileId })
    await markIngestionDispatched(tx as unknown as typeof db, { documentId: place.documentId, wanted: 1 })
  })
  const document = await until('that it is failed', async () => {
    const row = await findKnowledgeDocument(db, place)
    return row?.state === 'failed' && row
  })
  expect(document.error).toEqual({
    code: 'Internal',
    message: 'Its ingestion was ended in Temporal (unknown). Ingest the document again.',
  })
})
