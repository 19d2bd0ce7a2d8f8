import { sql } from 'drizzle-orm'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { telling } from '../live/live.ts'
import { appendEntries } from './append-entries.ts'
import type { Database, Transaction } from './database.ts'
import { lockSession, type SessionRef } from './lock-session.ts'
import { recentRows } from './recent-rows.ts'
import { type LockedSession, sessionAfter, sessionUpdate } from './session-row.ts'

/** Writes what happened in a session outside of its turns: its start and end, messages that wait. Repeating it changes nothing. */
export async function writeSession(
  db: Database,
  ref: SessionRef,
  chatSessionId: string,
  entries: JournalEntry[],
): Promise<void> {
  const session = await db.transaction((tx) => append(tx, ref, chatSessionId, entries))
  if (session) recentRows(db).keep({ session })
}

/** The same where a turn has nothing of its own to write. */
export async function writeOfSession(tx: Transaction, turn: RunRef, entries: JournalEntry[]): Promise<void> {
  if (turn.chatSessionId && entries.length > 0) await append(tx, turn, turn.chatSessionId, entries)
}

async function append(
  tx: Transaction,
  ref: SessionRef,
  chatSessionId: string,
  entries: JournalEntry[],
): Promise<LockedSession | undefined> {
  const row = await lockSession(tx, ref, chatSessionId)
  const { workspaceId, nextSeq } = row
  const stream = { workspaceId, streamId: chatSessionId, nextSeq, instanceUuid: chatSessionId }
  const { fresh, seq } = await appendEntries(tx, stream, entries)
  if (fresh.length === 0) return undefined
  const { inStatement, afterwards } = telling(tx, [
    {
      t: 'journal',
      workspaceId,
      appId: row.appId,
      streamId: chatSessionId,
      instanceUuid: chatSessionId,
      seq,
      status: row.status === 'ended' ? 'completed' : 'running',
      percent: 0,
      startedById: row.startedById,
      isSession: true,
    },
  ])
  const after = sessionAfter(row, fresh)
  const { rows } = await tx.execute<{ mark: string }>(
    sql`with changed as (${sessionUpdate(after, ref)} returning xmin::text as mark) ${sql.join([sql`select mark`, ...inStatement], sql`, `)} from changed`,
  )
  await afterwards()
  return rows[0] && { ...after, mark: rows[0].mark }
}
