import { and, eq } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { emptySession } from '../../shared/contract/session.ts'
import type { Transaction } from './database.ts'
import { sessions } from './schema.ts'

export type SessionRow = typeof sessions.$inferSelect

/** What a write to a session's journal knows of it. */
export type SessionRef = Pick<
  RunRef,
  | 'workspaceId'
  | 'appId'
  | 'workflowId'
  | 'version'
  | 'workflowName'
  | 'temporalWorkflowId'
  | 'temporalRunId'
  | 'startedBy'
  | 'channel'
> & { isTest?: boolean | undefined }

/** What a session's row tells of it, for a write to its journal. */
export const refOfSession = (row: SessionRow): RunRef => ({
  workspaceId: row.workspaceId,
  appId: row.appId,
  workflowId: row.workflowId,
  version: row.version,
  workflowName: row.workflowName,
  instanceUuid: row.chatSessionId,
  chatSessionId: row.chatSessionId,
  kind: row.isTest ? 'test' : 'turn',
  temporalWorkflowId: row.temporalWorkflowId,
  temporalRunId: row.temporalRunId,
  ...(row.startedBy ? { startedBy: row.startedBy } : {}),
  ...(row.channel ? { channel: row.channel } : {}),
})

/** The session's row, locked for its sequence. The first write makes it; all others find it with one question. */
export async function lockSession(
  tx: Transaction,
  ref: SessionRef & { kind?: RunRef['kind'] },
  chatSessionId: string,
): Promise<SessionRow> {
  const there = await findSession(tx, ref.workspaceId, chatSessionId)
  if (there) return there
  const [made] = await tx
    .insert(sessions)
    .values({
      chatSessionId,
      workspaceId: ref.workspaceId,
      appId: ref.appId,
      workflowId: ref.workflowId,
      version: ref.version,
      workflowName: ref.workflowName,
      status: 'open',
      view: emptySession,
      isTest: ref.isTest ?? ref.kind === 'test',
      channel: ref.channel ?? null,
      startedById: ref.startedBy?.userId ?? null,
      startedBy: ref.startedBy ?? null,
      temporalWorkflowId: ref.temporalWorkflowId,
      temporalRunId: ref.temporalRunId,
    })
    .onConflictDoNothing()
    .returning()
  const row = made ?? (await findSession(tx, ref.workspaceId, chatSessionId))
  if (!row)
    throw new Refusal('Conflict', `The chatSessionId ${chatSessionId} is taken: start with another one.`)
  return row
}

/** The session's row, locked; undefined when the workspace has none of this id. */
export async function findSession(
  tx: Transaction,
  workspaceId: string,
  chatSessionId: string,
): Promise<SessionRow | undefined> {
  const [row] = await tx
    .select()
    .from(sessions)
    .where(and(eq(sessions.workspaceId, workspaceId), eq(sessions.chatSessionId, chatSessionId)))
    .for('no key update')
  return row
}
