import type { Json } from '../shared/contract/json.ts'
import type { Navigate } from '../shared/contract/steps/navigate.ts'
import { stringify } from '../shared/contract/template.ts'
import { fillParameters } from '../shared/contract/ui-flow/navigation.ts'
import { findPage } from '../shared/contract/ui-flow.ts'
import { isUuid } from '../shared/contract/uuid.ts'
import { fail } from '../shared/temporal/failure.ts'
import { findUiFlow } from '../storage/sql/ui-flows.ts'
import type { Deps } from './deps.ts'
import { renderValue } from './render-call.ts'
import { type StepJob, stepActivity } from './step-activity.ts'

/** Runs a `navigate` step: reads the page as it is now, and tells the chat to open it. */
export const resolveNavigation = (deps: Deps) =>
  stepActivity<Navigate, null>(deps, async (job) => {
    const { step, path } = job.call
    const { flow, page } = await destinationOf(deps, job)
    const given = renderValue<Record<string, Json>>(job.call, step.parameters ?? {})
    const { parameters, missing, unknown } = fillParameters(page, given)
    if (missing.length > 0)
      throw fail(
        'NavigationRefused',
        `The page “${page.title}” requires ${missing.map((name) => `"${name}"`).join(' and ')}, which came out empty: see what the step gives for it.`,
      )
    const target = { uiFlowId: flow.uiFlowId, pageId: page.pageId, title: page.title, parameters }
    return {
      value: null,
      entries: [{ event: 'navigate', key: `${path}:navigate`, ...target }],
      input: target,
      logs: [
        `To the page “${page.title}” of “${flow.name}”.`,
        ...unknown.map((name) => `The page has no parameter "${name}" any more: left out.`),
      ],
    }
  })

/** @throws NavigationRefused when the app has no such page any more */
async function destinationOf({ db }: Deps, { call }: StepJob<Navigate>) {
  const { workspaceId, appId } = call.run
  const uiFlowId = stringify(renderValue(call, call.step.uiFlowId))
  const pageId = stringify(renderValue(call, call.step.pageId))
  const flow = isUuid(uiFlowId) ? await findUiFlow(db, { workspaceId, appId }, uiFlowId) : undefined
  if (!flow)
    throw fail(
      'NavigationRefused',
      `This app has no UI flow ${uiFlowId.slice(0, 80) || '(the id came out empty)'}: choose another destination.`,
    )
  const page = findPage(flow.pages, pageId)
  if (page) return { flow, page }
  throw fail(
    'NavigationRefused',
    `The UI flow “${flow.name}” has no page "${pageId.slice(0, 100)}": choose another destination.`,
  )
}
