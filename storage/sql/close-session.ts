import { and, eq, isNull } from 'drizzle-orm'
import type { EndReason } from '../../shared/contract/chat.ts'
import type { JournalEntry, JournalEvent } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { SessionView } from '../../shared/contract/session.ts'
import { closeRun } from './close-run.ts'
import type { Database } from './database.ts'
import { refOfSession, type SessionRow } from './lock-session.ts'
import { instances, sessions } from './schema.ts'
import { writeEntries } from './write-journal.ts'
import { writeSession } from './write-session.ts'

/**
 * Closes a conversation where Temporal runs no code for it any more, its turn with it, and the messages that waited. The
 * entries are those that the workflow would have written. False when it had ended.
 */
export async function closeSession(
  db: Database,
  { workspaceId, chatSessionId }: Pick<SessionRow, 'workspaceId' | 'chatSessionId'>,
  reason: EndReason,
): Promise<boolean> {
  const turns = await db
    .select({ workspaceId: instances.workspaceId, instanceUuid: instances.instanceUuid })
    .from(instances)
    .where(
      and(
        eq(instances.workspaceId, workspaceId),
        eq(instances.chatSessionId, chatSessionId),
        isNull(instances.finishedAt),
      ),
    )
  for (const turn of turns) await closeRun(db, turn)
  const [row] = await db
    .select()
    .from(sessions)
    .where(and(eq(sessions.workspaceId, workspaceId), eq(sessions.chatSessionId, chatSessionId)))
  if (!row || row.status === 'ended') return false
  const at = new Date().toISOString()
  const ref = refOfSession(row)
  for (const [instanceUuid, messages] of Map.groupBy(row.view.queued, (one) => one.instanceUuid))
    await writeEntries(db, { ...ref, instanceUuid }, neverBegun(ref, messages, at))
  await writeSession(db, ref, chatSessionId, [
    { event: 'sessionEnded', key: `ended:${row.temporalRunId}`, reason, at },
  ])
  return true
}

/** A turn that was cancelled before it began, as far as the queue knows its messages: the words of a trigger it does not. */
function neverBegun(
  { workflowName, chatSessionId }: RunRef,
  messages: SessionView['queued'],
  at: string,
): JournalEntry[] {
  const userMessage = messages.map(({ text }) => text).join('\n\n')
  const entries: (JournalEvent & { key: string })[] = [
    {
      event: 'instanceStarted',
      key: 'run:started',
      title: workflowName,
      status: 'running',
      input: { userMessage, chatSessionId: chatSessionId ?? null },
    },
    ...messages.flatMap(({ messageId, text }) => [
      ...(text
        ? [
            {
              event: 'message' as const,
              key: `said:${messageId}`,
              messageId,
              role: 'user' as const,
              text,
              attachments: [],
            },
          ]
        : []),
      { event: 'chatCancelled' as const, key: `cancelled:${messageId}`, messageId },
    ]),
    { event: 'instanceFinished', key: 'run:finished', status: 'cancelled' },
  ]
  return entries.map((entry) => ({ ...entry, at }))
}
