import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { type HttpLogger, pinoHttp } from 'pino-http'
import { isUuid } from '../shared/contract/uuid.ts'
import type { Logger } from '../shared/log.ts'
import type { Tracing } from '../shared/tracing.ts'

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export const methodOf = ({ method }: { method?: string | undefined }): string =>
  methods.has(method ?? '') ? (method as string) : 'other'

/** The template of the route that took a request, with `{name}` for each parameter; `none` where there is no such address. */
export const routeOf = (req: Partial<Pick<Request, 'baseUrl' | 'route'>>): string => {
  const path: unknown = req.route?.path
  return typeof path === 'string' ? `${req.baseUrl ?? ''}${path}`.replaceAll(/:(\w+)/g, '{$1}') : 'none'
}

/** The parameters of a path that are ids; the others are words that somebody chose. */
const idsOf = (params: Record<string, unknown> = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => typeof value === 'string' && isUuid(value)))

/** Gives every request an id, which its answer and all its log lines carry: the client's own, where it sent one. */
export const nameRequests = (log: Logger): HttpLogger =>
  pinoHttp({
    logger: log,
    genReqId: (req, res) => {
      const given = req.headers['x-request-id']
      const id = typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
      res.setHeader('X-Request-Id', id)
      return id
    },
    autoLogging: false,
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
  })

/**
 * A line for each request when it is over: method, route, ids, status, time. The address as it came, queries, bodies and
 * headers are people's, and stay out.
 */
export const logRequests: RequestHandler = (req, res, next) => {
  const began = performance.now()
  res.once('close', () => {
    const route = routeOf(req)
    if (route.startsWith('/health/') || route === '/metrics') return
    req.log[res.statusCode >= 500 ? 'warn' : 'debug'](
      {
        method: methodOf(req),
        route,
        ...idsOf(req.params),
        status: res.statusCode,
        ...(res.writableFinished ? {} : { brokenOff: true }),
        seconds: Number(((performance.now() - began) / 1_000).toFixed(3)),
      },
      'request',
    )
  })
  next()
}

/** A span for each request; a caller's own trace goes on in it. */
export const traceRequests =
  (tracing: Tracing): RequestHandler =>
  (req, res, next) => {
    const given = req.headers.traceparent
    const span = tracing.begin(methodOf(req), typeof given === 'string' ? given : undefined)
    res.once('close', () => {
      const route = routeOf(req)
      span.end({
        name: `${methodOf(req)} ${route}`,
        failed: res.statusCode >= 500,
        fields: {
          'http.request.method': methodOf(req),
          'http.route': route,
          'http.response.status_code': res.statusCode,
        },
      })
    })
    span.inside(next)
  }
