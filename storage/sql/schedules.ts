import { and, asc, desc, eq, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Role } from '../../shared/contract/person.ts'
import type { Database, Transaction } from './database.ts'
import { NameKey, readCursor, toPage } from './page.ts'
import { firings, instances, schedules } from './schema.ts'

export type ScheduleRow = typeof schedules.$inferSelect
type Wanted = Pick<ScheduleRow, 'name' | 'owner' | 'times' | 'timeZone' | 'overlap' | 'input'> & {
  paused?: boolean | undefined
}

/** Which schedules are meant: one, or all of a workflow. */
interface Which {
  workspaceId: string
  appId: string
  workflowId?: string
  scheduleId?: string
}

const which = ({ workspaceId, appId, workflowId, scheduleId }: Which) =>
  and(
    eq(schedules.workspaceId, workspaceId),
    eq(schedules.appId, appId),
    isNull(schedules.deletedAt),
    workflowId ? eq(schedules.workflowId, workflowId) : undefined,
    scheduleId ? eq(schedules.scheduleId, scheduleId) : undefined,
  )

/** Keeps a new schedule. With an id that is there already nothing happens. */
export async function addSchedule(
  db: Database,
  { workspaceId, appId }: Caller,
  ids: { scheduleId: string; workflowId: string },
  { paused = false, ...wanted }: Wanted,
): Promise<void> {
  await db
    .insert(schedules)
    .values({ ...ids, workspaceId, appId, paused, ...wanted })
    .onConflictDoNothing()
}

export async function findSchedule(db: Database, place: Which): Promise<ScheduleRow | undefined> {
  const [row] = await db.select().from(schedules).where(which(place))
  return row
}

/** Schedules of a workflow, by name. */
export async function listSchedules(
  db: Database,
  place: Which,
  { limit, cursor }: PageQuery,
): Promise<Page<ScheduleRow>> {
  const after = readCursor(cursor, NameKey)
  const rows = await db
    .select()
    .from(schedules)
    .where(
      and(
        which(place),
        after && sql`(${schedules.name}, ${schedules.scheduleId}) > (${after[0]}, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(schedules.name), asc(schedules.scheduleId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: (row) => row, key: (row) => [row.name, row.scheduleId] })
}

/** Changes a schedule; Temporal is to be told of it. False when there is none. */
export async function changeSchedule(db: Database, place: Which, wanted: Partial<Wanted>): Promise<boolean> {
  const changed = await db
    .update(schedules)
    .set({ ...wanted, synced: false, updatedAt: sql`now()` })
    .where(which(place))
    .returning({ scheduleId: schedules.scheduleId })
  return changed.length > 0
}

/** From here on they fire no more. Gives their ids; Temporal is to be told of it. */
export async function markSchedulesDeleted(db: Database | Transaction, place: Which): Promise<string[]> {
  const marked = await db
    .update(schedules)
    .set({ deletedAt: sql`now()`, synced: false, updatedAt: sql`now()` })
    .where(which(place))
    .returning({ scheduleId: schedules.scheduleId })
  return marked.map(({ scheduleId }) => scheduleId)
}

/** What Temporal is told of a schedule. */
interface Push {
  putSchedule(row: ScheduleRow): Promise<void>
  removeSchedule(scheduleId: string): Promise<void>
}

/**
 * Makes Temporal's schedule what the row says. The row is locked meanwhile, so that of two changes the later one stays.
 * One that was deleted goes once Temporal has let go of it.
 */
export const syncSchedule = (db: Database, scheduleId: string, push: Push): Promise<void> =>
  db.transaction(async (tx) => {
    const ofId = eq(schedules.scheduleId, scheduleId)
    const [row] = await tx.select().from(schedules).where(ofId).for('update')
    if (!row || row.synced) return
    if (row.deletedAt) {
      await push.removeSchedule(scheduleId)
      await tx.delete(schedules).where(ofId)
      return
    }
    await push.putSchedule(row)
    await tx.update(schedules).set({ synced: true }).where(ofId)
  })

/** Schedules of which Temporal was not told since `before`, oldest first. */
export const listUnsynced = (db: Database, before: Date) =>
  db
    .select({
      scheduleId: schedules.scheduleId,
      workspaceId: schedules.workspaceId,
      appId: schedules.appId,
    })
    .from(schedules)
    .where(and(eq(schedules.synced, false), lt(schedules.updatedAt, before)))
    .orderBy(asc(schedules.updatedAt))
    .limit(100)

/** Keeps what a schedule started, or why it did not, once for each run. */
export async function addFiring(
  db: Database | Transaction,
  firing: Pick<typeof firings.$inferInsert, 'instanceUuid' | 'scheduleId' | 'workspaceId' | 'problem'>,
): Promise<void> {
  const { problem = null } = firing
  await db
    .insert(firings)
    .values(firing)
    .onConflictDoUpdate({ target: firings.instanceUuid, set: { problem } })
}

/** Whether a schedule started a run. */
export async function isFiring(
  db: Database | Transaction,
  { workspaceId, instanceUuid }: { workspaceId: string; instanceUuid: string },
): Promise<boolean> {
  const found = await db
    .select({ instanceUuid: firings.instanceUuid })
    .from(firings)
    .where(and(eq(firings.workspaceId, workspaceId), eq(firings.instanceUuid, instanceUuid)))
  return found.length > 0
}

/** Firings that are shown of each schedule. */
const shown = 10

/** The newest firings of each schedule, newest first. */
export async function listFirings(db: Database, workspaceId: string, scheduleIds: string[]) {
  if (scheduleIds.length === 0) return []
  const rank = sql<number>`row_number() over (partition by ${firings.scheduleId} order by ${firings.firedAt} desc)`
  const newest = db
    .select({
      scheduleId: firings.scheduleId,
      instanceUuid: firings.instanceUuid,
      problem: firings.problem,
      firedAt: firings.firedAt,
      rank: rank.as('rank'),
    })
    .from(firings)
    .where(and(eq(firings.workspaceId, workspaceId), inArray(firings.scheduleId, scheduleIds)))
    .as('newest')
  return db
    .select({
      scheduleId: newest.scheduleId,
      instanceUuid: newest.instanceUuid,
      problem: newest.problem,
      firedAt: newest.firedAt,
      status: instances.status,
    })
    .from(newest)
    .leftJoin(instances, eq(instances.instanceUuid, newest.instanceUuid))
    .where(sql`${newest.rank} <= ${shown}`)
    .orderBy(desc(newest.firedAt))
}

/** Who starts the runs of a schedule: its owner, and History says by which schedule. */
export const starterOf = ({ workspaceId, appId, owner, name }: ScheduleRow): Caller => ({
  workspaceId,
  appId,
  userId: owner.userId,
  name: `Schedule: ${name}`,
  roles: (owner.roles ?? []) as Role[],
})
