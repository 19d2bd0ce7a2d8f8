import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { journal } from './schema.ts'

export interface JournalRow {
  seq: number
  instanceUuid: string
  event: string
  data: Record<string, unknown>
  at: Date
}

/** Entries of a stream after `seq`, in order, at most `limit` at once. */
export const readJournal = (
  db: Database,
  workspaceId: string,
  streamId: string,
  seq: number,
  limit = 500,
): Promise<JournalRow[]> =>
  db
    .select({
      seq: journal.seq,
      instanceUuid: journal.instanceUuid,
      event: journal.event,
      data: journal.data,
      at: journal.at,
    })
    .from(journal)
    .where(and(eq(journal.streamId, streamId), eq(journal.workspaceId, workspaceId), gt(journal.seq, seq)))
    .orderBy(asc(journal.seq))
    .limit(limit)

/** The newest entry of a stream, 0 when it has none. */
export async function lastSeq(db: Database, workspaceId: string, streamId: string): Promise<number> {
  const [row] = await db
    .select({ seq: sql<number>`coalesce(max(${journal.seq}), 0)`.mapWith(Number) })
    .from(journal)
    .where(and(eq(journal.streamId, streamId), eq(journal.workspaceId, workspaceId)))
  return row?.seq ?? 0
}

/** The newest entry of each of these streams; those without one are left out. */
export async function lastSeqs(
  db: Database,
  streamIds: string[],
): Promise<{ streamId: string; seq: number }[]> {
  // One look into the index for each, however long the streams are.
  const { rows } = await db.execute<{ stream_id: string; seq: string }>(sql`
    select stream_id, seq
    from unnest(${sql.param(streamIds)}::uuid[]) as stream (id)
    cross join lateral (
      select stream_id, seq from ${journal} where stream_id = stream.id order by seq desc limit 1
    ) as newest`)
  return rows.map(({ stream_id, seq }) => ({ streamId: stream_id, seq: Number(seq) }))
}
