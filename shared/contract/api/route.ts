import type { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Role } from '../person.ts'

/** `public`: no identity asked; `identified`: any valid identity; roles: one of them, in the workspace of the path. */
export type Access = 'public' | 'identified' | readonly Role[]

/** What a successful call gives. Without a schema the body is empty, or of another type than JSON. */
export interface Reply {
  status: number
  description: string
  body?: z.ZodType
  /** Of a body that is not JSON. */
  mediaType?: string
  /** Names of headers that carry something a client needs. */
  headers?: Record<string, string>
}

/** A route as data: the binding, the OpenAPI document and clients are made from it. */
export interface Route {
  /** Unique; the operation's id in OpenAPI. */
  name: string
  method: 'get' | 'post' | 'put' | 'delete'
  /** With `{name}` for each parameter. */
  path: string
  tag: string
  summary: string
  description?: string
  access: Access
  params?: z.ZodObject
  query?: z.ZodObject
  /** JSON body. */
  body?: z.ZodType
  /** A body of another type, which the handler reads itself. */
  upload?: string
  reply: Reply
  /** Other good replies, by status, for the document. */
  also?: Record<number, string>
  /** Codes that a caller may get beside the ones every route has. */
  problems?: readonly ErrorCode[]
  /** Takes an `Idempotency-Key`. */
  idempotent?: true
}

/** Keeps the exact types of a route's schemas, so that its handler and its callers are typed by them. */
export const route = <const R extends Route>(one: R): R => one

type Parsed<S> = S extends z.ZodType ? z.output<S> : Record<string, never>
export type ParamsOf<R extends Route> = Parsed<R['params']>
export type QueryOf<R extends Route> = Parsed<R['query']>
export type BodyOf<R extends Route> = R['body'] extends z.ZodType ? z.output<R['body']> : undefined
export type ReplyOf<R extends Route> = R['reply']['body'] extends z.ZodType
  ? z.input<R['reply']['body']>
  : undefined
