import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { and, asc, eq } from 'drizzle-orm'
import { createDocuments } from '../../activities/providers/documents/create-documents.ts'
import type { Deps } from '../../activities/deps.ts'
import { connectRuns, type ParleyRuns, type StartOrder } from '../../client/temporal.ts'
import { defaultBrand } from '../../shared/contract/brand.ts'
import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'
import type { FileValue } from '../../shared/contract/file.ts'
import type { Person } from '../../shared/contract/person.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import { defaultSettings } from '../../shared/contract/settings.ts'
import { createLog } from '../../shared/log.ts'
import { ensureNamespace } from '../../shared/temporal/ensure-namespace.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { openFolderAssets } from '../../storage/assets/assets.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import * as table from '../../storage/sql/schema.ts'
import { bundleWorkflows, createWorker } from '../../workers/create-worker.ts'
import { ground } from './ground.ts'
import { RecordingMailer } from './recording-mailer.ts'
import { ScriptedModels } from './scripted-models.ts'
import { until } from './until.ts'

type Bundle = Awaited<ReturnType<typeof bundleWorkflows>>

export const ana: Person = { userId: 'ana', name: 'Ana', roles: ['member'] }
export const boss: Person = { userId: 'boss', name: 'Boss', roles: ['approver'] }

/** A worker with a scripted model on a database and a namespace of its own. */
export interface World {
  db: Database
  client: Client
  runs: ParleyRuns
  deps: Deps
  models: ScriptedModels
  mailer: RecordingMailer
  workspaceId: string
  appId: string
  /** Publishes a definition, which must be fit to be published. */
  publish(definition: Record<string, unknown>): Promise<string>
  start(workflowId: string, order?: Partial<StartOrder>): Promise<string>
  /** The open request of a run, once there is one at the step. */
  request(instanceUuid: string, stepId?: string): Promise<OpenRequest>
  /** Ends the wait for a run, whatever its end. */
  ended(instanceUuid: string): Promise<typeof table.instances.$inferSelect>
  journal(instanceUuid: string): Promise<(typeof table.journal.$inferSelect)[]>
  upload(name: string, content: Uint8Array | string, mediaType?: string): Promise<FileValue>
  signal(instanceUuid: string, name: string, payload: unknown): Promise<void>
  /** Replays every history of this world against the bundle: what ran must run the same way again. */
  replay(): Promise<void>
  close(): Promise<void>
}

export async function createWorld(): Promise<World> {
  const place = await ground()
  const bundle = await bundleWorkflows()
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-'))
  const db = openDatabase(place.databaseUrl)
  const connection = await NativeConnection.connect({ address: place.temporalAddress })
  const client = new Client({ connection: await Connection.connect({ address: place.temporalAddress }), namespace: place.namespace })
  await ensureNamespace({ connection: client.connection, namespace: place.namespace, log: createLog('test', 'silent') })
  const models = new ScriptedModels()
  const mailer = new RecordingMailer()
  const deps: Deps = { db, assets: await openFolderAssets(join(folder, 'assets')), models, mailer, documents: createDocuments() }
  const worker = await createWorker({ connection, namespace: place.namespace, deps, bundle })
  const running = worker.run()

  const workspaceId = randomUUID()
  const appId = randomUUID()
  await db.insert(table.workspaces).values({ workspaceId, name: 'Test', brand: defaultBrand, settings: defaultSettings })
  await db.insert(table.apps).values({ appId, workspaceId, name: 'Test' })
  for (const { userId, name = userId, roles = [] } of [ana, boss])
    await db.insert(table.members).values({ workspaceId, userId, name, email: `${userId}@parley.example`, roles })
  const runs = connectRuns({ client, workspaceId, appId })
  const started = new Set<string>()

  const world: World = {
    db,
    client,
    runs,
    deps,
    models,
    mailer,
    workspaceId,
    appId,
    publish: async (given) => {
      const parsed = parseDefinition({ type: 'output_focused', name: 'Test', ...given })
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
      const { errors } = checkDefinition(parsed.definition)
      if (errors.length > 0) throw new Error(JSON.stringify(errors))
      const workflowId = randomUUID()
      const { definition } = parsed
      const ids = { workflowId, workspaceId, appId }
      await db.insert(table.workflows).values({ ...ids, type: definition.type, name: definition.name, draft: definition, publishedVersion: 1 })
      await db.insert(table.versions).values({ ...ids, version: 1, definition, sha256: 'test', publishedBy: 'test' })
      return workflowId
    },
    start: async (workflowId, order) => {
      const { instanceUuid } = await runs.startRun({ workflowId, startedBy: ana, ...order })
      started.add(instanceUuid)
      return instanceUuid
    },
    request: (instanceUuid, stepId) =>
      until(`an open request${stepId ? ` at ${stepId}` : ''}`, async () => {
        const [row] = await db.select({ view: table.instances.view }).from(table.instances).where(eq(table.instances.instanceUuid, instanceUuid))
        if (row?.view.finishedAt) throw new Error(`the run ended: ${JSON.stringify(row.view.error)}`)
        return row?.view.requests.find((one) => stepId === undefined || one.stepId === stepId)
      }),
    ended: (instanceUuid) =>
      until('the end of the run', async () => {
        const [row] = await db.select().from(table.instances).where(eq(table.instances.instanceUuid, instanceUuid))
        return row?.finishedAt ? row : undefined
      }),
    journal: (instanceUuid) =>
      db
        .select()
        .from(table.journal)
        .where(and(eq(table.journal.workspaceId, workspaceId), eq(table.journal.instanceUuid, instanceUuid)))
        .orderBy(asc(table.journal.seq)),
    upload: async (name, content, mediaType = 'text/plain') => {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
      const file = { fileId: randomUUID(), name, mediaType, bytes: bytes.length }
      await deps.assets.put({ workspaceId, fileId: file.fileId, part: 'original' }, bytes)
      await db.insert(table.files).values({ ...file, workspaceId, appId, sha256: 'test', createdBy: ana.userId })
      return file
    },
    signal: (instanceUuid, name, payload) =>
      client.workflow.getHandle(runWorkflowId(workspaceId, instanceUuid)).signal(name, payload),
    replay: async () => replayAll(bundle, client, [...started].map((id) => runWorkflowId(workspaceId, id))),
    close: async () => {
      for (const id of started) await client.workflow.getHandle(runWorkflowId(workspaceId, id)).terminate('test over').catch(() => {})
      worker.shutdown()
      await running
      await client.connection.close()
      await connection.close()
      await db.$client.end()
      await place.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return world
}

async function replayAll(bundle: Bundle, client: Client, workflowIds: string[]): Promise<void> {
  for (const workflowId of workflowIds) {
    const history = await client.workflow.getHandle(workflowId).fetchHistory()
    await Worker.runReplayHistory({ workflowBundle: bundle }, history, workflowId)
  }
}
