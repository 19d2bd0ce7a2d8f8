import { sql } from 'drizzle-orm'
import { boolean, index, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { Json } from '../../../shared/contract/json.ts'
import type { Person } from '../../../shared/contract/person.ts'
import type { ScheduleOverlap, ScheduleTimes } from '../../../shared/contract/schedule.ts'
import { at, jsonb } from './columns.ts'
import { workflows } from './definitions.ts'

/** A schedule as it is wanted: Temporal keeps the one that fires. */
export const schedules = pgTable(
  'schedules',
  {
    scheduleId: uuid('schedule_id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    workflowId: uuid('workflow_id')
      .notNull()
      .references(() => workflows.workflowId),
    name: text('name').notNull(),
    /** In whose name its runs start, and who is told when one fails. */
    owner: jsonb('owner').$type<Person>().notNull(),
    times: jsonb('times').$type<ScheduleTimes>().notNull(),
    timeZone: text('time_zone').notNull(),
    overlap: text('overlap').$type<ScheduleOverlap>().notNull(),
    paused: boolean('paused').notNull(),
    input: jsonb('input').$type<Json>().notNull(),
    /** Whether Temporal has it as it stands here. */
    synced: boolean('synced').notNull().default(false),
    /** Fires no more, and goes once Temporal has let go of it. */
    deletedAt: at('deleted_at'),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    index('schedules_of_workflow').on(table.workflowId, table.name),
    index('schedules_unsynced').on(table.updatedAt).where(sql`not synced`),
  ],
)

/** What a schedule started, or why it did not. `instanceUuid` is of its run, also of one that never came to be. */
export const firings = pgTable(
  'schedule_firings',
  {
    instanceUuid: uuid('instance_uuid').primaryKey(),
    scheduleId: uuid('schedule_id')
      .notNull()
      .references(() => schedules.scheduleId, { onDelete: 'cascade' }),
    workspaceId: uuid('workspace_id').notNull(),
    problem: text('problem'),
    firedAt: at('fired_at').notNull().defaultNow(),
  },
  (table) => [index('firings_of_schedule').on(table.scheduleId, table.firedAt.desc())],
)
