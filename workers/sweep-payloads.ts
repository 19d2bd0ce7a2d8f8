import type { Client } from '@temporalio/client'
import { isGrpcServiceError } from '@temporalio/client'
import { faultFields, type Logger } from '../shared/log.ts'
import { instanceOf, workspaceOf } from '../shared/temporal/names.ts'
import { ownerOfFolder, payloadFolder } from '../shared/temporal/payload-files.ts'
import type { PayloadFiles } from '../storage/assets/assets.ts'
import type { Database } from '../storage/sql/database.ts'
import { findRunsAbove } from '../storage/sql/find-runs-above.ts'

export interface PayloadSweep {
  db: Database
  client: Client
  payloads: PayloadFiles
  /** Younger files stay in any case, in milliseconds: they may belong to a run that is just being started. */
  youngest?: number
}

const hour = 3_600_000
const day = 24 * hour
/** gRPC's status. */
const notFound = 5

/** Sweeps now and then, for as long as the process lives. The function it gives ends that. */
export function startPayloadSweeper({ log, ...order }: PayloadSweep & { log: Logger }): () => void {
  const sweep = () =>
    void sweepPayloads(order).then(
      (removed) => removed > 0 && log.info({ removed }, 'removed payloads that no history names any more'),
      (error: unknown) => log.warn(faultFields(error), 'could not sweep payloads'),
    )
  // Not all workers at once.
  const timer = setInterval(sweep, 6 * hour + Math.random() * hour)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Removes the stored payloads of workflows that Temporal has forgotten: closed for longer than the namespace's
 * retention, or deleted by an operator. A run's result stands in the history of the run that called it, too, so
 * those above it must be forgotten as well. Gives the number of files.
 */
export async function sweepPayloads({ db, client, payloads, youngest = day }: PayloadSweep): Promise<number> {
  const { namespace } = client.options
  const before = Date.now() - youngest
  let removed = 0
  for await (const name of payloads.folders(namespace)) {
    const owner = ownerOfFolder(name)
    if (!workspaceOf(owner)) continue
    const files: { key: string; writtenAt: Date }[] = []
    for await (const file of payloads.files(payloadFolder(namespace, owner))) files.push(file)
    if (files.some(({ writtenAt }) => writtenAt.getTime() > before)) continue
    const instanceUuid = instanceOf(owner)
    const above = instanceUuid ? await findRunsAbove(db, instanceUuid) : []
    if (await isKnown(client, [owner, ...above])) continue
    for (const { key } of files) await payloads.remove(key)
    removed += files.length
  }
  return removed
}

/** Whether Temporal knows one of them. */
async function isKnown({ workflowService, options }: Client, workflowIds: string[]): Promise<boolean> {
  const { namespace } = options
  for (const workflowId of workflowIds) {
    try {
      await workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } })
      return true
    } catch (error) {
      if (!isGrpcServiceError(error) || error.code !== notFound) throw error
    }
  }
  return false
}
