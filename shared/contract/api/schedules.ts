import { z } from 'zod'
import { InstanceStatus } from '../journal.ts'
import { Person } from '../person.ts'
import { ScheduleOverlap, scheduleTimes, timesOf } from '../schedule.ts'
import { TimeZone } from '../settings.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { Started } from './runs.ts'
import { AnyJson, admin, admins, builders, Id, scopeParams, Time } from './scope.ts'

export const ScheduleBody = z
  .strictObject({
    name: z.string().trim().min(1, 'a schedule needs a name').max(120),
    ...scheduleTimes,
    /** Of `cron` and `calendar`; the workspace's own when left out. */
    timeZone: TimeZone.optional(),
    /** By the workflow's input schema; the same at every firing. */
    input: AnyJson.optional(),
    overlap: ScheduleOverlap.default('skip'),
    /** As it is when left out; a new schedule is not. */
    paused: z.boolean().optional(),
  })
  .refine(
    (body) => Object.keys(timesOf(body)).length === 1,
    'say when by just one of "cron", "every" and "calendar"',
  )
export type ScheduleBody = z.infer<typeof ScheduleBody>

/** What a schedule started, or why it did not. */
export const Fired = z.object({
  at: Time,
  instanceUuid: Id.nullable(),
  status: InstanceStatus.nullable(),
  problem: z.string().nullable(),
})

export const Schedule = z
  .object({
    scheduleId: Id,
    workflowId: Id,
    name: z.string(),
    ...scheduleTimes,
    timeZone: z.string(),
    input: AnyJson,
    overlap: ScheduleOverlap,
    paused: z.boolean(),
    /** In whose name its runs start, and who is told when one fails: who saved it last. */
    owner: Person,
    /** The next times; null while the workflow engine does not answer, empty when it is paused. */
    nextRuns: z.array(Time).nullable(),
    /** The newest firings, newest first. */
    recentRuns: z.array(Fired),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'Schedule' })
export type Schedule = z.infer<typeof Schedule>

const WorkflowParams = z.object({ ...scopeParams, workflowId: Id })
const ScheduleParams = z.object({ ...scopeParams, workflowId: Id, scheduleId: Id })
const path = `${admin}/workflows/{workflowId}/schedules` as const
const one = `${path}/{scheduleId}` as const
const refusals = ['WrongWorkflowType', 'Conflict', 'InvalidInput', 'Invalid'] as const

export const schedules = {
  list: route({
    name: 'listSchedules',
    method: 'get',
    path,
    tag: 'Schedules',
    summary: 'Schedules of a workflow, by name, with their next and newest runs',
    access: builders,
    params: WorkflowParams,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of schedules', body: pageOf(Schedule) },
  }),
  create: route({
    name: 'createSchedule',
    method: 'post',
    path,
    tag: 'Schedules',
    summary: 'Runs an output-focused workflow at given times, each time on its newest published version',
    description:
      'Say when by just one of `cron` (five fields), `every` (ISO 8601, counted from now) and `calendar` (`{ at: ["08:00"], weekdays?, days?, months? }`). A time at which the server was away is caught up with for a day.',
    access: admins,
    params: WorkflowParams,
    body: ScheduleBody,
    reply: { status: 201, description: 'Made', body: Schedule },
    problems: refusals,
    idempotent: true,
  }),
  get: route({
    name: 'getSchedule',
    method: 'get',
    path: one,
    tag: 'Schedules',
    summary: 'One schedule with its next and newest runs',
    access: builders,
    params: ScheduleParams,
    reply: { status: 200, description: 'The schedule', body: Schedule },
  }),
  replace: route({
    name: 'replaceSchedule',
    method: 'put',
    path: one,
    tag: 'Schedules',
    summary: 'Replaces a schedule, which then belongs to the caller',
    access: admins,
    params: ScheduleParams,
    body: ScheduleBody,
    reply: { status: 200, description: 'The schedule', body: Schedule },
    problems: refusals,
    idempotent: true,
  }),
  remove: route({
    name: 'deleteSchedule',
    method: 'delete',
    path: one,
    tag: 'Schedules',
    summary: 'Deletes a schedule. Runs it started go on',
    access: admins,
    params: ScheduleParams,
    reply: { status: 204, description: 'Deleted' },
  }),
  pause: route({
    name: 'pauseSchedule',
    method: 'post',
    path: `${one}/pause`,
    tag: 'Schedules',
    summary: 'Lets a schedule rest. Times that go by are not caught up with',
    access: admins,
    params: ScheduleParams,
    reply: { status: 200, description: 'The schedule', body: Schedule },
    idempotent: true,
  }),
  resume: route({
    name: 'resumeSchedule',
    method: 'post',
    path: `${one}/resume`,
    tag: 'Schedules',
    summary: 'Lets a schedule fire again',
    access: admins,
    params: ScheduleParams,
    reply: { status: 200, description: 'The schedule', body: Schedule },
    idempotent: true,
  }),
  run: route({
    name: 'runSchedule',
    method: 'post',
    path: `${one}/run`,
    tag: 'Schedules',
    summary: 'Starts what the schedule starts, now, also when it is paused or its run before is still open',
    access: admins,
    params: ScheduleParams,
    reply: { status: 202, description: 'Accepted', body: Started },
    problems: refusals,
    idempotent: true,
  }),
}
