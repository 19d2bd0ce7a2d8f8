import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleSpec,
} from '@temporalio/client'
import { milliseconds } from '../shared/contract/duration.ts'
import type { JobOf } from '../shared/contract/job.ts'
import { calendarsOf, type ScheduleOverlap, type ScheduleTimes } from '../shared/contract/schedule.ts'
import { fairTo } from '../shared/temporal/fairness.ts'
import { jobWorkflowId, taskQueue, temporalScheduleId } from '../shared/temporal/names.ts'

/** A schedule as Temporal is to have it. */
export interface ScheduleOrder {
  scheduleId: string
  workflowId: string
  times: ScheduleTimes
  timeZone: string
  overlap: ScheduleOverlap
  paused: boolean
  /** Where `every` counts from. */
  createdAt: Date
}

export interface ParleySchedules {
  /** Makes the schedule in Temporal, or makes it what the order says. */
  putSchedule(order: ScheduleOrder): Promise<void>
  /** Takes it away. One that is gone already is fine. */
  removeSchedule(scheduleId: string): Promise<void>
  /** How it stands in Temporal; undefined when it is not there. */
  describeSchedule(scheduleId: string): Promise<{ paused: boolean; nextRuns: Date[] } | undefined>
}

const overlaps = {
  skip: 'SKIP',
  bufferOne: 'BUFFER_ONE',
  cancelOther: 'CANCEL_OTHER',
  allowAll: 'ALLOW_ALL',
} as const satisfies Record<ScheduleOverlap, string>

const months = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const
const days = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const

/** Schedules of one app, as Temporal's own. */
export function connectSchedules({
  client,
  workspaceId,
  appId,
}: {
  client: Client
  workspaceId: string
  appId: string
}): ParleySchedules {
  const handle = (scheduleId: string) =>
    client.schedule.getHandle(temporalScheduleId(workspaceId, scheduleId))
  return {
    async putSchedule(order) {
      const wanted = describe(order, { kind: 'schedule', workspaceId, appId, scheduleId: order.scheduleId })
      try {
        await client.schedule.create({
          scheduleId: temporalScheduleId(workspaceId, order.scheduleId),
          ...wanted,
        })
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error
        await handle(order.scheduleId).update(() => wanted)
      }
    },
    removeSchedule: (scheduleId) => unlessGone(handle(scheduleId).delete()),
    describeSchedule: async (scheduleId) => {
      const found = await unlessGone(handle(scheduleId).describe())
      return found && { paused: found.state.paused, nextRuns: found.info.nextActionTimes }
    },
  }
}

function describe(order: ScheduleOrder, job: JobOf<'schedule'>) {
  return {
    spec: { ...specOf(order), timezone: order.timeZone },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'job',
      workflowId: jobWorkflowId(job.workspaceId, job.scheduleId),
      taskQueue,
      args: [job],
      // Ids only: what builders write may change, and this stays with every firing.
      staticSummary: `Schedule of workflow ${order.workflowId}`,
      ...fairTo(job.workspaceId),
    },
    policies: { overlap: overlaps[order.overlap], catchupWindow: '1 day' as const },
    state: { paused: order.paused },
  }
}

function specOf({ times, createdAt }: ScheduleOrder): ScheduleSpec {
  if (times.every !== undefined) {
    const every = milliseconds(times.every)
    // Temporal counts from 1970; people from when they made it. In whole seconds, which is what Temporal keeps.
    const offset = Math.floor((createdAt.getTime() % every) / 1_000) * 1_000
    return { intervals: [{ every, offset }] }
  }
  return {
    calendars: calendarsOf(times).map(({ minute, hour, dayOfMonth, month, dayOfWeek }) => ({
      minute: listed(minute),
      hour: listed(hour),
      dayOfMonth: listed(dayOfMonth),
      month: listed(month.map((one) => months[one - 1] as (typeof months)[number])),
      dayOfWeek: listed(dayOfWeek.map((one) => days[one] as (typeof days)[number])),
    })),
  }
}

const listed = <One>(values: One[]): One[] | '*' => (values.length > 0 ? values : '*')

const unlessGone = <Result>(call: Promise<Result>): Promise<Result | undefined> =>
  call.catch((error: unknown) => {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  })
