import { and, asc, eq, sql } from 'drizzle-orm'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { UiFlow, UiFlowPage } from '../../shared/contract/ui-flow.ts'
import type { Transaction } from './database.ts'
import { uiFlows } from './schema.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>

/** Takes triggers that a workflow no longer has from the pages that offered them. */
export const unlinkTriggers = (
  tx: Transaction,
  place: Place,
  workflowId: string,
  kept: ReadonlySet<string>,
): Promise<void> =>
  changeLinked(tx, place, workflowId, (flow) =>
    withPages(flow, (page) => ({
      ...page,
      triggers: page.triggers.filter((one) => one.workflowId !== workflowId || kept.has(one.id)),
    })),
  )

/** Takes a workflow, with its triggers, from the UI flows whose chats talked with it. */
export const unlinkWorkflow = (tx: Transaction, place: Place, workflowId: string): Promise<void> =>
  changeLinked(tx, place, workflowId, (flow) => ({
    ...withPages(flow, (page) => ({
      ...page,
      triggers: page.triggers.filter((one) => one.workflowId !== workflowId),
      chats: page.chats.map((chat) =>
        chat.workflowId === workflowId ? { componentId: chat.componentId } : chat,
      ),
    })),
    defaultWorkflowId: flow.defaultWorkflowId === workflowId ? null : flow.defaultWorkflowId,
  }))

const withPages = (flow: UiFlow, change: (page: UiFlowPage) => UiFlowPage): UiFlow => {
  const changed = (page: UiFlowPage): UiFlowPage => ({
    ...change(page),
    children: page.children.map(changed),
  })
  return { ...flow, pages: flow.pages.map(changed) }
}

/** Changes the UI flows that name a workflow, in an order that two of these keep to. */
async function changeLinked(
  tx: Transaction,
  { workspaceId, appId }: Place,
  workflowId: string,
  change: (flow: UiFlow) => UiFlow,
): Promise<void> {
  const rows = await tx
    .select({ uiFlowId: uiFlows.uiFlowId, flow: uiFlows.flow })
    .from(uiFlows)
    .where(
      and(
        eq(uiFlows.workspaceId, workspaceId),
        eq(uiFlows.appId, appId),
        sql`jsonb_path_exists(${uiFlows.flow}, '$.** ? (@ == $id)', jsonb_build_object('id', ${workflowId}::text))`,
      ),
    )
    .orderBy(asc(uiFlows.uiFlowId))
    .for('update')
  for (const { uiFlowId, flow } of rows) {
    const changed = change(flow)
    if (JSON.stringify(changed) !== JSON.stringify(flow))
      await tx
        .update(uiFlows)
        .set({ flow: changed, revision: sql`${uiFlows.revision} + 1`, updatedAt: sql`now()` })
        .where(and(eq(uiFlows.workspaceId, workspaceId), eq(uiFlows.uiFlowId, uiFlowId)))
  }
}
