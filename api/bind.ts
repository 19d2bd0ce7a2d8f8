import express, { type IRouter, type Request, type RequestHandler, type Response } from 'express'
import type { BodyOf, ParamsOf, QueryOf, ReplyOf, Route } from '../shared/contract/api/route.ts'
import type { Caller } from '../shared/contract/api/scope.ts'
import { errors, Refusal } from '../shared/contract/errors.ts'
import { isObject, type Json } from '../shared/contract/json.ts'
import type { Claim, StoredAnswer } from '../storage/sql/claim-key.ts'
import { contentHash } from '../storage/sql/content-hash.ts'
import type { Identity } from '../storage/sql/find-identity.ts'
import { createIdentify, enter, type Identify } from './auth.ts'
import type { Deps } from './deps.ts'
import { asRefusal, problemOf, requestIdOf, sendProblem } from './errors.ts'
import { justOnce, once, type Try } from './once.ts'
import { parsePart } from './parse.ts'
import { parseStrictJson } from './strict-json.ts'

/** A request that was let in and parsed by its route's contract. */
export interface Asked<R extends Route> {
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
  identity: Identity
  /** Of routes with a workspace and an app in their path. */
  caller: Caller
  /** The claim of an Idempotency-Key, for handlers that know their body's hash only later. */
  claim: Claim | undefined
  one: Try
  /** Answers by another of the route's good statuses than the usual one. */
  answerAs(status: number): void
  /** Whether the request would still be let in: what lasts long asks now and then. */
  isAdmitted(): Promise<boolean>
  req: Request
  res: Response
}

/** What a handler gives: the body of the good reply; or nothing, when it answered itself or there is no body. */
export type Handler<R extends Route> = (asked: Asked<R>) => Promise<Given<R>> | Given<R>

/** A handler of an upload answers itself. */
type Given<R extends Route> = R extends { upload: string } ? undefined : ReplyOf<R>

export interface Binder {
  <R extends Route>(route: R, handle: Handler<R>): void
  /** Answers 405 on the bound paths for every other method. To be called last. */
  refuseOtherMethods(): void
}

/** Binds contracts to handlers: identity, role, parsing, idempotency, reply. */
export function createBinder(router: IRouter, deps: Deps): Binder {
  const identify = createIdentify(deps)
  const methods = new Map<string, Set<string>>()
  const readBody = express.raw({ type: () => true, limit: '1mb', inflate: false })
  const bind = <R extends Route>(route: R, handle: Handler<R>): void => {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    methods.set(path, (methods.get(path) ?? new Set()).add(route.method.toUpperCase()))
    const admit = admitter(deps, identify, route)
    const serve = server(deps, route, handle as unknown as Handler<Route>)
    router[route.method](path, admit, ...(route.body ? [mustBeJson, readBody] : []), serve)
  }
  return Object.assign(bind, {
    refuseOtherMethods: () => {
      for (const [path, known] of methods) {
        const allow = [...known, ...(known.has('GET') ? ['HEAD'] : [])].join(', ')
        router.all(path, (req, res) =>
          sendProblem(
            req,
            res,
            new Refusal('MethodNotAllowed', `here is ${allow}`, { headers: { Allow: allow } }),
          ),
        )
      }
    },
  })
}

const standingOf = (caller: Caller | undefined): string => JSON.stringify([caller?.roles, caller?.teams])

interface Admitted {
  identity: Identity
  caller: Caller
  params: Record<string, unknown>
  isAdmitted(): Promise<boolean>
}

/** Finds out who calls and whether they may, before a byte of the body is read. */
const admitter =
  (deps: Deps, identify: Identify, route: Route): RequestHandler =>
  async (req, res, next) => {
    const admit = async () => {
      const identity = route.access === 'public' ? undefined : await identify(req)
      const params: Record<string, unknown> = route.params
        ? parsePart(route.params, req.params, 'Malformed')
        : {}
      const { workspaceId, appId } = params
      const isPlaced = identity && typeof workspaceId === 'string' && typeof appId === 'string'
      const caller = isPlaced ? await enter(deps.db, identity, route.access, workspaceId, appId) : undefined
      return { identity, caller, params }
    }
    const admitted = await admit()
    // With other roles, or in other teams, the caller sees other things, and comes in anew. An outage says nothing about who may come in.
    const isAdmitted = () =>
      admit().then(
        ({ caller }) => standingOf(caller) === standingOf(admitted.caller),
        (error: unknown) => asRefusal(error)?.code === 'Unavailable',
      )
    res.locals.admitted = { ...admitted, isAdmitted }
    next()
  }

