import { personOf } from '../shared/contract/api/scope.ts'
import type { ErrorCode } from '../shared/contract/errors.ts'
import type { Firing, OpenedFiring } from '../shared/contract/job.ts'
import { schemaProblems } from '../shared/contract/json-schema.ts'
import { describeRun } from '../shared/temporal/describe-run.ts'
import { idFrom } from '../storage/id-from.ts'
import { findStartable, type Startable } from '../storage/sql/find-startable.ts'
import {
  addFiring,
  findSchedule,
  markSchedulesDeleted,
  type ScheduleRow,
  starterOf,
} from '../storage/sql/schedules.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

/** Finds out what a firing starts, and keeps that it fired. Its run has the same id at every attempt. */
export const openFiring =
  ({ db }: Pick<Deps, 'db'>) =>
  async (firing: Firing): Promise<OpenedFiring> => {
    try {
      return await open(db, firing)
    } catch (error) {
      throw unavailable(error) ?? faultOfOurs(error)
    }
  }

async function open(db: Deps['db'], firing: Firing): Promise<OpenedFiring> {
  const { workspaceId, appId, scheduleId } = firing
  const gone = { ok: false, code: 'NotFound', reason: 'The schedule or its workflow was deleted.' } as const
  const schedule = await findSchedule(db, { workspaceId, appId, scheduleId })
  if (!schedule) return gone
  const starter = starterOf(schedule)
  const found = await findStartable(db, starter, schedule.workflowId)
  if (!found) {
    // A schedule that was made while its workflow was deleted.
    await markSchedulesDeleted(db, { workspaceId, appId, scheduleId })
    return gone
  }
  const instanceUuid = idFrom(`${firing.jobWorkflowId}:instance`)
  const refusal = refusalOf(found, schedule)
  await addFiring(db, { instanceUuid, scheduleId, workspaceId, problem: refusal?.reason ?? null })
  if (refusal || !found.published) return { ok: false, ...(refusal ?? gone) }
  const { version, definition } = found.published
  const { workflowId, input } = schedule
  const startedBy = personOf(starter)
  return {
    ok: true,
    run: { workspaceId, appId, workflowId, version, instanceUuid, input, startedBy },
    ...describeRun({ workflowId, workflowName: definition.name, version, instanceUuid, startedBy }),
  }
}

/** Why a schedule cannot start what it is for, in words for its owner. */
function refusalOf(
  { published, type }: Startable,
  { input }: ScheduleRow,
): { code: ErrorCode; reason: string } | undefined {
  if (type !== 'output_focused')
    return { code: 'WrongWorkflowType', reason: 'The workflow is chat-driven: it cannot run on a schedule.' }
  if (!published)
    return {
      code: 'Conflict',
      reason: 'The workflow has no published version: publish it, or pause the schedule.',
    }
  if (!published.available)
    return {
      code: 'Forbidden',
      reason: 'The workflow is not available to the owner of the schedule any more.',
    }
  const { definition } = published
  const schema = definition.type === 'output_focused' ? definition.input : undefined
  const [problem] = schema ? schemaProblems(schema, input) : []
  if (!problem) return undefined
  const where = problem.path ? `input.${problem.path}` : 'input'
  return {
    code: 'InvalidInput',
    reason: `The schedule's input does not fit version ${published.version} (${where}: ${problem.message}): save the schedule with an input that does.`,
  }
}
