import { Client, Connection } from '@temporalio/client'
import type { PayloadCodec } from '@temporalio/common'
import { connectJobs, type ParleyJobs } from '../client/jobs.ts'
import { connectSchedules, type ParleySchedules } from '../client/schedules.ts'
import {
  connectConversations,
  connectRuns,
  type ParleyConversations,
  type ParleyRuns,
} from '../client/temporal.ts'
import type { Config } from '../shared/config.ts'
import type { AppWorld } from '../shared/contract/app-world.ts'
import type { Logger } from '../shared/log.ts'
import { createCodec } from '../shared/temporal/codec.ts'
import { connectionOptions } from '../shared/temporal/connect.ts'
import { createDataConverter } from '../shared/temporal/data-converter.ts'
import type { Tracing } from '../shared/tracing.ts'
import { type Assets, openAssets } from '../storage/assets/assets.ts'
import { openLive } from '../storage/live/live.ts'
import { readFileText } from '../storage/read-file-text.ts'
import { markBody } from '../storage/secrets/mark-body.ts'
import { masterKeysOf } from '../storage/secrets/master-keys.ts'
import { type Sealed, seal } from '../storage/secrets/seal.ts'
import { type Database, openDatabase } from '../storage/sql/database.ts'
import { waitForClose } from '../storage/sql/wait-for-close.ts'
import { createLiveHub, type LiveHub } from './live-hub.ts'

/** What the API asks of Temporal, in one app. Every call ends within the time given when it was made. */
export type Engine = Pick<ParleyRuns, 'startRun' | 'answer' | 'decide' | 'cancel'> &
  Pick<
    ParleyConversations,
    | 'sendMessage'
    | 'removeMessage'
    | 'cancelTurn'
    | 'endSession'
    | 'takeHandoff'
    | 'sayInHandoff'
    | 'returnHandoff'
  > &
  ParleySchedules &
  ParleyJobs & {
    answerInSession: ParleyConversations['answer']
    decideInSession: ParleyConversations['decide']
    /** Ends a run or a conversation without asking it. */
    terminate(temporalWorkflowId: string): Promise<void>
  }

export type TextOfFile = { ok: true } | { ok: false; code: string; reason: string }

export interface Deps {
  db: Database
  assets: Assets
  live: LiveHub
  log: Logger
  engine(scope: { workspaceId: string; appId: string }): Engine
  engineIsUp(): Promise<boolean>
  liveIsUp(): Promise<boolean>
  /** Whether the text of a file can be read: what a step that uses it will need. */
  readFileText(workspaceId: string, fileId: string): Promise<TextOfFile>
  /** Waits a moment for the read models to know of a reply that a run has taken, so that whoever replied reads it there. */
  settled(workspaceId: string, requestId: string): Promise<void>
  /** Set where payloads are encrypted. */
  codec?: PayloadCodec | undefined
  /** Whether a request from this very machine needs no login. */
  localAdmin: boolean
  /** Seals a secret. To open it again is not for the API. */
  seal(value: string, bound: string): Promise<Sealed>
  /** What is kept of a write's body, by its SHA-256: one mark for each key, the first to be kept. */
  markBody(sha256: string): Promise<string[]>
  /** Which providers are configured, as far as publishing a workflow depends on it. */
  providers: Pick<AppWorld, 'search' | 'images' | 'prices' | 'models'>
  /** Private places, `host:port`, that workers may call all the same. */
  outboundAllow: readonly string[]
  /** Of Temporal's Web UI, for links to a run. */
  temporalUi: { url: string; namespace: string } | null
  /** Set where spans are sent to a collector. */
  tracing?: Tracing | undefined
}

/** A call to Temporal may take this long; then the caller is told to try again. A start is accepted already, and is repeated. */
const limits = { call: 10_000, start: 3_000, settle: 1_000 } as const

/** Who was killed between a commit and telling of it told nobody: readers hear of it this many milliseconds later. */
const lookEvery = 2_000

export interface OpenDeps extends Deps {
  connection: Connection
  close(): Promise<void>
}

