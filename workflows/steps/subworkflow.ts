import { ChildWorkflowCancellationType, executeChild, ParentClosePolicy, uuid4 } from '@temporalio/workflow'
import type { Json } from '../../shared/contract/json.ts'
import type { RunInput } from '../../shared/contract/messages.ts'
import type { Subworkflow } from '../../shared/contract/steps/subworkflow.ts'
import { fail } from '../../shared/temporal/failure.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import type { Runner } from './runner.ts'

/** Calls inside calls. A workflow that calls itself without an end is stopped here. */
const deepest = 10

/** Runs another workflow of the app as a child, in its newest published version. Gives its output. */
export const runSubworkflow: Runner<Subworkflow> = async (step, run) => {
  const { workspaceId, appId, startedBy, instanceUuid: caller, depth = 0 } = run.state.ref
  if (depth >= deepest)
    throw fail(
      'InvalidDefinition',
      `Workflows may call each other ${deepest} deep: does this one call itself?`,
    )
  const instanceUuid = await run.once('instanceUuid', () => uuid4())
  const input: RunInput = {
    workspaceId,
    appId,
    workflowId: step.workflowId,
    instanceUuid,
    input: run.render((step.input ?? {}) as Json),
    ...(startedBy ? { startedBy } : {}),
    parent: { instanceUuid: caller, path: run.path, depth: depth + 1 },
  }
  await run.tell()
  return executeChild<(given: RunInput) => Promise<Json>>('run', {
    workflowId: runWorkflowId(workspaceId, instanceUuid),
    args: [input],
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    // A run that was terminated leaves no orphan: its children end cleanly, and their people are told.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `subworkflow ${step.id}`,
  })
}
