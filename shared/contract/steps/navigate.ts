import { z } from 'zod'
import type { AppWorld } from '../app-world.ts'
import { JsonValue } from '../json.ts'
import { type Problem, type StepKind, step } from '../step.ts'
import { expressionsIn, Template, Wording } from '../template.ts'
import { parameterProblems } from '../ui-flow/navigation.ts'
import { isUuid } from '../uuid.ts'

const isTemplate = (text: string) => text.includes('${')

/** Values with templates in them. */
const Parameters = z.record(z.string().min(1).max(100), JsonValue).superRefine((value, context) => {
  try {
    expressionsIn(value)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
  }
})

export const Navigate = step('navigate', {
  uiFlowId: Template.refine((id) => isTemplate(id) || isUuid(id), 'must be the UUID of a UI flow'),
  pageId: Wording,
  /** The page's query parameters by name. */
  parameters: Parameters.optional(),
})
export type Navigate = z.infer<typeof Navigate>

export const navigate = {
  schema: Navigate,
  title: 'Navigate in UI flow',
  weight: 1,
  gives: false,
  check: (step, { definition, world }) => [
    ...(definition.type === 'chat_driven' ? [] : [outsideOfConversation(step)]),
    ...destinationProblems(step, world),
  ],
} satisfies StepKind<Navigate>

const outsideOfConversation = ({ id }: Navigate): Problem => ({
  stepId: id,
  path: 'type',
  message: 'an output-focused workflow has nobody to lead to a page: "navigate" is for chat-driven ones',
})

/** What the app does not have, or the page takes otherwise, as far as it stands fast before a run. */
function destinationProblems({ id, uiFlowId, pageId, parameters }: Navigate, world: AppWorld): Problem[] {
  if (!world.uiFlows || isTemplate(uiFlowId)) return []
  const say = (path: string, message: string) => [{ stepId: id, path, message }]
  const flow = world.uiFlows[uiFlowId.toLowerCase()]
  if (!flow) return say('uiFlowId', `this app has no UI flow ${uiFlowId}: make it first, or choose another`)
  if (isTemplate(pageId)) return []
  const page = flow.pages.find((one) => one.pageId === pageId)
  if (!page) {
    const pages = flow.pages.slice(0, 10).map((one) => one.pageId)
    return say(
      'pageId',
      `the UI flow “${flow.name}” has no page "${pageId}"; there are ${pages.join(', ') || 'none'}`,
    )
  }
  return parameterProblems(page, parameters ?? {}).map((problem) => ({ stepId: id, ...problem }))
}
