import type { Caller } from '../../shared/contract/api/scope.ts'
import { faultFields } from '../../shared/log.ts'
import { describeRun } from '../../shared/temporal/describe-run.ts'
import { markDispatched, type NewRun } from '../../storage/sql/add-run.ts'
import type { Deps } from '../deps.ts'

type Accepted = Pick<NewRun, 'workflowId' | 'version' | 'instanceUuid' | 'workflowName' | 'startOrder'> & {
  startedBy?: NewRun['startedBy'] | undefined
}

/** Hands an accepted run to Temporal. Where that does not answer, the sweeper of the workers repeats it. */
export async function dispatch(deps: Deps, caller: Caller, run: Accepted): Promise<void> {
  const { workflowId, version, instanceUuid, startedBy, workflowName, startOrder } = run
  const engine = deps.engine(caller)
  try {
    await engine.startRun({
      instanceUuid,
      workflowId,
      // The draft has no version of its own.
      ...(startOrder.isTest ? {} : { version }),
      startedBy,
      ...startOrder,
      ...describeRun({ workflowId, workflowName, version, instanceUuid, startedBy }),
    })
    const isCancelled = await markDispatched(deps.db, caller.workspaceId, instanceUuid)
    if (isCancelled) await engine.cancel(instanceUuid)
  } catch (error) {
    deps.log.warn(
      { ...faultFields(error), instanceUuid },
      'the run is accepted, and will be started by the sweeper',
    )
  }
}
