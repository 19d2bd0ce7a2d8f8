import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { OpenApproval } from '../../shared/contract/api/inbox.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import type { Database } from './database.ts'
import { behind, placed } from './find-requests.ts'
import { PlaceKey, readCursor, toPage } from './page.ts'
import { instances, requests } from './schema.ts'
import { namesAsApprover } from './visible-to.ts'

/** A list shows the beginning of what is to be approved; the page of the run has it whole. */
const shownText = 4_000

const text = sql`${requests.request} #>> '{artifact,text}'`
const shown = sql<OpenRequest>`case when length(${text}) > ${sql.raw(`${shownText}`)}
  then jsonb_set(jsonb_set(${requests.request}, '{artifact,text}', to_jsonb(left(${text}, ${sql.raw(`${shownText}`)}))),
    '{artifact,truncated}', 'true')
  else ${requests.request} end`

/** Open approvals and budget questions that the caller may decide, the oldest first. One that names nobody is for who started the run. */
export async function listApprovals(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<OpenApproval>> {
  const after = readCursor(cursor, PlaceKey)
  const namesNobody = sql`${requests.approverUsers} is null and ${requests.approverRole} is null and ${requests.approverTeam} is null`
  const starter = isAdmin(caller)
    ? sql`(${instances.startedById} = ${caller.userId} or ${instances.startedById} is null)`
    : sql`${instances.startedById} = ${caller.userId}`
  const rows = await db
    .select({
      request: shown,
      placed,
      openedAt: requests.openedAt,
      workflowId: instances.workflowId,
      workflowName: instances.workflowName,
      startedBy: instances.startedBy,
    })
    .from(requests)
    .innerJoin(instances, eq(instances.instanceUuid, requests.instanceUuid))
    .where(
      and(
        eq(requests.workspaceId, caller.workspaceId),
        eq(requests.appId, caller.appId),
        inArray(requests.kind, ['approval', 'budget']),
        isNull(requests.closedAt),
        sql`(${namesAsApprover(caller)} or (${namesNobody} and ${starter}))`,
        behind(after),
      ),
    )
    .orderBy(asc(requests.openedAt), asc(placed))
    .limit(limit + 1)
  return toPage(rows, limit, {
    key: (row) => [row.openedAt.toISOString(), row.placed],
    item: ({ request, workflowId, workflowName, startedBy }) => ({
      ...request,
      workflowId,
      workflowName,
      startedBy,
    }),
  })
}
