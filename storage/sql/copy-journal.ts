import { and, asc, eq, inArray, lt, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { apply, emptyView, type JournalEntry } from '../../shared/contract/journal.ts'
import type { Transaction } from './database.ts'
import { instances, journal, outcomes } from './schema.ts'

/** From one run to another: what came before an entry, but for the question at a path, which is answered anew. */
interface Way {
  workspaceId: string
  from: string
  to: string
  /** Sequence number of the entry. */
  before: number
  asked: string
}

const closing = alias(journal, 'closing')

/** What a run's readers see of an earlier one that it goes on from: what was said and made, and which steps are done. */
const taken = ['message', 'asset', 'stepStarted', 'stepFinished', 'stepFailed']

/** Its questions that were answered, with their answers. */
const isAnswered = (before: number) =>
  and(
    inArray(journal.event, ['requestOpened', 'requestClosed']),
    sql`${journal.data} ->> 'kind' = 'answer'`,
    sql`exists (select from ${journal} as ${closing} where ${and(
      eq(closing.streamId, journal.streamId),
      eq(closing.event, 'requestClosed'),
      sql`${closing.data} ->> 'requestId' = ${journal.data} ->> 'requestId'`,
      lt(closing.seq, before),
    )})`,
  )

/**
 * Copies what an earlier run told before an entry into a new run's journal. The new run's steps
 * have the same keys, so it tells nothing of it again.
 */
export async function copyJournal(
  tx: Transaction,
  { workspaceId, from, to, before, asked }: Way,
): Promise<void> {
  const rows = await tx
    .select()
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, workspaceId),
        eq(journal.streamId, from),
        eq(journal.instanceUuid, from),
        or(inArray(journal.event, taken), isAnswered(before)),
        lt(journal.seq, before),
        // What was said at the question itself is said anew.
        sql`not (${journal.event} = 'message' and (starts_with(${journal.key}, ${`${asked}:`}) or starts_with(${journal.key}, ${`${asked}~`})))`,
      ),
    )
    .orderBy(asc(journal.seq))
  if (rows.length === 0) return
  await tx
    .insert(journal)
    .values(rows.map((row, index) => ({ ...row, streamId: to, instanceUuid: to, seq: index + 1 })))
  const view = rows.reduce(
    (state, { event, data, key, at }) =>
      apply(state, { ...data, event, key, at: at.toISOString() } as JournalEntry, to),
    emptyView,
  )
  await tx
    .update(instances)
    .set({ view, nextSeq: rows.length + 1 })
    .where(and(eq(instances.workspaceId, workspaceId), eq(instances.instanceUuid, to)))
}

/**
 * Copies what the activities of an earlier run gave, of the steps it had begun before an entry.
 */
export async function copyOutcomes(
  tx: Transaction,
  { workspaceId, from, to, before, asked }: Way,
): Promise<void> {
  await tx.execute(sql`
    insert into ${outcomes} (instance_uuid, path, ordinal, workspace_id, outcome)
    select ${to}::uuid, path, ordinal, workspace_id, outcome from ${outcomes}
    where workspace_id = ${workspaceId}::uuid and instance_uuid = ${from}::uuid and path <> ${asked}
      and path in (
        select data ->> 'path' from ${journal}
        where workspace_id = ${workspaceId}::uuid and stream_id = ${from}::uuid
          and event = 'stepStarted' and seq < ${before}
      )
    on conflict do nothing`)
}

/** Sequence number of the entry that closed a request with an answer; undefined while it is open. */
export async function answeredAt(
  tx: Transaction,
  { workspaceId, instanceUuid }: { workspaceId: string; instanceUuid: string },
  requestId: string,
): Promise<number | undefined> {
  const [row] = await tx
    .select({ seq: journal.seq })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, workspaceId),
        eq(journal.streamId, instanceUuid),
        eq(journal.key, `request:${requestId}:closed`),
      ),
    )
  return row?.seq
}
