import type { MessageBody } from '../../shared/contract/api/chat.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { StoredUiFlow } from '../../shared/contract/api/ui-flows.ts'
import { type InputProblem, Refusal } from '../../shared/contract/errors.ts'
import type { JsonObject } from '../../shared/contract/json.ts'
import { shareContext } from '../../shared/contract/ui-flow/share-context.ts'
import { findPage, type UiFlowPage, walkPages, workflowsOf } from '../../shared/contract/ui-flow.ts'
import type { Database } from '../../storage/sql/database.ts'
import { findUiFlow } from '../../storage/sql/ui-flows.ts'

/** The place in a UI flow from which something is said. */
export interface Spot {
  /** Whom its chat talks with; undefined where the UI flow leaves that to the message. */
  workflowId: string | undefined
  page: UiFlowPage | undefined
}

type Said = Pick<
  MessageBody,
  'workflowId' | 'uiFlowId' | 'pageId' | 'componentId' | 'pageData' | 'uiFlowContext' | 'trigger'
>

/** Larger ones would not be read by anybody, and travel with every turn. */
const largestContext = 1_000_000

const refused = (path: string, message: string, problems: InputProblem[] = [{ path, message }]) =>
  new Refusal('Invalid', `${path}: ${message}`, { problems })

/**
 * Where a message comes from, when it comes from a UI flow.
 * @throws Refusal `NotFound` without such a UI flow, `Invalid` for a page, component or workflow that does not fit it
 */
export async function pageOf(db: Database, caller: Caller, said: Said): Promise<Spot | undefined> {
  if (said.uiFlowId === undefined) {
    for (const path of ['pageId', 'componentId', 'pageData'] as const)
      if (said[path] !== undefined) throw refused(path, 'it belongs to a UI flow: name that by uiFlowId')
    return undefined
  }
  const flow = await findUiFlow(db, caller, said.uiFlowId)
  if (!flow) throw new Refusal('NotFound', 'there is no such UI flow')
  const page = pageIn(flow, said)
  if (!page && said.pageData !== undefined) throw refused('pageId', 'name the page that the pageData is of')
  const workflowId = workflowOf(flow, page, said)
  if (workflowId && said.workflowId !== undefined)
    throw refused('workflowId', 'the UI flow names the workflow here: leave it out')
  return { workflowId, page }
}

function pageIn({ name, pages }: StoredUiFlow, { pageId, componentId }: Said): UiFlowPage | undefined {
  const has = ({ chats }: UiFlowPage) => chats.some((chat) => chat.componentId === componentId)
  if (pageId !== undefined) {
    const page = findPage(pages, pageId)
    if (!page) throw refused('pageId', `the UI flow “${name}” has no page "${pageId}"`)
    if (componentId !== undefined && !has(page))
      throw refused('componentId', `the page "${pageId}" has no chat component "${componentId}"`)
    return page
  }
  if (componentId === undefined) return undefined
  const [page, ...others] = [...walkPages(pages)].map((one) => one.page).filter(has)
  if (!page) throw refused('componentId', `the UI flow “${name}” has no chat component "${componentId}"`)
  if (others.length > 0)
    throw refused('pageId', `several pages have a chat component "${componentId}": name the page`)
  return page
}

function workflowOf(
  flow: StoredUiFlow,
  page: UiFlowPage | undefined,
  { componentId }: Said,
): string | undefined {
  if (componentId !== undefined) {
    const chat = page?.chats.find((one) => one.componentId === componentId)
    return chat?.workflowId ?? flow.defaultWorkflowId ?? undefined
  }
  const [workflowId, ...others] = workflowsOf(flow, page)
  if (others.length > 0)
    throw refused('componentId', 'the chats of this page talk with several workflows: name the component')
  return workflowId
}

/** @throws Refusal `Invalid` for a trigger that the page does not offer */
export function checkOffered({ page }: Spot, workflowId: string, { trigger }: Said): void {
  if (!page || !trigger) return
  if (page.triggers.some((one) => one.id === trigger.id && one.workflowId === workflowId)) return
  throw refused(
    'trigger.id',
    `the page "${page.pageId}" offers no trigger "${trigger.id}" of this workflow: add it to the page`,
  )
}

/**
 * What the workflow gets as `uiFlowContext`: what the page shares, and over it what the message says itself.
 * @throws Refusal `Invalid` naming each expression that `pageData` does not fill in
 */
export function contextOf({ page }: Spot, { pageData, uiFlowContext }: Said): JsonObject | undefined {
  if (!page) return uiFlowContext
  const shared = shareContext(page, pageData ?? {})
  if (!shared.ok) {
    const [first] = shared.problems as [InputProblem]
    throw refused(first.path, first.message, shared.problems)
  }
  const context = { ...shared.context, ...uiFlowContext }
  const bytes = Buffer.byteLength(JSON.stringify(context))
  if (bytes > largestContext)
    throw new Refusal(
      'TooLarge',
      `a page may share ${largestContext} bytes with the conversation, and "${page.pageId}" would share ${bytes}`,
    )
  return context
}
