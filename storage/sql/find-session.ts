import { and, desc, eq, gt, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import type { MessageTaken } from '../../shared/contract/chat.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import type { Database } from './database.ts'
import type { SessionRow } from './lock-session.ts'
import { hasQueue, instances, journal, requests, sessions } from './schema.ts'
import { textArray } from './visible-to.ts'

/** A conversation that the caller may read; undefined when it is foreign, of somebody else or unknown, which are the same to a caller. */
export const findSessionOf = (
  db: Database,
  caller: Caller,
  chatSessionId: string,
): Promise<SessionRow | undefined> =>
  findOne(db, caller, eq(sessions.chatSessionId, chatSessionId), isOwn(caller))

/** The conversation of the caller in which a turn waits for its beginning. */
export const findSessionOfQueued = (
  db: Database,
  caller: Caller,
  instanceUuid: string,
): Promise<SessionRow | undefined> =>
  findOne(
    db,
    caller,
    hasQueue,
    sql`${sessions.view} -> 'queued' @> ${JSON.stringify([{ instanceUuid }])}::jsonb`,
    isOwn(caller),
  )

/** A conversation that the caller may read: theirs, for admins all, and those that were handed to a team of theirs. */
export async function findReadableSession(
  db: Database,
  caller: Caller,
  chatSessionId: string,
): Promise<SessionRow | undefined> {
  const own = await findSessionOf(db, caller, chatSessionId)
  if (own || !caller.teams?.length) return own
  return findOne(
    db,
    caller,
    eq(sessions.chatSessionId, chatSessionId),
    sql`exists (select from ${requests} join ${instances} on ${instances.instanceUuid} = ${requests.instanceUuid}
      where ${instances.chatSessionId} = ${sessions.chatSessionId} and ${requests.kind} = 'handoff'
      and ${requests.approverTeam} = any(${textArray(caller.teams)}))`,
  )
}

/** An admin's are all of the app. */
const isOwn = (caller: Caller): SQL | undefined =>
  isAdmin(caller) ? undefined : eq(sessions.startedById, caller.userId)

async function findOne(
  db: Database,
  { workspaceId, appId }: Caller,
  ...conditions: (SQL | undefined)[]
): Promise<SessionRow | undefined> {
  const [row] = await db
    .select()
    .from(sessions)
    .where(and(eq(sessions.workspaceId, workspaceId), eq(sessions.appId, appId), ...conditions))
  return row
}

/** The turn under way, with what it waits for. */
export async function findOpenTurn(
  db: Database,
  { workspaceId, chatSessionId }: Pick<SessionRow, 'workspaceId' | 'chatSessionId'>,
): Promise<{ instanceUuid: string; requests: OpenRequest[] } | undefined> {
  const [row] = await db
    .select({ instanceUuid: instances.instanceUuid, view: instances.view })
    .from(instances)
    .where(
      and(
        eq(instances.workspaceId, workspaceId),
        eq(instances.chatSessionId, chatSessionId),
        isNull(instances.finishedAt),
      ),
    )
    .orderBy(desc(instances.startedAt))
    .limit(1)
  return row && { instanceUuid: row.instanceUuid, requests: row.view.requests }
}

/** What names a message in a session's journal. */
const naming = ['turnOpened', 'messageQueued', 'message']

/**
 * Whether the journal knows of a message behind the entry `after`, in which turn it is, and what became of it when it was
 * taken; without a turn it waits, or waited, for one.
 */
export async function findMessage(
  db: Database,
  { workspaceId, chatSessionId }: Pick<SessionRow, 'workspaceId' | 'chatSessionId'>,
  messageId: string,
  after = 0,
): Promise<{ instanceUuid: string | null; status: MessageTaken['status'] } | undefined> {
  const rows = await db
    .select({ instanceUuid: journal.instanceUuid, event: journal.event, key: journal.key })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, workspaceId),
        eq(journal.streamId, chatSessionId),
        gt(journal.seq, after),
        inArray(journal.event, naming),
        sql`(${journal.data} ->> 'messageId' = ${messageId} or ${journal.data} -> 'messageIds' ? ${messageId})`,
      ),
    )
  const turn = rows.find(({ instanceUuid }) => instanceUuid !== chatSessionId)
  return rows.length === 0 ? undefined : { instanceUuid: turn?.instanceUuid ?? null, status: statusOf(rows) }
}

/** What is said to a person of a team has the handoff's key; what answers a question has that of the step that asked. */
function statusOf(rows: { event: string; key: string }[]): MessageTaken['status'] {
  const events = new Set(rows.map(({ event }) => event))
  if (events.has('messageQueued')) return 'queued'
  if (events.has('turnOpened')) return 'running'
  return rows.some(({ key }) => /:request:[0-9a-f-]{36}:said:/.test(key)) ? 'passedOn' : 'answered'
}
