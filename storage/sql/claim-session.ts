import { emptySession } from '../../shared/contract/session.ts'
import type { Database } from './database.ts'
import { sessions } from './schema.ts'

type NewSession = Pick<
  typeof sessions.$inferInsert,
  | 'chatSessionId'
  | 'workspaceId'
  | 'appId'
  | 'workflowId'
  | 'version'
  | 'workflowName'
  | 'isTest'
  | 'startedById'
  | 'startedBy'
  | 'temporalWorkflowId'
>

/**
 * Makes a conversation somebody's before its first message is sent: of two who take the same id, one has it. A row whose
 * message never arrived is closed by the sweeper.
 */
export async function claimSession(db: Database, session: NewSession): Promise<void> {
  await db
    .insert(sessions)
    .values({
      ...session,
      status: 'open',
      view: emptySession,
      temporalRunId: '',
      startedAt: new Date(),
      lastAt: new Date(),
    })
    .onConflictDoNothing()
}
