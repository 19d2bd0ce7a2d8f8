import { budgets, sharing } from '../budget.ts'
import { type InputProblem, Refusal } from '../errors.ts'
import { absent, type Scope } from '../expression.ts'
import type { Json, JsonObject } from '../json.ts'
import { expressionsIn, renderAll } from '../template.ts'
import type { UiFlowPage } from '../ui-flow.ts'

type Page = Pick<UiFlowPage, 'pageId' | 'conversationContext' | 'queryParameters'>

/**
 * What a page shares with the conversation, its `${…}` filled in from what the page knows: `pageData`, over the defaults
 * of its query parameters. What the page did not send may be named with `?`-access only.
 */
export function shareContext(
  page: Page,
  pageData: JsonObject,
): { ok: true; context: JsonObject } | { ok: false; problems: InputProblem[] } {
  const defaults = page.queryParameters.flatMap(({ name, default: value }) =>
    value === null ? [] : [[name, value] as const],
  )
  const known: JsonObject = { ...Object.fromEntries(defaults), ...pageData }
  const missing = missingRoots(page, known)
  const scope: Scope = { ...known }
  for (const root of missing.guarded) scope[root] = absent
  const problems = missing.needed
  const resolved: [string, Json][] = []
  if (problems.length === 0)
    sharing(budgets.rendering, () => {
      for (const [key, template] of Object.entries(page.conversationContext)) {
        try {
          resolved.push([key, renderAll(template, scope)])
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          const message = `the page "${page.pageId}" cannot fill in its conversationContext.${key}: ${error.message}`
          problems.push({ path: 'pageData', message })
        }
      }
    })
  return problems.length > 0 ? { ok: false, problems } : { ok: true, context: Object.fromEntries(resolved) }
}

/** What the page's expressions name and nobody sent: with a problem for each that they cannot do without. */
function missingRoots({ pageId, conversationContext }: Page, known: JsonObject) {
  const guarded = new Set<string>()
  const needed: InputProblem[] = []
  for (const { source, roots } of expressionsIn(conversationContext))
    for (const [root, { guarded: isGuarded }] of roots) {
      if (Object.hasOwn(known, root)) continue
      if (isGuarded) guarded.add(root)
      else
        needed.push({
          path: `pageData.${root}`,
          message: `the page "${pageId}" needs "${root}" in pageData for \${${source.slice(0, 80)}}`,
        })
    }
  return { guarded, needed }
}
