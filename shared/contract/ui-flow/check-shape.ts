import { boundsProblem } from '../definition-limits.ts'
import { expressionsIn } from '../template.ts'
import type { UiFlowPage } from '../ui-flow.ts'

export const uiFlowLimits = { pages: 500, depth: 20 } as const

/** Nobody reads more. */
const mostProblems = 100

interface ShapeProblem {
  path: (string | number)[]
  message: string
}

/**
 * What no schema of one page can see: names that stand twice, how many pages there are and how deep; and expressions,
 * which are compiled only once it is known that there are not too many.
 */
export function shapeProblems({ pages }: { pages: UiFlowPage[] }): ShapeProblem[] {
  const wild = boundsProblem(pages, 'a UI flow')
  if (wild) return [{ path: ['pages'], message: wild.message }]
  const problems: ShapeProblem[] = []
  const pageIds = new Set<string>()
  const visit = (list: UiFlowPage[], at: (string | number)[], depth: number): void => {
    if (list.length > 0 && depth > uiFlowLimits.depth) {
      problems.push({ path: at, message: `pages may be nested ${uiFlowLimits.depth} deep` })
      return
    }
    for (const [index, page] of list.entries()) {
      const place = [...at, index]
      if (pageIds.has(page.pageId))
        problems.push({
          path: [...place, 'pageId'],
          message: `the id "${page.pageId}" is used twice: ids of pages are unique in a UI flow`,
        })
      pageIds.add(page.pageId)
      problems.push(
        ...twice(page.queryParameters, 'name', [...place, 'queryParameters']),
        ...twice(page.chats, 'componentId', [...place, 'chats']),
        ...unreadable(page.conversationContext, [...place, 'conversationContext']),
      )
      visit(page.children, [...place, 'children'], depth + 1)
    }
  }
  visit(pages, ['pages'], 1)
  const count = countPages(pages)
  if (count > uiFlowLimits.pages)
    problems.push({
      path: ['pages'],
      message: `a UI flow may have ${uiFlowLimits.pages} pages, this one has ${count}`,
    })
  return problems.slice(0, mostProblems)
}

const countPages = (pages: UiFlowPage[]): number =>
  pages.reduce((sum, { children }) => sum + 1 + countPages(children), 0)

function unreadable(context: UiFlowPage['conversationContext'], at: (string | number)[]): ShapeProblem[] {
  return Object.entries(context).flatMap(([key, value]) => {
    try {
      expressionsIn(value)
      return []
    } catch (error) {
      return [{ path: [...at, key], message: error instanceof Error ? error.message : String(error) }]
    }
  })
}

/** Names that stand twice in a list of a page. */
function twice<Key extends string>(
  list: Record<Key, string>[],
  key: Key,
  at: (string | number)[],
): ShapeProblem[] {
  const seen = new Set<string>()
  return list.flatMap((one, index) => {
    const name = one[key]
    const isAgain = seen.has(name)
    seen.add(name)
    return isAgain
      ? [{ path: [...at, index, key], message: `"${name}" stands twice on this page: take another name` }]
      : []
  })
}
