import vm from 'node:vm'
import { workerData } from 'node:worker_threads'
import { BaseVMWorkflow, globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js'

// The thread that workflows run on: Temporal's own, without two things that took half of its time.

// No promise is traced. With stacks of one line that told operators nothing: docs/decisions/0016.
Object.assign(globalHandlers, { setPromiseHook: () => {} })

// A task is limited as a whole. The SDK limits each of the four calls and more that a task is made of, and starts a
// thread to watch each of them.
const limit: number = workerData
const room = vm.createContext()
const script = new vm.Script('work()')
const { activate } = BaseVMWorkflow.prototype
// It waits for nothing before the workflow has done all it can: what it gives by then is only its end.
BaseVMWorkflow.prototype.activate = function (activation) {
  room.work = () => activate.call(this, activation)
  try {
    return script.runInContext(room, { timeout: limit })
  } catch (error) {
    return Promise.resolve({ runId: this.runId, failed: { failure: { message: (error as Error).message } } })
  }
}

await import('@temporalio/worker/lib/workflow/workflow-worker-thread.js')
