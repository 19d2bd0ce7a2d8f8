import { type NativeConnection, Worker } from '@temporalio/worker'
import type { Deps } from '../activities/deps.ts'
import { createActivities } from '../activities/index.ts'
import { taskQueue } from '../shared/temporal/names.ts'

export interface WorkerOrder {
  connection: NativeConnection
  namespace: string
  deps: Deps
  bundle: { code: string }
}

/** A worker for workflows and steps. */
export const createWorker = ({ connection, namespace, deps, bundle }: WorkerOrder): Promise<Worker> =>
  Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: bundle,
    activities: createActivities(deps),
    // Cancels and restarts are heard of within half a second; the default may take a minute.
    maxHeartbeatThrottleInterval: '500ms',
    defaultHeartbeatThrottleInterval: '500ms',
    // After a worker was killed its runs go on elsewhere after this long.
    stickyQueueScheduleToStartTimeout: '5s',
    // Activities under way may finish, then are told to stop.
    shutdownGraceTime: '15s',
    shutdownForceTime: '25s',
  })
