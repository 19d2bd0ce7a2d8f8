import { asc, eq } from 'drizzle-orm'
import type { Database } from '../storage/sql/database.ts'
import { calls, files, instances, journal, notices, requests, steps } from '../storage/sql/schema.ts'

/**
 * What of a run can be seen afterwards, without what differs from run to run: the journal's entries in their order, and
 * the rows of the read models. Two that did the same work read the same.
 */
export async function readWork(db: Database, instanceUuid: string): Promise<string[]> {
  const entries = await db
    .select({ event: journal.event, key: journal.key })
    .from(journal)
    .where(eq(journal.streamId, instanceUuid))
    .orderBy(asc(journal.seq))
  const count = async (name: string, rows: Promise<unknown[]>) => `${name}: ${(await rows).length}`
  const [run] = await db.select().from(instances).where(eq(instances.instanceUuid, instanceUuid))
  return [
    ...entries.map(({ event, key }) => `${event} ${key.replace(/^request:[^:]+/, 'request')}`),
    `status: ${run?.status} ${run?.view.percent} %`,
    `assets: ${run?.view.assets.length}`,
    await count('steps', db.select().from(steps).where(eq(steps.instanceUuid, instanceUuid))),
    await count('model calls', db.select().from(calls).where(eq(calls.instanceUuid, instanceUuid))),
    await count('requests', db.select().from(requests).where(eq(requests.instanceUuid, instanceUuid))),
    await count('files', db.select().from(files).where(eq(files.instanceUuid, instanceUuid))),
    await count('notices', db.select().from(notices).where(eq(notices.instanceUuid, instanceUuid))),
  ]
}

/** @throws with the first line in which they differ */
export function mustBeTheSame(
  ours: readonly string[],
  floor: readonly string[],
  file = 'bench/floor/workflow.ts',
): void {
  for (let at = 0; at < Math.max(ours.length, floor.length); at++)
    if (ours[at] !== floor[at])
      throw new Error(
        `The hand-written workflow does other work, so nothing can be compared. Line ${at + 1}: Parley has “${ours[at] ?? 'nothing'}”, it has “${floor[at] ?? 'nothing'}”. Mend ${file}.`,
      )
}
