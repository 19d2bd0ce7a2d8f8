import type { ScheduleBody } from '../../shared/contract/api/schedules.ts'
import { type Caller, personOf } from '../../shared/contract/api/scope.ts'
import { timesOf } from '../../shared/contract/schedule.ts'
import { faultFields } from '../../shared/log.ts'
import { findWorkspace } from '../../storage/sql/find-workspace.ts'
import { syncSchedule } from '../../storage/sql/schedules.ts'
import type { Deps } from '../deps.ts'
import { withKnownFiles } from '../runs/known-files.ts'
import { checkInput, startable } from '../runs/start-run.ts'

/**
 * A schedule as its row keeps it: what it starts can be started now, by the caller and with its input.
 * @throws Refusal for what could not be started
 */
export async function wantedSchedule(deps: Deps, caller: Caller, workflowId: string, body: ScheduleBody) {
  const { definition } = await startable(deps, caller, workflowId)
  const { input } = await withKnownFiles(deps.db, caller, { input: body.input ?? {} })
  checkInput(definition, input)
  const { settings } = await findWorkspace(deps.db, caller.workspaceId)
  const { name, overlap, paused, timeZone = settings.timeZone } = body
  return { name, times: timesOf(body), timeZone, overlap, paused, input, owner: personOf(caller) }
}

/** Tells Temporal of a schedule. Where it does not answer, the sweeper of the workers repeats it. */
export async function tellTemporal(deps: Deps, caller: Caller, scheduleId: string): Promise<void> {
  try {
    await syncSchedule(deps.db, scheduleId, deps.engine(caller))
  } catch (error) {
    deps.log.warn(
      { ...faultFields(error), scheduleId },
      'Temporal will be told of the schedule by the sweeper',
    )
  }
}
