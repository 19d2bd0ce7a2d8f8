import { z } from 'zod'
import { Experience, PageFields, UiFlow } from '../ui-flow.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { admin, admins, anyone, builders, Id, runtime, Scope, scopeParams, Time } from './scope.ts'

interface Tree<Trigger> extends Omit<z.output<typeof PageFields>, 'triggers'> {
  triggers: Trigger[]
  children: Tree<Trigger>[]
}

/** The tree of pages, with as much of their triggers as its reader needs. */
function treeOf<Trigger>(id: string, trigger: z.ZodType<Trigger, Trigger>) {
  const { triggers: _, ...fields } = PageFields.shape
  const page: z.ZodType<Tree<Trigger>, Tree<Trigger>> = z
    .object({ ...fields, triggers: z.array(trigger), children: z.array(z.lazy(() => page)) })
    .meta({ id }) as unknown as z.ZodType<Tree<Trigger>, Tree<Trigger>>
  return z.array(page)
}

const OfferedTrigger = z.object({
  id: z.string(),
  workflowId: Id,
  name: z.string(),
  parameters: z.array(
    z.object({ name: z.string(), default: z.string().optional(), description: z.string().optional() }),
  ),
})

const flowFields = {
  uiFlowId: Id,
  name: z.string(),
  experience: Experience,
  defaultWorkflowId: Id.nullable(),
}

/** A UI flow as the chat component reads it. */
export const OfferedUiFlow = z
  .object({ ...flowFields, pages: treeOf('OfferedPage', OfferedTrigger) })
  .meta({ id: 'OfferedUiFlow' })
export type OfferedUiFlow = z.infer<typeof OfferedUiFlow>

export const UiFlowCard = z
  .object({ ...flowFields, pageCount: z.int(), createdAt: Time, updatedAt: Time })
  .meta({ id: 'UiFlowCard' })
export type UiFlowCard = z.infer<typeof UiFlowCard>

export const StoredUiFlow = UiFlowCard.omit({ pageCount: true })
  .extend({
    /** Rises with every save. The ETag is made of it. */
    revision: z.int(),
    pages: treeOf('StoredPage', z.object({ id: z.string(), workflowId: Id.optional() })),
  })
  .meta({ id: 'UiFlow' })
export type StoredUiFlow = z.infer<typeof StoredUiFlow>

const etag = { ETag: 'Of the UI flow: send it as `If-Match` with the next save' }
const UiFlowParams = z.object({ ...scopeParams, uiFlowId: Id })
const path = `${admin}/ui-flows` as const
const one = `${path}/{uiFlowId}` as const
const described =
  'Ids of pages are unique in a UI flow. Workflows are chat-driven ones of the app. A trigger is named by its id, with `workflowId` where the chats of its page talk with several workflows. `conversationContext` holds `${expression}` over the `pageData` of a message.'

export const uiFlows = {
  list: route({
    name: 'listUiFlows',
    method: 'get',
    path,
    tag: 'UI flows',
    summary: 'UI flows of the app, by name',
    access: builders,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of UI flows', body: pageOf(UiFlowCard) },
  }),
  create: route({
    name: 'createUiFlow',
    method: 'post',
    path,
    tag: 'UI flows',
    summary: 'Makes a UI flow: pages with what they share with conversations, and who their chats talk with',
    description: described,
    access: admins,
    params: Scope,
    body: UiFlow,
    reply: { status: 201, description: 'Made', body: StoredUiFlow, headers: etag },
    idempotent: true,
  }),
  get: route({
    name: 'getUiFlow',
    method: 'get',
    path: one,
    tag: 'UI flows',
    summary: 'One UI flow as it was saved',
    access: builders,
    params: UiFlowParams,
    reply: { status: 200, description: 'The UI flow', body: StoredUiFlow, headers: etag },
  }),
  replace: route({
    name: 'replaceUiFlow',
    method: 'put',
    path: one,
    tag: 'UI flows',
    summary: 'Replaces a UI flow. Messages and steps that come from now on use it',
    description: `${described} With \`If-Match\` a UI flow that somebody saved in the meantime is not overwritten (412). \`*\`, or no header, overwrites.`,
    access: admins,
    params: UiFlowParams,
    body: UiFlow,
    reply: { status: 200, description: 'The UI flow', body: StoredUiFlow, headers: etag },
    problems: ['Stale'],
    idempotent: true,
  }),
  remove: route({
    name: 'deleteUiFlow',
    method: 'delete',
    path: one,
    tag: 'UI flows',
    summary: 'Deletes a UI flow. Steps that lead to its pages fail from now on',
    access: admins,
    params: UiFlowParams,
    reply: { status: 204, description: 'Deleted' },
  }),
  offer: route({
    name: 'readUiFlow',
    method: 'get',
    path: `${runtime}/ui-flows/{uiFlowId}`,
    tag: 'UI flows',
    summary: 'A UI flow for the chat component: its pages, their chats and triggers',
    description: 'Triggers are those that the newest published version of their workflow has.',
    access: anyone,
    params: UiFlowParams,
    reply: { status: 200, description: 'The UI flow', body: OfferedUiFlow },
  }),
}
