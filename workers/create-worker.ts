import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { createActivities } from '../activities/index.ts'
import type { Deps } from '../activities/deps.ts'
import { taskQueue } from '../shared/temporal/names.ts'

/** The interpreter as one script for Temporal's sandbox; the bundler refuses what is not deterministic. */
export const bundleWorkflows = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: undefined,
    // The expression and schema libraries name these in branches that workflows never take.
    ignoreModules: [],
  })

export interface WorkerOrder {
  connection: NativeConnection
  namespace: string
  deps: Deps
  bundle: WorkflowBundleWithSourceMap
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
