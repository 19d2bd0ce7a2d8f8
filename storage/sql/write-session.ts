import { and, eq, inArray } from 'drizzle-orm'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import { tell } from '../live/live.ts'
import type { Database } from './database.ts'
import { lockSession, type SessionRef, updateSession } from './lock-session.ts'
import { journal } from './schema.ts'

/** Writes what happened in a session outside of its turns: its start and end, messages that wait. Repeating it changes nothing. */
export const writeSession = (
  db: Database,
  ref: SessionRef,
  chatSessionId: string,
  entries: JournalEntry[],
): Promise<void> =>
  db.transaction(async (tx) => {
    const row = await lockSession(tx, ref, chatSessionId)
    const known = await tx
      .select({ key: journal.key })
      .from(journal)
      .where(
        and(
          eq(journal.workspaceId, row.workspaceId),
          eq(journal.streamId, chatSessionId),
          inArray(
            journal.key,
            entries.map(({ key }) => key),
          ),
        ),
      )
    const written = new Set(known.map(({ key }) => key))
    const fresh = entries.filter(({ key }) => !written.has(key))
    if (fresh.length === 0) return
    await tx.insert(journal).values(
      fresh.map(({ key, event, at, ...data }, index) => ({
        streamId: chatSessionId,
        seq: row.nextSeq + index,
        workspaceId: row.workspaceId,
        instanceUuid: chatSessionId,
        key,
        event,
        data,
        at: new Date(at),
      })),
    )
    const seq = row.nextSeq + fresh.length - 1
    await updateSession(tx, row, fresh, {
      nextSeq: seq + 1,
      version: ref.version,
      workflowName: ref.workflowName,
      temporalRunId: ref.temporalRunId,
    })
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
