import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import type { History } from '@temporalio/common/lib/proto-utils.js'
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker'
import { and, asc, eq, max } from 'drizzle-orm'
import type { Deps } from '../../activities/deps.ts'
import { createDocuments } from '../../activities/providers/documents/create-documents.ts'
import { createCards } from '../../activities/providers/images/cards/create-cards.ts'
import { missingImages } from '../../activities/providers/images/missing.ts'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { missingSearch } from '../../activities/providers/search/missing.ts'
import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../activities/providers/tools/open-secrets.ts'
import { connectRuns, type ParleyRuns, type StartOrder } from '../../client/temporal.ts'
import { actionTime } from '../../shared/contract/action.ts'
import { defaultBrand } from '../../shared/contract/brand.ts'
import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { type Definition, parseDefinition } from '../../shared/contract/definition.ts'
import type { FileValue } from '../../shared/contract/file.ts'
import type { Person } from '../../shared/contract/person.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import { defaultSettings } from '../../shared/contract/settings.ts'
import { createLog } from '../../shared/log.ts'
import { createDataConverter } from '../../shared/temporal/data-converter.ts'
import { ensureNamespace } from '../../shared/temporal/ensure-namespace.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { openFolderAssets } from '../../storage/assets/assets.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import * as table from '../../storage/sql/schema.ts'
import { createWorker } from '../../workers/create-worker.ts'
import { bundleWorkflows } from '../../workers/workflow-bundle.ts'
import { ground } from './ground.ts'
import { RecordingMailer } from './recording-mailer.ts'
import { createReplayer, type Past } from './replayer.ts'
import { ScriptedModels } from './scripted-models.ts'
import { until } from './until.ts'

const execute = promisify(execFile)

// Of the SDK's own words just what is wrong: activities that fail are what many tests are about.
Runtime.install({
  logger: new DefaultLogger('ERROR', () => {}),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} } },
})

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
  /** Makes another definition the next version of a workflow. */
  publishNext(workflowId: string, definition: Record<string, unknown>): Promise<number>
  start(workflowId: string, order?: Partial<StartOrder>): Promise<string>
  /** Publishes a definition and starts it. */
  begin(definition: Record<string, unknown>, order?: Partial<StartOrder>): Promise<string>
  /** Counts a run among this world's that somebody else started. */
  follow(instanceUuid: string): void
  /** Has another Temporal workflow of this world replayed, too. */
  followJob(workflowId: string): void
  handle(instanceUuid: string): WorkflowHandle
  history(instanceUuid: string): Promise<History>
  /** The histories of all executions that a run went on in, the first one first. */
  histories(instanceUuid: string): Promise<History[]>
  /** The open request of a run, once there is one at the step. */
  request(instanceUuid: string, stepId?: string): Promise<OpenRequest>
  /** Ends the wait for a run, whatever its end. */
  ended(instanceUuid: string): Promise<typeof table.instances.$inferSelect>
  journal(instanceUuid: string): Promise<(typeof table.journal.$inferSelect)[]>
  upload(name: string, content: Uint8Array | string, mediaType?: string): Promise<FileValue>
  /** The entries of one kind, as readers get them. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into entries of every shape
  events(instanceUuid: string, event: string): Promise<any[]>
  signal(instanceUuid: string, name: string, payload: unknown): Promise<void>
  /** The real Temporal CLI, on this world's namespace. */
  cli(...given: string[]): Promise<string>
  /** Another worker takes the place of the one that runs, with other keys if some are given. */
  restartWorker(encryptionKeys?: readonly Buffer[]): Promise<void>
  /**
   * Ends a test. Replays the histories it made against the bundle, since what ran must run the same way again, and
   * fails when the model was not asked for all it was told to say.
   */
  replay(): Promise<void>
  close(): Promise<void>
}

