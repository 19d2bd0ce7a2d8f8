import type { Client } from '@temporalio/client'
import { connectRuns } from '../client/temporal.ts'
import type { Logger } from '../shared/log.ts'
import type { Database } from '../storage/sql/database.ts'
import { listUndispatched, markDispatched } from '../storage/sql/undispatched-runs.ts'

/** How long a start may take before it counts as stuck, and how often we look. */
const stuckAfter = 5_000
const lookEvery = 5_000

/**
 * Repeats starts that the API accepted but Temporal may not have heard of: the API was killed in between, or Temporal
 * was away. The ids are the same, so a start that did arrive is found running.
 */
export function startSweeper({ db, client, log }: { db: Database; client: Client; log: Logger }): {
  stop: () => Promise<void>
} {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()
  const sweep = async () => {
    for (const run of await listUndispatched(db, new Date(Date.now() - stuckAfter))) {
      if (stopped) return
      const { startRun } = connectRuns({ client, workspaceId: run.workspaceId, appId: run.appId })
      await startRun({
        instanceUuid: run.instanceUuid,
        workflowId: run.workflowId,
        version: run.version,
        summary: `Run of ${run.workflowName} v${run.version}`,
        ...run.startOrder,
        ...(run.startedBy ? { startedBy: run.startedBy } : {}),
      })
      await markDispatched(db, run)
      log.info({ instanceUuid: run.instanceUuid }, 'repeated a start that was stuck')
    }
  }
  const next = () => {
    timer = setTimeout(() => {
      round = sweep()
        .catch((error: unknown) =>
          log.warn(
            { error: error instanceof Error ? error.message : String(error) },
            'could not repeat starts',
          ),
        )
        .finally(() => {
          if (!stopped) next()
        })
    }, lookEvery)
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
