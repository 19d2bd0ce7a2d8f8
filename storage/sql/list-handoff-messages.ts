import { and, desc, eq, like } from 'drizzle-orm'
import type { JournalEvent } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { Database } from './database.ts'
import { journal } from './schema.ts'

type Said = Extract<JournalEvent, { event: 'message' }>

/** More than anybody reads again; all of them are in the conversation. */
const mostMessages = 1_000

/** What the user and the person said in a handoff, in order; the latest of them. */
export async function listHandoffMessages(
  db: Database,
  { workspaceId, instanceUuid }: Pick<RunRef, 'workspaceId' | 'instanceUuid'>,
  requestId: string,
): Promise<Said[]> {
  const rows = await db
    .select({ data: journal.data })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, workspaceId),
        eq(journal.instanceUuid, instanceUuid),
        eq(journal.event, 'message'),
        like(journal.key, `%:request:${requestId}:said:%`),
      ),
    )
    .orderBy(desc(journal.seq))
    .limit(mostMessages)
  return rows.toReversed().map(({ data }) => data as unknown as Said)
}
