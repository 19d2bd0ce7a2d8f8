import type { z } from 'zod'
import type { ReplyOf, Route } from '../../shared/contract/api/route.ts'
import { type Query, readJson, type Send } from './send.ts'

export interface Place {
  workspaceId: string
  appId: string
}

/** Of a write: its own Idempotency-Key, so that it may be repeated later as the same, and a way to stop it. */
export interface WriteOptions {
  idempotencyKey?: string | undefined
  signal?: AbortSignal | undefined
  /** Milliseconds until the answer must begin. */
  timeout?: number | undefined
}

type Sent<S> = S extends z.ZodType ? z.input<S> : never
type Own<Params> = Omit<Params, keyof Place>

/** A request's parts, as the route's schemas want them. Workspace and app are filled in. */
export interface Given<R extends Route> {
  params?: Own<Sent<R['params']>>
  query?: Partial<Sent<R['query']>> | undefined
  body?: Sent<R['body']>
  headers?: Record<string, string>
}

/**
 * Calls one route of the contract. Method and path are written out, and the compiler holds them to the contract's own:
 * so nothing drifts, and a client does not load every schema only to know an address.
 */
export type CallRoute = <R extends Route>(
  method: R['method'],
  path: R['path'],
  given?: Given<R>,
  options?: WriteOptions,
) => Promise<ReplyOf<R>>

/** `place` is looked for at the first call that needs it, when it was not given. */
export function createCalls(send: Send, place: () => Promise<Place>) {
  const fill = async (path: string, params: Record<string, unknown> = {}): Promise<string> => {
    const values: Record<string, unknown> = path.includes('{workspaceId}')
      ? { ...(await place()), ...params }
      : params
    return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])))
  }
  const call: CallRoute = async (method, path, { params, query, body, headers } = {}, options = {}) => {
    const response = await send({
      method: method.toUpperCase() as Uppercase<typeof method>,
      path: await fill(path, params as Record<string, unknown> | undefined),
      query: query as Query | undefined,
      body,
      headers,
      ...options,
    })
    return readJson(response)
  }
  return { call, fill }
}

export type Calls = ReturnType<typeof createCalls>
