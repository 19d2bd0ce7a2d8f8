import { and, asc, eq, sql } from 'drizzle-orm'
import type { AskedRequest } from '../../shared/contract/api/instances.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Database } from './database.ts'
import type { InstanceRow } from './find-instance.ts'
import { behind, inRun, placed } from './find-requests.ts'
import { PlaceKey, readCursor, toPage } from './page.ts'
import { journal, requests, steps } from './schema.ts'

/** What a run and its subworkflows have asked of people, oldest first. `mayAct`: whether who asks may rewind the run. */
export async function listRequests(
  db: Database,
  { workspaceId, instanceUuid }: InstanceRow,
  { mayAct, ...ask }: PageQuery & { mayAct: boolean },
): Promise<Page<AskedRequest>> {
  const after = readCursor(ask.cursor, PlaceKey)
  // An answer is its step's result. A step that failed after it was answered may have another one later.
  const value = sql`coalesce((
    select ${journal.data} -> 'output' from ${journal}
    where ${journal.workspaceId} = ${requests.workspaceId} and ${journal.instanceUuid} = ${requests.instanceUuid}
      and ${journal.event} = 'stepFinished' and ${journal.data} ->> 'path' = ${requests.request} ->> 'path'
    order by ${journal.seq} desc limit 1
  ), (
    select ${steps.output} from ${steps}
    where ${steps.workspaceId} = ${requests.workspaceId} and ${steps.instanceUuid} = ${requests.instanceUuid}
      and ${steps.path} = ${requests.request} ->> 'path'
  ))`
  const rows = await db
    .select({
      request: requests.request,
      placed,
      instanceUuid: requests.instanceUuid,
      kind: requests.kind,
      openedAt: requests.openedAt,
      closedAt: requests.closedAt,
      outcome: requests.outcome,
      by: requests.closedBy,
      value: sql`case when ${requests.outcome} = 'answered' then ${value} end`,
    })
    .from(requests)
    .where(and(inRun(workspaceId, instanceUuid), eq(requests.workspaceId, workspaceId), behind(after)))
    .orderBy(asc(requests.openedAt), asc(placed))
    .limit(ask.limit + 1)
  return toPage(rows, ask.limit, {
    item: ({ request: { note: _, ...request }, closedAt, outcome, by, kind, value: given, ...row }) => ({
      ...request,
      closedAt: closedAt?.toISOString() ?? null,
      outcome,
      by,
      value: given ?? null,
      canRewind: mayAct && kind === 'answer' && outcome === 'answered' && row.instanceUuid === instanceUuid,
    }),
    key: (row) => [row.openedAt.toISOString(), row.placed],
  })
}
