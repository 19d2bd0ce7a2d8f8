import { and, asc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Handoff } from '../../shared/contract/api/handoffs.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import type { Person } from '../../shared/contract/person.ts'
import type { Database } from './database.ts'
import { readCursor, TimeKey, toPage } from './page.ts'
import { instances, requests } from './schema.ts'
import { textArray } from './visible-to.ts'

const ofApp = ({ workspaceId, appId }: Caller): SQL | undefined =>
  and(eq(requests.workspaceId, workspaceId), eq(requests.appId, appId), eq(requests.kind, 'handoff'))

const columns = {
  request: requests.request,
  requestId: requests.requestId,
  team: requests.approverTeam,
  openedAt: requests.openedAt,
  closedAt: requests.closedAt,
  outcome: requests.outcome,
  closedBy: requests.closedBy,
  chatSessionId: instances.chatSessionId,
  workflowId: instances.workflowId,
  workflowName: instances.workflowName,
  startedBy: instances.startedBy,
}

/** A handoff with how it ended, if it has. */
export type HandoffRow = Handoff & { closedAt: Date | null; outcome: string | null; closedBy: Person | null }

type Row = Omit<HandoffRow, keyof Handoff> & {
  request: typeof requests.$inferSelect.request
  team: string | null
  chatSessionId: string | null
  workflowId: string
  workflowName: string
  startedBy: Person | null
}

const asHandoff = ({ request, team, chatSessionId, workflowId, workflowName, startedBy }: Row): Handoff => ({
  ...request,
  team: team as string,
  takenBy: request.takenBy ?? null,
  chatSessionId: chatSessionId as string,
  workflowId,
  workflowName,
  startedBy,
})

/** Open handoffs to teams of the caller, for admins all; the oldest first. */
export async function listHandoffs(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<Handoff>> {
  const after = readCursor(cursor, TimeKey)
  const rows = await db
    .select(columns)
    .from(requests)
    .innerJoin(instances, eq(instances.instanceUuid, requests.instanceUuid))
    .where(
      and(
        ofApp(caller),
        isNull(requests.closedAt),
        isAdmin(caller) ? undefined : sql`${requests.approverTeam} = any(${textArray(caller.teams ?? [])})`,
        after &&
          sql`(${requests.openedAt}, ${requests.requestId}) > (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(requests.openedAt), asc(requests.requestId))
    .limit(limit + 1)
  return toPage(rows, limit, {
    item: asHandoff,
    key: ({ openedAt, requestId }) => [openedAt.toISOString(), requestId],
  })
}

/** A handoff of the app, open or closed, whoever it is for. */
export async function findHandoff(
  db: Database,
  caller: Caller,
  requestId: string,
): Promise<HandoffRow | undefined> {
  const [row] = await db
    .select(columns)
    .from(requests)
    .innerJoin(instances, eq(instances.instanceUuid, requests.instanceUuid))
    .where(and(ofApp(caller), eq(requests.requestId, requestId)))
  return row && { ...asHandoff(row), closedAt: row.closedAt, outcome: row.outcome, closedBy: row.closedBy }
}
