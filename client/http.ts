import { adminCalls } from './http/admin.ts'
import { chatCalls } from './http/chat.ts'
import { knowledgeCalls } from './http/knowledge.ts'
import { mcpServerCalls } from './http/mcp-servers.ts'
import { HttpProblem } from './http/problem.ts'
import { createCalls, type Place } from './http/routes.ts'
import { runtimeCalls } from './http/runtime.ts'
import { createSend, type Origin } from './http/send.ts'
import type { Me } from './http/shapes.ts'

export type { Upload } from './http/multipart.ts'
export { HttpProblem } from './http/problem.ts'
export { isOver } from './http/runtime.ts'
export type * from './http/shapes.ts'

export interface HttpOptions extends Origin {
  /** Found through `me()` when left out: the first workspace, and its first app. */
  workspaceId?: string | undefined
  appId?: string | undefined
}

export type ParleyHttp = ReturnType<typeof connectHttp>

/**
 * Parley over HTTP, for services in other processes and for the terminal: the routes of the contract as typed calls.
 * Everything but a 2xx throws an `HttpProblem`. Writes carry an Idempotency-Key, so a lost answer is asked for again and
 * nothing is done twice.
 */
export function connectHttp({ workspaceId, appId, ...origin }: HttpOptions) {
  const baseUrl = origin.baseUrl.replace(/\/+$/, '')
  const send = createSend({ ...origin, baseUrl })
  const calls = createCalls(send, place)
  const runtime = runtimeCalls(calls, send)

  let found: Promise<Place> | undefined
  function place(): Promise<Place> {
    if (workspaceId && appId) return Promise.resolve({ workspaceId, appId })
    found ??= runtime.me().then((me) => firstPlace(me, workspaceId, appId))
    // A failure is not remembered: the next call looks again.
    found.catch(() => {
      found = undefined
    })
    return found
  }

  return {
    baseUrl,
    place,
    ...runtime,
    ...chatCalls(calls, send),
    ...adminCalls(calls),
    ...knowledgeCalls(calls),
    ...mcpServerCalls(calls),
  }
}

function firstPlace(
  { userId, name, workspaces }: Me,
  workspaceId: string | undefined,
  appId: string | undefined,
): Place {
  const workspace = workspaceId ? workspaces.find((one) => one.workspaceId === workspaceId) : workspaces[0]
  const app = appId ? workspace?.apps.find((one) => one.appId === appId) : workspace?.apps[0]
  if (workspace && app) return { workspaceId: workspace.workspaceId, appId: app.appId }
  const what = workspaceId || appId ? 'the workspace and app that were given' : 'any workspace with an app'
  throw new HttpProblem({
    status: 404,
    code: 'NotFound',
    detail: `${name ?? userId} is not a member of ${what}.`,
  })
}
