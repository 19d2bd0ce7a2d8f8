import { and, eq, inArray, isNull } from 'drizzle-orm'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { OfferedUiFlow } from '../../shared/contract/api/ui-flows.ts'
import { type UiFlowPage, walkPages } from '../../shared/contract/ui-flow.ts'
import type { Database } from './database.ts'
import { versions, workflows } from './schema.ts'
import { triggersOf } from './triggers-of.ts'
import { findUiFlow } from './ui-flows.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>
type OfferedPage = OfferedUiFlow['pages'][number]
type OfferedTrigger = OfferedPage['triggers'][number]

/** A UI flow for who uses it: its triggers with their names and parameters, as far as they are published. */
export async function offerUiFlow(
  db: Database,
  place: Place,
  uiFlowId: string,
): Promise<OfferedUiFlow | undefined> {
  const found = await findUiFlow(db, place, uiFlowId)
  if (!found) return undefined
  const owners = [...walkPages(found.pages)].flatMap(({ page }) =>
    page.triggers.flatMap(({ workflowId }) => (workflowId ? [workflowId] : [])),
  )
  const offered = await publishedTriggers(db, place, [...new Set(owners)])
  const withTriggers = (page: UiFlowPage): OfferedPage => ({
    ...page,
    triggers: page.triggers.flatMap(({ id, workflowId = '' }) => offered.get(`${workflowId}:${id}`) ?? []),
    children: page.children.map(withTriggers),
  })
  const { name, experience, defaultWorkflowId, pages } = found
  return { uiFlowId, name, experience, defaultWorkflowId, pages: pages.map(withTriggers) }
}

async function publishedTriggers(
  db: Database,
  { workspaceId, appId }: Place,
  workflowIds: string[],
): Promise<Map<string, OfferedTrigger>> {
  if (workflowIds.length === 0) return new Map()
  const rows = await db
    .select({ workflowId: workflows.workflowId, triggers: triggersOf(versions.definition) })
    .from(workflows)
    .innerJoin(
      versions,
      and(eq(versions.workflowId, workflows.workflowId), eq(versions.version, workflows.publishedVersion)),
    )
    .where(
      and(
        eq(workflows.workspaceId, workspaceId),
        eq(workflows.appId, appId),
        isNull(workflows.deletedAt),
        inArray(workflows.workflowId, workflowIds),
      ),
    )
  return new Map(
    rows.flatMap(({ workflowId, triggers }) =>
      (triggers ?? []).map(({ id, name, parameters = [] }) => [
        `${workflowId}:${id}`,
        { id, workflowId, name, parameters },
      ]),
    ),
  )
}
