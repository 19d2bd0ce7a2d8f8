import { Worker as Thread } from 'node:worker_threads'
import { type Logger, Worker } from '@temporalio/worker'
import type { CompiledWorkerOptions } from '@temporalio/worker/lib/worker-options.js'
import type { WorkflowCreator } from '@temporalio/worker/lib/workflow/interface.js'
import { ThreadedVMWorkflowCreator, WorkerThreadClient } from '@temporalio/worker/lib/workflow/threaded-vm.js'
import type { WorkflowBundleWithSourceMapAndFilename } from '@temporalio/worker/lib/workflow/workflow-worker-thread/input.js'

/** Temporal's worker, whose workflows run on threads of ours: see `workflow-thread.ts`. */
export class ThreadedWorker extends Worker {
  protected static override async createWorkflowCreator(
    workflowBundle: WorkflowBundleWithSourceMapAndFilename,
    { workflowThreadPoolSize, isolateExecutionTimeoutMs, activities }: CompiledWorkerOptions,
    logger: Logger,
  ): Promise<WorkflowCreator> {
    const startThread = () =>
      new Thread(new URL('workflow-thread.ts', import.meta.url), { workerData: isolateExecutionTimeoutMs })
    const threads = Array.from(
      { length: workflowThreadPoolSize },
      () => new WorkerThreadClient(startThread(), logger),
    )
    const init = {
      type: 'init',
      workflowBundle,
      // The thread limits a task as a whole, not each call in it.
      isolateExecutionTimeoutMs: undefined as never,
      reuseV8Context: true,
      registeredActivityNames: new Set(activities.keys()),
      hasPatchActivationCallback: false,
    } as const
    await Promise.all(threads.map((thread) => thread.send(init)))
    return new ThreadedVMWorkflowCreator(threads)
  }
}
