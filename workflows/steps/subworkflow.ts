import { ChildWorkflowCancellationType, executeChild, ParentClosePolicy, uuid4 } from '@temporalio/workflow'
import { count } from '../../shared/contract/budget.ts'
import { isObject, type Json } from '../../shared/contract/json.ts'
import type { RunInput } from '../../shared/contract/messages.ts'
import type { Subworkflow } from '../../shared/contract/steps/subworkflow.ts'
import { fail, kindOf } from '../../shared/temporal/failure.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { bytesOf } from '../../shared/temporal/payload-size.ts'
import { costOfBytes, isOutOfBreath, nextTask } from '../breath.ts'
import type { Runner } from './runner.ts'

/** Calls inside calls. A workflow that calls itself without an end is stopped here. */
const deepest = 10

/** What a run that was called gives to its caller. */
interface Called {
  output: Json
  callsLeft: number
}

/** Runs another workflow of the app as a child, in its newest published version. Gives its output. */
export const runSubworkflow: Runner<Subworkflow> = async (step, run) => {
  const { state } = run
  const { workspaceId, appId, startedBy, instanceUuid: caller, depth = 0, budgets = [], secure } = state.ref
  if (depth >= deepest)
    throw fail(
      'InvalidDefinition',
      `Workflows may call each other ${deepest} deep: does this one call itself?`,
    )
  const instanceUuid = await run.once('instanceUuid', () => uuid4())
  const calls = state.lendCalls()
  const input: RunInput = {
    workspaceId,
    appId,
    workflowId: step.workflowId,
    instanceUuid,
    input: run.render((step.input ?? {}) as Json),
    ...(startedBy ? { startedBy } : {}),
    ...(secure ? { secureMetadata: secure } : {}),
    parent: { instanceUuid: caller, path: run.path, depth: depth + 1, calls, budgets },
  }
  await run.tell()
  while (isOutOfBreath()) await nextTask()
  count(costOfBytes(bytesOf(input)))
  try {
    const { output, callsLeft } = await executeChild<(given: RunInput) => Promise<Called>>('run', {
      workflowId: runWorkflowId(workspaceId, instanceUuid),
      args: [input],
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      // A run that was terminated leaves no orphan: its children end cleanly, and their people are told.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `subworkflow ${step.id}`,
    })
    state.calls.left += callsLeft
    return output
  } catch (error) {
    state.calls.left += leftAfter(error)
    throw error
  }
}

/** What a call that failed has not used; nothing when that is not known. */
function leftAfter(error: unknown): number {
  const [told] = kindOf(error)?.details ?? []
  return isObject(told) && typeof told.callsLeft === 'number' ? told.callsLeft : 0
}
