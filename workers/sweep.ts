import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import { tellOfRaise } from '../client/budgets.ts'
import { connectJobs } from '../client/jobs.ts'
import { connectSchedules } from '../client/schedules.ts'
import { connectRuns } from '../client/temporal.ts'
import { faultFields, type Logger } from '../shared/log.ts'
import { describeRun } from '../shared/temporal/describe-run.ts'
import { ingestWorkflowId } from '../shared/temporal/names.ts'
import { markDispatched } from '../storage/sql/add-run.ts'
import { closeRun } from '../storage/sql/close-run.ts'
import { closeSession } from '../storage/sql/close-session.ts'
import type { Database } from '../storage/sql/database.ts'
import { failIngestion } from '../storage/sql/ingest-document.ts'
import {
  type DocumentRow,
  listUndispatchedIngestions,
  markIngestionDispatched,
  takeOpenIngestions,
} from '../storage/sql/knowledge-documents.ts'
import { findCaller, listUndispatched, type OpenRun, takeOpenRuns } from '../storage/sql/list-open-runs.ts'
import { takeOpenSessions } from '../storage/sql/list-open-sessions.ts'
import type { SessionRow } from '../storage/sql/lock-session.ts'
import { listUnsynced, syncSchedule } from '../storage/sql/schedules.ts'
import { removeOldSecureValues } from '../storage/sql/secure-values.ts'
import { takeRaised } from '../storage/sql/take-raised.ts'

export interface SweepOptions {
  db: Database
  client: Client
  log: Logger
  /** Milliseconds between two rounds. */
  every?: number
  /** How long a start may take before it counts as stuck, in milliseconds. */
  stuckAfter?: number
  /** How long an open run is believed to be open before Temporal is asked again, in milliseconds. */
  believedFor?: number
  /** Hears of every run it had to help. */
  onHelp?: (how: 'startRepeated' | 'closed') => void
}

/** Open runs compared with Temporal in one round. */
const comparedAtOnce = 50

/** Keeps SQL and Temporal in step where a process died, or an operator acted, in between. */
export function startSweeper(options: SweepOptions): { stop: () => Promise<void> } {
  const { log, every = 5_000 } = options
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()
  const next = () => {
    timer = setTimeout(() => {
      round = sweep(options)
        .catch((error: unknown) => log.warn(faultFields(error), 'could not sweep'))
        .finally(() => {
          if (!stopped) next()
        })
    }, every)
  }
  next()
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await round
    },
  }
}

async function sweep(options: SweepOptions): Promise<void> {
  const { db, log, stuckAfter = 5_000, believedFor = 60_000 } = options
  const each = async (runs: OpenRun[], act: (options: SweepOptions, run: OpenRun) => Promise<void>) => {
    for (const run of runs) {
      // One run that cannot be helped must not keep the others waiting.
      await act(options, run).catch((error: unknown) =>
        log.warn({ ...faultFields(error), instanceUuid: run.instanceUuid }, 'could not sweep a run'),
      )
    }
  }
  await each(await listUndispatched(db, new Date(Date.now() - stuckAfter)), repeatStart)
  for (const { scheduleId, ...scope } of await listUnsynced(db, new Date(Date.now() - stuckAfter))) {
    await syncSchedule(db, scheduleId, connectSchedules({ client: options.client, ...scope })).catch(
      (error: unknown) =>
        log.warn({ ...faultFields(error), scheduleId }, 'could not tell Temporal of a schedule'),
    )
  }
  for (const id of await takeRaised(db)) {
    await tellOfRaise(options.client, id).catch((error: unknown) =>
      log.warn({ ...faultFields(error), temporalWorkflowId: id }, 'could not tell of a raised budget'),
    )
  }
  await removeOldSecureValues(db)
  for (const document of await listUndispatchedIngestions(db, new Date(Date.now() - stuckAfter))) {
    await repeatIngestion(options, document).catch((error: unknown) =>
      log.warn(
        { ...faultFields(error), documentId: document.documentId },
        'could not start the ingestion of a document',
      ),
    )
  }
  const before = new Date(Date.now() - believedFor)
  await each(await takeOpenRuns(db, before, comparedAtOnce), compare)
  for (const session of await takeOpenSessions(db, before, comparedAtOnce)) {
    await compareSession(options, session).catch((error: unknown) =>
      log.warn(
        { ...faultFields(error), chatSessionId: session.chatSessionId },
        'could not sweep a conversation',
      ),
    )
  }
  for (const document of await takeOpenIngestions(db, before, comparedAtOnce)) {
    await compareIngestion(options, document).catch((error: unknown) =>
      log.warn(
        { ...faultFields(error), documentId: document.documentId },
        'could not sweep the ingestion of a document',
      ),
    )
  }
}