/** Composition root: opens everything that a configuration names. Temporal is connected to at the first call. */
export async function openDeps(config: Config, log: Logger, tracing?: Tracing): Promise<OpenDeps> {
  const db = openDatabase(config.DATABASE_URL, 20)
  const assets = await openAssets(config.assets)
  const keys = masterKeysOf(config.PARLEY_ENCRYPTION_KEY ?? [], config.dataDir)
  // A file that is none of ours is told of now, not when somebody keeps a secret.
  await keys.known()
  const connection = Connection.lazy(await connectionOptions(config))
  const encryptionKeys = config.PARLEY_ENCRYPTION_KEY
  const client = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    dataConverter: createDataConverter({ payloads: assets.payloads, encryptionKeys }),
    interceptors: { workflow: tracing?.clientInterceptors ?? [] },
  })
  const live = createLiveHub(db, log)
  const channel = openLive({
    db,
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    onRedis: (isUp) =>
      isUp ? log.info('Redis is back') : log.warn('Redis is away: live events go through PostgreSQL'),
  })
  await channel.listen(live.take, live.catchUp)
  // While the database is away there is nothing to see; it is looked again.
  const looking = setInterval(() => void live.look().catch(() => {}), lookEvery)
  return {
    db,
    assets,
    live,
    log,
    connection,
    engine: engineOver(client),
    codec: encryptionKeys && createCodec(encryptionKeys),
    tracing,
    engineIsUp: () =>
      connection
        .withDeadline(Date.now() + 1_000, () => connection.workflowService.getSystemInfo({}))
        .then(() => true)
        .catch(() => false),
    liveIsUp: channel.isUp,
    readFileText: (workspaceId, fileId) => readFileText({ db, assets }, workspaceId, fileId),
    // The reply is taken: whatever becomes of the look, the answer is yes.
    settled: (workspaceId, requestId) =>
      waitForClose(db, workspaceId, requestId, limits.settle).catch(() => {}),
    seal: async (value, bound) => seal(await keys.toSeal(), value, bound),
    markBody: (sha256) => markBody(keys, sha256),
    providers: {
      search: config.searches,
      images: config.paints,
      prices: config.PARLEY_CONFIG?.prices ?? {},
      models: { text: config.OPENAI_MODEL, images: config.OPENAI_IMAGE_MODEL },
    },
    // Behind a public address a proxy may pass the world's requests on from this machine.
    localAdmin: !config.isPublic,
    outboundAllow: config.PARLEY_OUTBOUND_ALLOW,
    temporalUi: config.TEMPORAL_UI_URL
      ? { url: config.TEMPORAL_UI_URL, namespace: config.TEMPORAL_NAMESPACE }
      : null,
    close: async () => {
      clearInterval(looking)
      await channel.close()
      await connection.close().catch(() => {})
      await db.$client.end()
    },
  }
}

/** Runs of one app on Temporal, each call within its limit. */
export const engineOver =
  (client: Client) =>
  (scope: { workspaceId: string; appId: string }): Engine => {
    const runs = connectRuns({ client, ...scope })
    const conversations = connectConversations({ client, ...scope })
    const schedules = connectSchedules({ client, ...scope })
    const jobs = connectJobs({ client, ...scope })
    const within = <T>(act: () => Promise<T>, limit: number = limits.call): Promise<T> =>
      client.connection.withDeadline(Date.now() + limit, act)
    return {
      startRun: (order) => within(() => runs.startRun(order), limits.start),
      answer: (instanceUuid, given, more) => within(() => runs.answer(instanceUuid, given, more)),
      decide: (instanceUuid, given, more) => within(() => runs.decide(instanceUuid, given, more)),
      cancel: (instanceUuid) => within(() => runs.cancel(instanceUuid)),
      sendMessage: (session, given, more) => within(() => conversations.sendMessage(session, given, more)),
      removeMessage: (chatSessionId, messageId) =>
        within(() => conversations.removeMessage(chatSessionId, messageId)),
      cancelTurn: (chatSessionId, instanceUuid) =>
        within(() => conversations.cancelTurn(chatSessionId, instanceUuid)),
      endSession: (chatSessionId, reason) => within(() => conversations.endSession(chatSessionId, reason)),
      answerInSession: (chatSessionId, given, more) =>
        within(() => conversations.answer(chatSessionId, given, more)),
      decideInSession: (chatSessionId, given, more) =>
        within(() => conversations.decide(chatSessionId, given, more)),
      takeHandoff: (chatSessionId, given, more) =>
        within(() => conversations.takeHandoff(chatSessionId, given, more)),
      sayInHandoff: (chatSessionId, given, more) =>
        within(() => conversations.sayInHandoff(chatSessionId, given, more)),
      returnHandoff: (chatSessionId, given, more) =>
        within(() => conversations.returnHandoff(chatSessionId, given, more)),
      terminate: async (workflowId) => {
        await within(() => client.workflow.getHandle(workflowId).terminate('deleted'))
      },
      startListTools: (mcpServerId) => within(() => jobs.startListTools(mcpServerId), limits.start),
      startIngest: (document) => within(() => jobs.startIngest(document), limits.start),
      putSchedule: (order) => within(() => schedules.putSchedule(order)),
      removeSchedule: (scheduleId) => within(() => schedules.removeSchedule(scheduleId)),
      describeSchedule: (scheduleId) => within(() => schedules.describeSchedule(scheduleId)),
    }
  }
