import { Client, Connection } from '@temporalio/client'
import { connectRuns, type ParleyRuns } from '../client/temporal.ts'
import type { Config } from '../shared/config.ts'
import type { Logger } from '../shared/log.ts'
import { connectionOptions } from '../shared/temporal/connect.ts'
import { type Assets, openFolderAssets } from '../storage/assets/assets.ts'
import { listen } from '../storage/live/live.ts'
import { readFileText } from '../storage/read-file-text.ts'
import { type Database, openDatabase } from '../storage/sql/database.ts'
import { waitForClose } from '../storage/sql/wait-for-close.ts'
import { createLiveHub, type LiveHub } from './live-hub.ts'

/** What the API asks of Temporal, in one app. Every call ends within the time given when it was made. */
export type Engine = Pick<ParleyRuns, 'startRun' | 'answer' | 'decide' | 'cancel'> & {
  /** Ends a run without asking it. */
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
  /** Whether the text of a file can be read: what a step that uses it will need. */
  readFileText(workspaceId: string, fileId: string): Promise<TextOfFile>
  /** Waits a moment for the read models to know of a reply that a run has taken, so that whoever replied reads it there. */
  settled(workspaceId: string, requestId: string): Promise<void>
  /** Whether a request from this very machine needs no login. */
  localAdmin: boolean
  /** Of Temporal's Web UI, for links to a run. */
  temporalUi: { url: string; namespace: string } | null
}

/** A call to Temporal may take this long; then the caller is told to try again. A start is accepted already, and is repeated. */
const limits = { call: 10_000, start: 3_000, settle: 1_000 } as const

export interface OpenDeps extends Deps {
  connection: Connection
  close(): Promise<void>
}

/** Composition root: opens everything that a configuration names. Temporal is connected to at the first call. */
export async function openDeps(config: Config, log: Logger): Promise<OpenDeps> {
  const db = openDatabase(config.DATABASE_URL, 20)
  const assets = await openFolderAssets(config.assetsDir)
  const connection = Connection.lazy(await connectionOptions(config))
  const live = createLiveHub(db, log)
  const listener = await listen(config.DATABASE_URL, live.take, live.catchUp)
  return {
    db,
    assets,
    live,
    log,
    connection,
    engine: engineOver(connection, config.TEMPORAL_NAMESPACE),
    engineIsUp: () =>
      connection
        .withDeadline(Date.now() + 1_000, () => connection.workflowService.getSystemInfo({}))
        .then(() => true)
        .catch(() => false),
    readFileText: (workspaceId, fileId) => readFileText({ db, assets }, workspaceId, fileId),
    // The reply is taken: whatever becomes of the look, the answer is yes.
    settled: (workspaceId, requestId) =>
      waitForClose(db, workspaceId, requestId, limits.settle).catch(() => {}),
    // Behind a public address a proxy may pass the world's requests on from this machine.
    localAdmin: !config.isPublic,
    temporalUi: config.TEMPORAL_UI_URL
      ? { url: config.TEMPORAL_UI_URL, namespace: config.TEMPORAL_NAMESPACE }
      : null,
    close: async () => {
      await listener.close()
      await connection.close().catch(() => {})
      await db.$client.end()
    },
  }
}

/** Runs of one app on Temporal, each call within its limit. */
export const engineOver =
  (connection: Connection, namespace: string) =>
  (scope: { workspaceId: string; appId: string }): Engine => {
    const client = new Client({ connection, namespace })
    const runs = connectRuns({ client, ...scope })
    const within = <T>(act: () => Promise<T>, limit: number = limits.call): Promise<T> =>
      connection.withDeadline(Date.now() + limit, act)
    return {
      startRun: (order) => within(() => runs.startRun(order), limits.start),
      answer: (instanceUuid, given, more) => within(() => runs.answer(instanceUuid, given, more)),
      decide: (instanceUuid, given, more) => within(() => runs.decide(instanceUuid, given, more)),
      cancel: (instanceUuid) => within(() => runs.cancel(instanceUuid)),
      terminate: async (workflowId) => {
        await within(() => client.workflow.getHandle(workflowId).terminate('deleted'))
      },
    }
  }
