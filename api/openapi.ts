import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { allRoutes } from '../shared/contract/api/index.ts'
import { Problem } from '../shared/contract/api/problem.ts'
import type { Route } from '../shared/contract/api/route.ts'
import { type ErrorCode, errors } from '../shared/contract/errors.ts'

/** The OpenAPI document of every bound route, made from the schemas that parse requests. */
export function createOpenApi(): object {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of allRoutes)
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: '0.1.0',
      description: `Durable conversational workflows.\n\nErrors are \`application/problem+json\` (RFC 9457). [Their codes](/docs/errors):\n\n${codeTable()}`,
    },
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, pk_…' } },
    },
    security: [{ apiKey: [] }],
    paths,
  })
}

/** Every code with its status, as Markdown. */
const codeTable = (): string =>
  [
    '| code | status | meaning |',
    '|---|---|---|',
    ...Object.entries(errors).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`),
  ].join('\n')

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { reply } = route
  const content = reply.body
    ? { 'application/json': { schema: reply.body } }
    : reply.mediaType
      ? { [reply.mediaType]: { schema: z.string().meta({ format: 'binary' }) } }
      : undefined
  return {
    operationId: route.name,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, accessText(route)].filter(Boolean).join('\n\n'),
    ...(route.access === 'public' ? { security: [] } : {}),
    requestParams: {
      ...(route.params ? { path: route.params } : {}),
      ...(route.query ? { query: route.query } : {}),
      ...headersOf(route),
    },
    ...bodyOf(route),
    responses: {
      [String(reply.status) as '200']: {
        description: reply.description,
        ...(content ? { content } : {}),
        ...(reply.headers
          ? {
              headers: z.object(
                Object.fromEntries(
                  Object.entries(reply.headers).map(([name, text]) => [name, z.string().describe(text)]),
                ),
              ),
            }
          : {}),
      },
      ...Object.fromEntries(
        Object.entries(route.also ?? {}).map(([status, description]) => [status, { description }]),
      ),
      ...problemsOf(route),
    },
  }
}

const accessText = ({ access }: Route): string => {
  if (access === 'public') return 'Open to everybody.'
  return access === 'identified' ? 'For everybody with an identity.' : `Roles: ${access.join(', ')}.`
}

function headersOf(route: Route): { header?: z.ZodObject } {
  const named = {
    ...(route.idempotent
      ? {
          'Idempotency-Key': z
            .string()
            .max(255)
            .optional()
            .describe('The same key with the same body gives the same answer, for 24 hours'),
        }
      : {}),
    ...(route.problems?.includes('Stale')
      ? { 'If-Match': z.string().optional().describe('ETag of what is replaced, or *') }
      : {}),
    ...(route.reply.mediaType === 'text/event-stream' && route.query
      ? { 'Last-Event-ID': z.string().optional() }
      : {}),
  }
  return Object.keys(named).length > 0 ? { header: z.object(named) } : {}
}

function bodyOf(route: Route): Pick<ZodOpenApiOperationObject, 'requestBody'> {
  if (route.body)
    return {
      requestBody: {
        required: !route.body.safeParse({}).success,
        content: { 'application/json': { schema: route.body } },
      },
    }
  if (!route.upload) return {}
  const file = z.object({ file: z.string().meta({ format: 'binary' }) })
  return { requestBody: { required: true, content: { [route.upload]: { schema: file } } } }
}

/** Problems of a route by status, each with the codes it may carry. */
function problemsOf(route: Route): Record<string, object> {
  const isPlaced = route.path.includes('{workspaceId}')
  const codes: ErrorCode[] = [
    ...(route.params || route.query || route.body ? (['Malformed'] as const) : []),
    ...(route.access === 'public' ? [] : (['Unauthorized'] as const)),
    ...(isPlaced ? (['Forbidden', 'NotFound'] as const) : []),
    ...(route.body ? (['UnsupportedMediaType', 'TooLarge', 'Invalid'] as const) : []),
    ...(route.idempotent ? (['KeyReused'] as const) : []),
    ...(route.access === 'public' ? [] : (['Unavailable'] as const)),
    ...(route.problems ?? []),
  ]
  const byStatus = Map.groupBy(new Set(codes), (code) => String(errors[code].status))
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      { description: list.join(', '), content: { 'application/problem+json': { schema: Problem } } },
    ]),
  )
}
