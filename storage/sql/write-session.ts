import { sql } from 'drizzle-orm'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import { tell } from '../live/live.ts'
import { appendEntries } from './append-entries.ts'
import type { Database } from './database.ts'
import { lockSession, ofSession, type SessionRef, sessionAfter, sessionChanges } from './lock-session.ts'
import { sessions } from './schema.ts'

/** Writes what happened in a session outside of its turns: its start and end, messages that wait. Repeating it changes nothing. */
export const writeSession = (
  db: Database,
  ref: SessionRef,
  chatSessionId: string,
  entries: JournalEntry[],
): Promise<void> =>
  db.transaction(async (tx) => {
    const row = await lockSession(tx, ref, chatSessionId)
    const { workspaceId, nextSeq } = row
    const stream = { workspaceId, streamId: chatSessionId, nextSeq, instanceUuid: chatSessionId }
    const { fresh, seq } = await appendEntries(tx, stream, entries)
    if (fresh.length === 0) return
    await tx.execute(
      sql`update ${sessions} set ${sessionChanges(sessionAfter(row, fresh), {
        nextSeq: seq + 1,
        version: ref.version,
        workflowName: ref.workflowName,
        temporalRunId: ref.temporalRunId,
      })} where ${ofSession(row)}`,
    )
    await tell(tx, {
      t: 'journal',
      workspaceId: row.workspaceId,
      appId: row.appId,
      streamId: chatSessionId,
      instanceUuid: chatSessionId,
      seq,
      status: row.status === 'ended' ? 'completed' : 'running',
      percent: 0,
      startedById: row.startedById,
      isSession: true,
    })
  })
