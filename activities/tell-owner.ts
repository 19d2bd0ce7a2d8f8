import type { Firing } from '../shared/contract/job.ts'
import { addNotice } from '../storage/sql/add-notice.ts'
import { findSchedule } from '../storage/sql/schedules.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

/** Tells a schedule's owner what became of a firing that nobody watched. `instanceUuid` is of a run that came to be. */
export const tellOwner =
  ({ db }: Pick<Deps, 'db'>) =>
  async ({
    firing: { workspaceId, appId, scheduleId, jobWorkflowId },
    reason,
    instanceUuid,
  }: {
    firing: Firing
    reason: string
    instanceUuid?: string
  }): Promise<void> => {
    try {
      const schedule = await findSchedule(db, { workspaceId, appId, scheduleId })
      if (!schedule) return
      const what = instanceUuid ? 'The run that it started failed' : 'It could not start its run'
      await db.transaction((tx) =>
        addNotice(
          tx,
          { workspaceId, appId, instanceUuid },
          {
            userId: schedule.owner.userId,
            key: `${jobWorkflowId}:failed`,
            kind: 'scheduleFailed',
            text: `Schedule “${schedule.name}”: ${what}. ${reason}`,
          },
        ),
      )
    } catch (error) {
      throw unavailable(error) ?? faultOfOurs(error)
    }
  }
