import { and, eq, isNull } from 'drizzle-orm'
import type { EndReason } from '../../shared/contract/chat.ts'
import { closeRun } from './close-run.ts'
import type { Database } from './database.ts'
import type { SessionRow } from './lock-session.ts'
import { instances, sessions } from './schema.ts'
import { writeSession } from './write-session.ts'

/**
 * Closes a conversation where Temporal runs no code for it any more, and its turn with it. The entry is the one that the
 * workflow would have written. False when it had ended.
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
  const { startedBy, channel, ...ref } = row
  await writeSession(
    db,
    { ...ref, ...(startedBy ? { startedBy } : {}), ...(channel ? { channel } : {}) },
    chatSessionId,
    [
      {
        event: 'sessionEnded',
        key: `ended:${row.temporalRunId}`,
        reason,
        at: new Date().toISOString(),
      },
    ],
  )
  return true
}
