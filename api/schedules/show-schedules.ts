import type { Schedule } from '../../shared/contract/api/schedules.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { listFirings, type ScheduleRow } from '../../storage/sql/schedules.ts'
import type { Deps } from '../deps.ts'

type Standing = { paused: boolean; nextRuns: Date[] } | null

/** Schedules with what Temporal will do next and what they did last. */
export async function showSchedules(deps: Deps, caller: Caller, rows: ScheduleRow[]): Promise<Schedule[]> {
  const engine = deps.engine(caller)
  const [fired, standings] = await Promise.all([
    listFirings(
      deps.db,
      caller.workspaceId,
      rows.map(({ scheduleId }) => scheduleId),
    ),
    // What is wanted stands in SQL: a Temporal that is away keeps nobody from reading it.
    Promise.all(
      rows.map(({ scheduleId }) =>
        engine.describeSchedule(scheduleId).then(
          (found): Standing => found ?? null,
          (): Standing => null,
        ),
      ),
    ),
  ])
  return rows.map((row, index) =>
    show(
      row,
      standings[index] ?? null,
      fired.filter(({ scheduleId }) => scheduleId === row.scheduleId),
    ),
  )
}

type Fired = Awaited<ReturnType<typeof listFirings>>

function show(row: ScheduleRow, standing: Standing, fired: Fired): Schedule {
  const { scheduleId, workflowId, name, times, timeZone, input, overlap, owner } = row
  // An operator may pause it in Temporal's own Web UI, too.
  const paused = row.synced && standing ? standing.paused : row.paused
  return {
    scheduleId,
    workflowId,
    name,
    ...times,
    timeZone,
    input,
    overlap,
    paused,
    owner,
    nextRuns: paused ? [] : (standing?.nextRuns.map((at) => at.toISOString()) ?? null),
    recentRuns: fired.map(({ firedAt, instanceUuid, status, problem }) => ({
      at: firedAt.toISOString(),
      instanceUuid: problem === null ? instanceUuid : null,
      status: problem === null ? (status ?? 'running') : null,
      problem,
    })),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}
