import type { InputProblem } from '../errors.ts'
import { type UiFlow, type UiFlowPage, walkPages, workflowsOf } from '../ui-flow.ts'

/** A workflow of the app, as UI flows see it: its triggers are those of its draft and of its newest version. */
export interface LinkedWorkflow {
  name: string
  type: string
  triggerIds: string[]
}

type Workflows = ReadonlyMap<string, LinkedWorkflow>

/** Every workflow that a UI flow names. */
export const linkedIds = ({ defaultWorkflowId, pages }: UiFlow): string[] => {
  const ids = new Set<string>()
  if (defaultWorkflowId) ids.add(defaultWorkflowId)
  for (const { page } of walkPages(pages))
    for (const { workflowId } of [...page.chats, ...page.triggers]) if (workflowId) ids.add(workflowId)
  return [...ids].sort()
}

/**
 * Holds a UI flow against the workflows of its app: only chat-driven ones can be talked with, and triggers are theirs.
 * Gives the flow with the workflow of each trigger written out.
 */
export function checkLinks(
  flow: UiFlow,
  workflows: Workflows,
): { ok: true; flow: UiFlow } | { ok: false; problems: InputProblem[] } {
  const problems: InputProblem[] = []
  const check = (at: (string | number)[], workflowId: string | null | undefined) => {
    const message = workflowId ? linkProblem(workflowId, workflows) : undefined
    if (message) problems.push({ path: written(at), message })
  }
  check(['defaultWorkflowId'], flow.defaultWorkflowId)
  const linked = (page: UiFlowPage, at: (string | number)[]): UiFlowPage => {
    for (const [index, { workflowId }] of page.chats.entries())
      check([...at, 'chats', index, 'workflowId'], workflowId)
    const triggers = page.triggers.map((trigger, index) => {
      const owner = ownerOf(trigger, workflowsOf(flow, page), workflows)
      if ('message' in owner)
        problems.push({ path: written([...at, 'triggers', index]), message: owner.message })
      return { ...trigger, ...owner.link }
    })
    const children = page.children.map((child, index) => linked(child, [...at, 'children', index]))
    return { ...page, triggers, children }
  }
  const pages = flow.pages.map((page, index) => linked(page, ['pages', index]))
  return problems.length > 0 ? { ok: false, problems } : { ok: true, flow: { ...flow, pages } }
}

function linkProblem(workflowId: string, workflows: Workflows): string | undefined {
  const found = workflows.get(workflowId)
  if (!found) return `this app has no workflow ${workflowId}`
  return found.type === 'chat_driven'
    ? undefined
    : `“${found.name}” is output-focused: a chat talks with chat-driven workflows only`
}

type Owner = { link: { workflowId: string } } | { link: object; message: string }

/** The workflow that a trigger belongs to: the one it names, or the one among those of its page. */
function ownerOf(
  { id, workflowId }: UiFlowPage['triggers'][number],
  around: string[],
  workflows: Workflows,
): Owner {
  const has = (one: string) => workflows.get(one)?.triggerIds.includes(id)
  const candidates = workflowId ? [workflowId] : around
  const owners = candidates.filter(has)
  const [owner] = owners
  if (owner && owners.length === 1) return { link: { workflowId: owner } }
  const refuse = (message: string) => ({ link: {}, message })
  if (owners.length > 1)
    return refuse(`several workflows of this page have a trigger "${id}": name its workflowId`)
  const [only] = candidates
  if (!only) return refuse(`no chat of this page has a workflow: name the workflowId of the trigger "${id}"`)
  if (candidates.length > 1) return refuse(`no workflow of this page has a trigger "${id}"`)
  const problem = linkProblem(only, workflows)
  if (problem) return refuse(problem)
  const { name = '', triggerIds = [] } = workflows.get(only) ?? {}
  return refuse(`“${name}” has no trigger "${id}"; there are ${triggerIds.join(', ') || 'none'}`)
}

/** A way into JSON as problems name it: `pages[0].chats[1].workflowId`. */
const written = (at: (string | number)[]): string =>
  at.reduce<string>((path, key) => path + (typeof key === 'number' ? `[${key}]` : path ? `.${key}` : key), '')
