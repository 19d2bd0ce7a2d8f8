import { z } from 'zod'
import { type JsonObject, JsonValue } from './json.ts'
import { shapeProblems } from './ui-flow/check-shape.ts'

const Uuid = z.guid().toLowerCase()

/** Pages and chat components are named by whoever builds the screens. */
export const PageId = z.string().regex(/^\S{1,100}$/, 'an id has 1 to 100 characters and no spaces')

/** What a page takes in its address. */
const QueryParameter = z.strictObject({
  name: z
    .string()
    .regex(/^[^\s=&?#]{1,100}$/, 'a name has 1 to 100 characters, no spaces and none of = & ? #'),
  required: z.boolean().default(false),
  /** Taken when nothing is given. */
  default: z.union([z.string().max(2_000), z.number(), z.boolean(), z.null()]).default(null),
})
export type QueryParameter = z.infer<typeof QueryParameter>

/** What a page shares with the conversation: values with `${…}` over what the page knows when a message is sent. */
const ConversationContext = z.record(z.string().min(1).max(200), JsonValue) as z.ZodType<JsonObject>

const TriggerId = z.string().min(1).max(64)

/** A trigger by its id, and its workflow where the page's chats talk with several. What else a reader was told is left out. */
const PageTrigger = z.union([
  TriggerId.transform((id): { id: string; workflowId?: string | undefined } => ({ id })),
  z.object({ id: TriggerId, workflowId: Uuid.optional() }),
])

/** A chat component, with its own workflow where it does not take the flow's. */
const PageChat = z.strictObject({ componentId: PageId, workflowId: Uuid.optional() })

/** A page without the pages below it. */
export const PageFields = z.strictObject({
  pageId: PageId,
  title: z.string().trim().min(1, 'a page needs a title').max(200),
  queryParameters: z.array(QueryParameter).max(100).default([]),
  conversationContext: ConversationContext.default({}),
  triggers: z.array(PageTrigger).max(100).default([]),
  chats: z.array(PageChat).max(100).default([]),
})
type GivenPage = z.input<typeof PageFields> & { children?: GivenPage[] | undefined }

export interface UiFlowPage extends z.output<typeof PageFields> {
  children: UiFlowPage[]
}
const UiFlowPage: z.ZodType<UiFlowPage, GivenPage> = PageFields.extend({
  children: z.array(z.lazy((): z.ZodType<UiFlowPage, GivenPage> => UiFlowPage)).default([]),
}).meta({ id: 'UiFlowPage' })

/** Whether all its chats talk with one workflow by default, or each with its own. */
export const Experience = z.enum(['chat_based', 'standard'])

/** The screens of an application, as far as conversations know of them. */
export const UiFlow = z
  .strictObject({
    name: z.string().trim().min(1, 'a UI flow needs a name').max(120),
    experience: Experience.default('chat_based'),
    defaultWorkflowId: Uuid.nullable().default(null),
    pages: z.array(UiFlowPage).default([]),
  })
  .superRefine((flow, context) => {
    for (const { path, message } of shapeProblems(flow))
      context.addIssue({ code: 'custom', path: [...path], message })
  })
export type UiFlow = z.infer<typeof UiFlow>

/** All pages of a tree, each before its children, with the way to it. */
export function* walkPages(
  pages: UiFlowPage[],
  at: (string | number)[] = ['pages'],
): Generator<{ page: UiFlowPage; at: (string | number)[] }> {
  for (const [index, page] of pages.entries()) {
    const place = [...at, index]
    yield { page, at: place }
    yield* walkPages(page.children, [...place, 'children'])
  }
}

export const findPage = (pages: UiFlowPage[], pageId: string): UiFlowPage | undefined => {
  for (const { page } of walkPages(pages)) if (page.pageId === pageId) return page
  return undefined
}

/** The workflows that the chats of a page talk with; without chats, or without a page, the flow's own. */
export function workflowsOf(
  { defaultWorkflowId }: Pick<UiFlow, 'defaultWorkflowId'>,
  page?: Pick<UiFlowPage, 'chats'>,
): string[] {
  const named = page?.chats.length
    ? page.chats.map(({ workflowId }) => workflowId ?? defaultWorkflowId)
    : [defaultWorkflowId]
  return [...new Set(named)].filter((workflowId) => workflowId !== null)
}
