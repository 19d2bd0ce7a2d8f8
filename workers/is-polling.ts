import { hostname } from 'node:os'
import { Connection } from '@temporalio/client'
import { readConfig } from '../shared/config.ts'
import { connectionOptions } from '../shared/temporal/connect.ts'
import { mediaQueue, taskQueue } from '../shared/temporal/names.ts'

/** A poll takes a minute when there is nothing to do; who did not begin another one since is gone. */
const silence = 120_000

/** Of Temporal's kinds of queues (`TaskQueueType`) the one that workers of both roles have. */
const activities = 2

/**
 * The health check of a worker's container: whether Temporal knows the worker of this host on each queue of its roles.
 * A worker has no port to be asked at, and a process that merely lives may have lost its way to Temporal.
 */
async function main(): Promise<void> {
  const config = readConfig()
  const connection = await Connection.connect({ ...(await connectionOptions(config)), connectTimeout: 3_000 })
  try {
    for (const role of config.WORKER_ROLES) {
      const queue = role === 'main' ? taskQueue : mediaQueue
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace: config.TEMPORAL_NAMESPACE,
        taskQueue: { name: queue },
        taskQueueType: activities,
      })
      const isHere = pollers?.some(
        ({ identity, lastAccessTime }) =>
          identity?.endsWith(`@${hostname()}`) &&
          Date.now() - Number(lastAccessTime?.seconds) * 1_000 < silence,
      )
      if (!isHere) throw new Error(`no worker of ${hostname()} asks for work on the queue ${queue}`)
    }
  } finally {
    await connection.close()
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(1)
})