/** `adapt` puts another provider into the worker's hands, or a fault in front of one. */
export async function createWorld(
  adapt: (deps: Deps) => Deps = (deps) => deps,
  { encryptionKeys }: { encryptionKeys?: readonly Buffer[] } = {},
): Promise<World> {
  const place = await ground()
  const bundle = await bundleWorkflows({ encrypted: encryptionKeys !== undefined })
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-'))
  const db = openDatabase(place.databaseUrl)
  const connection = await NativeConnection.connect({ address: place.temporalAddress })
  const models = new ScriptedModels()
  const mailer = new RecordingMailer()
  const outbound = createGuardedFetch({ allow: [] })
  const keys = masterKeysOf([], folder)
  const deps = adapt({
    db,
    assets: await openFolderAssets(join(folder, 'assets')),
    models,
    mailer,
    documents: createDocuments(),
    cards: createCards(),
    images: missingImages,
    outbound,
    tools: createTools({ db, outbound, openSecrets: createOpenSecrets(db, keys), operatorServers: {} }),
    search: missingSearch,
    prices: {},
    actionTime,
  })
  const dataConverter = createDataConverter({ payloads: deps.assets.payloads, encryptionKeys })
  const client = new Client({
    connection: await Connection.connect({ address: place.temporalAddress, connectTimeout: '60s' }),
    namespace: place.namespace,
    dataConverter,
  })
  await ensureNamespace({
    connection: client.connection,
    namespace: place.namespace,
    log: createLog('test', 'silent'),
  })
  const startWorker = async (converter = dataConverter) => {
    const order = { connection, namespace: place.namespace, deps, dataConverter: converter, bundle }
    const worker = await createWorker(order)
    const running = worker.run()
    return async () => {
      worker.shutdown()
      await running
    }
  }
  let stopWorker = await startWorker()
  const replayer = createReplayer({ workflowBundle: bundle, dataConverter })

  const workspaceId = randomUUID()
  const appId = randomUUID()
  await db
    .insert(table.workspaces)
    .values({ workspaceId, name: 'Test', brand: defaultBrand, settings: defaultSettings })
  await db.insert(table.apps).values({ appId, workspaceId, name: 'Test' })
  for (const { userId, name = userId, roles = [] } of [ana, boss])
    await db
      .insert(table.members)
      .values({ workspaceId, userId, name, email: `${userId}@parley.example`, roles })
  const runs = connectRuns({ client, workspaceId, appId })
  /**
   * What a workflow has told may be read before it knows that itself. A worker that is stopped in that moment is the one
   * whom Temporal asks first for five seconds more.
   */
  const settled = async (): Promise<void> => {
    const isAtRest = async (workflowId: string) => {
      const { raw } = await client.workflow.getHandle(workflowId).describe()
      return !raw.pendingWorkflowTask && !raw.pendingActivities?.length
    }
    for (const end = Date.now() + 1_000; Date.now() < end; ) {
      const all = await Promise.all(toReplay.map((id) => isAtRest(id).catch(() => true)))
      // What is held by a test on purpose does not come to rest.
      if (all.every(Boolean)) return
    }
  }
  const started = new Set<string>()
  const toReplay: string[] = []
  const handle = (instanceUuid: string) => client.workflow.getHandle(runWorkflowId(workspaceId, instanceUuid))

  const world: World = {
    db,
    client,
    runs,
    deps,
    models,
    mailer,
    workspaceId,
    appId,
    handle,
    publish: async (given) => {
      const definition = readDefinition(given)
      const workflowId = randomUUID()
      const ids = { workflowId, workspaceId, appId }
      await db.insert(table.workflows).values({
        ...ids,
        type: definition.type,
        name: definition.name,
        draft: definition,
        publishedVersion: 1,
        actionName: actionOf(definition),
      })
      await db
        .insert(table.versions)
        .values({ ...ids, version: 1, definition, sha256: 'test', publishedBy: 'test' })
      return workflowId
    },
    publishNext: async (workflowId, given) => {
      const definition = readDefinition(given)
      const [newest] = await db
        .select({ version: max(table.versions.version) })
        .from(table.versions)
        .where(eq(table.versions.workflowId, workflowId))
      const version = (newest?.version ?? 0) + 1
      await db
        .insert(table.versions)
        .values({ workflowId, workspaceId, appId, version, definition, sha256: 'test', publishedBy: 'test' })
      await db
        .update(table.workflows)
        .set({ publishedVersion: version, actionName: actionOf(definition) })
        .where(eq(table.workflows.workflowId, workflowId))
      return version
    },
    start: async (workflowId, order) => {
      const { instanceUuid } = await runs.startRun({ workflowId, startedBy: ana, ...order })
      world.follow(instanceUuid)
      return instanceUuid
    },
    begin: async (definition, order) => world.start(await world.publish(definition), order),
    follow: (instanceUuid) => {
      started.add(instanceUuid)
      toReplay.push(runWorkflowId(workspaceId, instanceUuid))
    },
    followJob: (workflowId) => void toReplay.push(workflowId),
    history: (instanceUuid) => handle(instanceUuid).fetchHistory(),
    histories: async (instanceUuid) =>
      (await chainOf(client, runWorkflowId(workspaceId, instanceUuid))).map(({ history }) => history),
    request: (instanceUuid, stepId) =>
      until(`an open request${stepId ? ` at ${stepId}` : ''}`, async () => {
        const [row] = await db
          .select({ view: table.instances.view })
          .from(table.instances)
          .where(eq(table.instances.instanceUuid, instanceUuid))
        if (row?.view.finishedAt) throw new Error(`the run ended: ${JSON.stringify(row.view.error)}`)
        return row?.view.requests.find((one) => stepId === undefined || one.stepId === stepId)
      }),
    ended: (instanceUuid) =>
      until('the end of the run', async () => {
        const [row] = await db
          .select()
          .from(table.instances)
          .where(eq(table.instances.instanceUuid, instanceUuid))
        return row?.finishedAt ? row : undefined
      }),
    journal: (instanceUuid) =>
      db
        .select()
        .from(table.journal)
        .where(and(eq(table.journal.workspaceId, workspaceId), eq(table.journal.instanceUuid, instanceUuid)))
        .orderBy(asc(table.journal.seq)),
    events: async (instanceUuid, event) =>
      (await world.journal(instanceUuid)).filter((entry) => entry.event === event).map(({ data }) => data),
    upload: async (name, content, mediaType = 'text/plain') => {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
      const file = { fileId: randomUUID(), name, mediaType, bytes: bytes.length }
      await deps.assets.put({ workspaceId, fileId: file.fileId, part: 'original' }, bytes)
      await db
        .insert(table.files)
        .values({ ...file, workspaceId, appId, sha256: 'test', createdBy: ana.userId })
      return file
    },
    signal: (instanceUuid, name, payload) => handle(instanceUuid).signal(name, payload),
    cli: async (...given) => {
      const where = ['--address', place.temporalAddress, '--namespace', place.namespace]
      return (await execute(place.temporalCli, [...given, ...where])).stdout
    },
    restartWorker: async (keys = encryptionKeys) => {
      await settled()
      await stopWorker()
      stopWorker = await startWorker(
        createDataConverter({ payloads: deps.assets.payloads, encryptionKeys: keys }),
      )
    },
    replay: async () => {
      const left = models.takeLeft()
      const pasts = await Promise.all(toReplay.splice(0).map((workflowId) => chainOf(client, workflowId)))
      await replayer.replay(pasts.flat())
      if (left > 0) throw new Error(`the model was not asked for ${left} of the answers it was told to give`)
    },
    close: async () => {
      for (const id of started)
        await handle(id)
          .terminate('test over')
          .catch(() => {})
      await replayer.close()
      await stopWorker()
      await client.connection.close()
      await connection.close()
      await db.$client.end()
      await place.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return world
}

const actionOf = (definition: Definition) =>
  definition.type === 'output_focused' ? (definition.action?.name ?? null) : null

/** A definition that is fit to be published. */
function readDefinition(given: Record<string, unknown>): Definition {
  const parsed = parseDefinition({ type: 'output_focused', name: 'Test', ...given })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const { errors } = checkDefinition(parsed.definition)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return parsed.definition
}

/** The histories of all executions that a workflow went on in, the first one first. */
async function chainOf(client: Client, workflowId: string): Promise<Past[]> {
  const chain: Past[] = []
  for (let runId: string | undefined; ; ) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    chain.unshift({ workflowId, history })
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes
    if (!started?.continuedExecutionRunId) return chain
    runId = started.continuedExecutionRunId
  }
}
