import {
  CancellationScope,
  ChildWorkflowFailure,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  workflowInfo,
} from '@temporalio/workflow'
import { fail, isStartedBefore } from '../../shared/temporal/failure.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { openFiring, tellOwner } from '../activities.ts'
import { faultOf } from '../fault.ts'
import type { JobRunner } from './runner.ts'

/**
 * A schedule's firing: starts a run of the newest published version, and lasts as long as it, so that Temporal knows
 * when two overlap. Whoever the schedule belongs to is told of what nobody watched fail.
 */
export const runSchedule: JobRunner<'schedule'> = async ({ workspaceId, appId, scheduleId }) => {
  const firing = { workspaceId, appId, scheduleId, jobWorkflowId: workflowInfo().workflowId }
  const opened = await openFiring(firing)
  if (!opened.ok) {
    await tellOwner({ firing, reason: opened.reason })
    throw fail(opened.code, opened.reason)
  }
  const { run, summary, details } = opened
  const { instanceUuid } = run
  try {
    await executeChild('run', {
      workflowId: runWorkflowId(workspaceId, instanceUuid),
      args: [run],
      // A run that waits for people outlives a firing that an operator ends.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      staticSummary: summary,
      staticDetails: details,
    })
    return { instanceUuid, status: 'completed' }
  } catch (error) {
    if (isStartedBefore(error)) return { instanceUuid, status: 'running' }
    if (isCancellation(error)) {
      // Of the firing, which takes its run along; or of the run alone, which is what somebody wanted.
      if (CancellationScope.current().consideredCancelled) throw error
      return { instanceUuid, status: 'cancelled' }
    }
    if (!(error instanceof ChildWorkflowFailure)) throw error
    await tellOwner({ firing, reason: faultOf(error).message, instanceUuid })
    return { instanceUuid, status: 'failed' }
  }
}
