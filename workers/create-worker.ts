import { availableParallelism } from 'node:os'
import type { DataConverter } from '@temporalio/common'
import type { InjectedSinks, NativeConnection, Worker, WorkerOptions } from '@temporalio/worker'
import type { Deps } from '../activities/deps.ts'
import { createActivities, createMediaActivities } from '../activities/index.ts'
import { mediaQueue, taskQueue } from '../shared/temporal/names.ts'
import type { TracingSinks } from '../workflows/tracing.ts'
import { ThreadedWorker } from './threaded-worker.ts'

export interface WorkerOrder {
  connection: NativeConnection
  namespace: string
  deps: Deps
  /** How values travel: the same for every worker and client of a namespace. */
  dataConverter: DataConverter
  /** The interpreter; without one this process walks no workflows and does none of their steps but media. */
  bundle?: { code: string } | undefined
  /** Whether this process makes files; yes unless said otherwise. */
  media?: boolean
  /** What watches activities, outermost first, and where workflows send what they tell of themselves. */
  watch?: Pick<NonNullable<WorkerOptions['interceptors']>, 'activity'> & {
    sinks?: InjectedSinks<TracingSinks>
  }
}

export interface ParleyWorker {
  /** Until it is shut down, by `shutdown` or by a signal to the process, and everything under way has ended. */
  run(): Promise<void>
  shutdown(): void
}

/** The worker of a process: for workflows and their steps, for making files, or for both, each from its own queue. */
export async function createWorker(order: WorkerOrder): Promise<ParleyWorker> {
  const { connection, namespace, deps, dataConverter, bundle, media = true, watch = {} } = order
  const poll = (options: Pick<WorkerOptions, 'taskQueue'> & Partial<WorkerOptions>) =>
    ThreadedWorker.create({
      connection,
      namespace,
      dataConverter,
      // Cancels and restarts are heard of within half a second; the default may take a minute.
      maxHeartbeatThrottleInterval: '500ms',
      defaultHeartbeatThrottleInterval: '500ms',
      // Activities under way may finish, then are told to stop.
      shutdownGraceTime: '15s',
      shutdownForceTime: '22s',
      interceptors: { activity: watch.activity ?? [] },
      sinks: watch.sinks ?? { tracing: { over: { fn: () => {} } } },
      ...options,
    })
  const workers: Worker[] = []
  if (bundle)
    workers.push(
      await poll({
        taskQueue,
        workflowBundle: bundle,
        activities: createActivities(deps),
        // After a worker was killed its runs go on elsewhere after this long.
        stickyQueueScheduleToStartTimeout: '5s',
      }),
    )
  if (media)
    workers.push(
      await poll({
        taskQueue: mediaQueue,
        activities: createMediaActivities(deps),
        // Making files is processor time: what cannot be served soon waits in the queue, for whoever is free.
        maxConcurrentActivityTaskExecutions: 2 * availableParallelism(),
      }),
    )
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
  }
  return {
    // One that breaks takes the others along: the process is to be started anew.
    run: async () => void (await Promise.all(workers.map((worker) => worker.run().finally(shutdown)))),
    shutdown,
  }
}