/** Milliseconds for a JSON body to arrive. */
const bodyWithin = 30_000

/** JSON routes take JSON in UTF-8 and nothing else; an empty body needs no type. */
const mustBeJson: RequestHandler = (req, _res, next) => {
  const isEmpty =
    req.headers['content-length'] === '0' ||
    (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined)
  const type = req.headers['content-type']
  if (!isEmpty && !/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type ?? ''))
    throw new Refusal('UnsupportedMediaType', 'send the body as application/json in UTF-8')
  // The server's own limit is made for uploads; a megabyte of JSON does not take that long.
  const tooSlow = setTimeout(() => req.destroy(), bodyWithin)
  req.once('close', () => clearTimeout(tooSlow)).once('end', () => clearTimeout(tooSlow))
  next()
}

const server =
  (deps: Deps, route: Route, handle: Handler<Route>): RequestHandler =>
  async (req, res) => {
    const { identity, caller, params, isAdmitted } = res.locals.admitted as Admitted
    const query = route.query ? parsePart(route.query, req.query, 'Malformed') : {}
    const body = route.body ? parsePart(route.body, readJson(req)) : undefined
    const claim = route.idempotent ? claimOf(req, route, params, identity, caller, body) : undefined
    const asked = {
      params,
      query,
      body,
      identity,
      caller,
      claim,
      isAdmitted,
      req,
      res,
    } as unknown as Asked<Route>
    const act = async (one: Try): Promise<StoredAnswer> => {
      let { status } = route.reply
      const answerAs = (other: number) => {
        status = other
      }
      const body = (await handle({ ...asked, one, answerAs })) as unknown as Json
      return { status, body }
    }
    // An upload's body is known only to its handler, which claims the key itself.
    const answer =
      claim && !route.upload ? await once(deps, claim, act, answerOf(req)) : await act(justOnce())
    if (!res.headersSent && !res.destroyed) sendAnswer(res, answer)
  }

const readJson = (req: Request): Json => {
  const bytes: unknown = req.body
  return Buffer.isBuffer(bytes) && bytes.length > 0 ? parseStrictJson(bytes) : {}
}

/** An answer that is made of a refusal, to be kept under its key. */
export const answerOf =
  (req: Request) =>
  (error: unknown): StoredAnswer | undefined => {
    const refusal = asRefusal(error)
    return (
      refusal && {
        status: errors[refusal.code].status,
        body: problemOf(refusal, requestIdOf(req)) as unknown as Json,
      }
    )
  }

/** What has drafts or pages carries its revision, which is its ETag, also when the answer is repeated. */
const etagOf = (body: Json): string | undefined =>
  isObject(body) && ('draft' in body || 'pages' in body) && typeof body.revision === 'number'
    ? `"${body.revision}"`
    : undefined

export function sendAnswer(res: Response, { status, body }: StoredAnswer): void {
  res.status(status)
  if (status >= 400) {
    res.type('application/problem+json').send(JSON.stringify(body))
    return
  }
  if (body === undefined || status === 204) {
    res.end()
    return
  }
  const etag = etagOf(body)
  if (etag) res.set('ETag', etag)
  res.type('application/json').send(JSON.stringify(body))
}

/** What an Idempotency-Key stands for: this caller's write on this very address. */
function claimOf(
  req: Request,
  route: Route,
  params: Record<string, unknown>,
  identity: Identity,
  caller: Caller | undefined,
  body: unknown,
): Claim | undefined {
  const key = req.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key))
    throw new Refusal('Malformed', 'Idempotency-Key: 1 to 255 printable characters')
  const workspaceId = caller?.workspaceId ?? null
  const address = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  )
  return {
    caller: `${identity.userId}@${workspaceId ?? ''}`,
    route: `${route.method.toUpperCase()} ${address}`,
    key,
    workspaceId,
    bodySha256: contentHash(body ?? null),
  }
}