/**
 * Repeats a start that the API accepted but Temporal may not have heard of: the API was killed in between, or Temporal
 * was away. The ids are the same, so a start that did arrive is found running. A run that was cancelled before that is
 * cancelled in Temporal, should it have arrived there.
 */
async function repeatStart({ db, client, log, onHelp }: SweepOptions, run: OpenRun): Promise<void> {
  const { workspaceId, appId, instanceUuid } = run
  const runs = connectRuns({ client, workspaceId, appId })
  const cancel = () =>
    runs.cancel(instanceUuid).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error
    })
  if (run.finishedAt) {
    await cancel()
    await markDispatched(db, workspaceId, instanceUuid)
    return
  }
  await runs.startRun({
    instanceUuid,
    workflowId: run.workflowId,
    ...(run.startOrder.isTest ? {} : { version: run.version }),
    ...describeRun(run),
    ...run.startOrder,
    ...(run.startedBy ? { startedBy: run.startedBy } : {}),
  })
  const cancelledMeanwhile = await markDispatched(db, workspaceId, instanceUuid)
  if (cancelledMeanwhile) await cancel()
  onHelp?.('startRepeated')
  log.info({ workspaceId, instanceUuid }, 'repeated a start that was stuck')
}

/** Starts an ingestion that the API accepted but Temporal may not have heard of. */
async function repeatIngestion({ db, client }: SweepOptions, document: DocumentRow): Promise<void> {
  const { workspaceId, appId, documentId, wanted } = document
  await connectJobs({ client, workspaceId, appId }).startIngest({ documentId, generation: wanted })
  await markIngestionDispatched(db, document)
}

/** Closes a run that is over in Temporal without having said so: terminated there, timed out, or gone with its server. */
async function compare(options: SweepOptions, run: OpenRun): Promise<void> {
  const { db, log, onHelp } = options
  const status = await fateOf(options, run)
  if (status === 'RUNNING') return
  const message =
    status === 'UNKNOWN'
      ? 'Temporal does not know this run any more.'
      : `The run was ended in Temporal (${status.toLowerCase()}).`
  const isCancelled = status === 'CANCELLED' || status === 'TERMINATED'
  if (!(await closeRun(db, run, isCancelled ? {} : { error: { code: 'Internal', message } }))) return
  onHelp?.('closed')
  const { workspaceId, instanceUuid } = run
  log.info({ workspaceId, instanceUuid, status }, 'closed a run that was over in Temporal')
}

/**
 * A run's status in Temporal. One that was called and has come to rest is completed there and begins again in its caller's
 * next execution: it goes on where its caller does, and where that is over it was left behind.
 */
async function fateOf(options: SweepOptions, run: OpenRun): ReturnType<typeof statusOf> {
  const status = await statusOf(options.client, run.temporalWorkflowId)
  const caller = status === 'COMPLETED' ? await findCaller(options.db, run) : undefined
  if (!caller) return status
  return caller.finishedAt ? 'CANCELLED' : fateOf(options, caller)
}

/** Closes a conversation that is over in Temporal without having said so, and its turn; also one whose first message never arrived. */
async function compareSession({ db, client, log, onHelp }: SweepOptions, session: SessionRow): Promise<void> {
  const status = await statusOf(client, session.temporalWorkflowId)
  if (status === 'RUNNING') return
  const isMeant = status === 'CANCELLED' || status === 'TERMINATED'
  if (!(await closeSession(db, session, isMeant ? 'deactivated' : 'failed'))) return
  onHelp?.('closed')
  const { workspaceId, chatSessionId } = session
  log.info({ workspaceId, chatSessionId, status }, 'closed a conversation that was over in Temporal')
}

/** Fails a document whose ingestion is over in Temporal without having said so. */
async function compareIngestion(
  { db, client, log, onHelp }: SweepOptions,
  document: DocumentRow,
): Promise<void> {
  const { workspaceId, documentId, wanted: generation } = document
  const status = await statusOf(client, ingestWorkflowId(workspaceId, documentId, generation))
  if (status === 'RUNNING') return
  const message = `Its ingestion was ended in Temporal (${status.toLowerCase()}). Ingest the document again.`
  await failIngestion(db, { documentId, generation }, { code: 'Internal', message })
  onHelp?.('closed')
  log.info({ workspaceId, documentId, status }, 'failed a document whose ingestion was over in Temporal')
}

const statusOf = (client: Client, temporalWorkflowId: string) =>
  client.workflow
    .getHandle(temporalWorkflowId)
    .describe()
    .then((found) => found.status.name)
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return 'UNKNOWN' as const
      throw error
    })
