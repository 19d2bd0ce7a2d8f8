import { api } from '../../shared/contract/api/index.ts'
import type { Schedule } from '../../shared/contract/api/schedules.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { idFrom } from '../../storage/id-from.ts'
import { findWorkflow } from '../../storage/sql/list-workflows.ts'
import {
  addFiring,
  addSchedule,
  changeSchedule,
  findSchedule,
  listSchedules,
  markSchedulesDeleted,
  type ScheduleRow,
  starterOf,
} from '../../storage/sql/schedules.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { must } from '../runs/must-read.ts'
import { startRun } from '../runs/start-run.ts'
import { tellTemporal, wantedSchedule } from '../schedules/save-schedule.ts'
import { showSchedules } from '../schedules/show-schedules.ts'

interface Which {
  workspaceId: string
  appId: string
  workflowId: string
  scheduleId: string
}

export function bindSchedules(bind: Binder, deps: Deps): void {
  const { db } = deps
  const find = async (which: Which): Promise<ScheduleRow> => must(await findSchedule(db, which), 'schedule')
  const show = async (caller: Caller, which: Which): Promise<Schedule> => {
    const [schedule] = await showSchedules(deps, caller, [await find(which)])
    return schedule as Schedule
  }
  const change = async (
    caller: Caller,
    which: Which,
    wanted: Parameters<typeof changeSchedule>[2],
  ): Promise<Schedule> => {
    if (!(await changeSchedule(db, which, wanted))) throw new Refusal('NotFound', 'there is no such schedule')
    await tellTemporal(deps, caller, which.scheduleId)
    return show(caller, which)
  }

  bind(api.schedules.list, async ({ caller, params, query }) => {
    must(await findWorkflow(db, caller, params.workflowId), 'workflow')
    const { items, nextCursor } = await listSchedules(db, params, query)
    return { items: await showSchedules(deps, caller, items), nextCursor }
  })
  bind(api.schedules.create, async ({ caller, params, body, one }) => {
    const ids = { workflowId: params.workflowId, scheduleId: idFrom(`${one.seed}:schedule`) }
    await addSchedule(db, caller, ids, await wantedSchedule(deps, caller, params.workflowId, body))
    await tellTemporal(deps, caller, ids.scheduleId)
    return show(caller, { ...params, ...ids })
  })
  bind(api.schedules.get, ({ caller, params }) => show(caller, params))
  bind(api.schedules.replace, async ({ caller, params, body }) => {
    const { paused } = await show(caller, params)
    const wanted = await wantedSchedule(deps, caller, params.workflowId, body)
    return change(caller, params, { ...wanted, paused: wanted.paused ?? paused })
  })
  bind(api.schedules.remove, async ({ caller, params }) => {
    const [scheduleId] = await markSchedulesDeleted(db, params)
    await tellTemporal(deps, caller, must(scheduleId, 'schedule'))
    return undefined
  })
  bind(api.schedules.pause, ({ caller, params }) => change(caller, params, { paused: true }))
  bind(api.schedules.resume, ({ caller, params }) => change(caller, params, { paused: false }))
  bind(api.schedules.run, async ({ params, one }) => {
    const schedule = await find(params)
    const { workspaceId, scheduleId, input } = schedule
    return startRun(deps, starterOf(schedule), schedule.workflowId, { input }, one, (tx, { instanceUuid }) =>
      addFiring(tx, { workspaceId, scheduleId, instanceUuid }),
    )
  })
}
