import type { InputProblem } from './errors.ts'
import type { ArgumentPlace, Credentials, Method, Operation } from './integration.ts'
import { isObject, type Json } from './json.ts'
import type { JsonSchema } from './json-schema.ts'
import { expressionsIn } from './template.ts'

interface Written {
  name: string
  description: string
  method: Method
  path: string
  arguments?: JsonSchema | undefined
  headers?: Credentials | undefined
  query?: Credentials | undefined
  body?: Json | undefined
  timeout: string
  changes?: boolean | undefined
  repeatable?: boolean | undefined
}

type Placed = { ok: true; operation: Operation } | { ok: false; problems: InputProblem[] }

/** The names in `{}` of a path. */
export const pathParameters = (path: string): string[] =>
  [...path.matchAll(/\{([^{}/]*)\}/g)].map(([, name]) => name ?? '')

const hasBody = (method: Method) => method === 'POST' || method === 'PUT' || method === 'PATCH'

/** Finds out where each argument of an operation goes. */
export function placeOperation(written: Written): Placed {
  const { method, path, headers = {}, query = {}, body } = written
  const problems: InputProblem[] = []
  const schema = written.arguments ?? {}
  if (schema.type !== undefined && schema.type !== 'object')
    problems.push({ path: 'arguments.type', message: 'arguments are an object' })
  const inPath = pathParameters(path)
  if (/[{}]/.test(path.replaceAll(/\{[A-Za-z][\w-]*\}/g, '')))
    problems.push({ path: 'path', message: 'an argument in a path is written {name}' })
  if (body !== undefined && !hasBody(method))
    problems.push({ path: 'body', message: `${method} has no body: use query, or another method` })

  const given = isObject(schema.properties) ? schema.properties : undefined
  const properties = { ...(given ?? Object.fromEntries(inPath.map((name) => [name, { type: 'string' }]))) }
  for (const name of inPath)
    if (!Object.hasOwn(properties, name))
      problems.push({
        path: 'path',
        message: `{${name}} is not among the arguments: add it to their properties`,
      })

  const used = new Set(inPath)
  for (const [field, value] of Object.entries({ headers, query, body }))
    for (const { source, roots } of value === undefined ? [] : expressionsIn(value))
      for (const root of roots.keys()) {
        used.add(root)
        if (root !== 'secure' && !Object.hasOwn(properties, root))
          problems.push({
            path: field,
            message: `\${${source.slice(0, 80)}}: "${root}" is not among the arguments`,
          })
      }
  if (problems.length > 0) return { ok: false, problems }

  const places: Record<string, ArgumentPlace> = {}
  for (const name of inPath) places[name] = { in: 'path', name }
  for (const name of Object.keys(properties)) {
    if (used.has(name)) continue
    if (body !== undefined && hasBody(method))
      problems.push({
        path: 'body',
        message: `the argument "${name}" stands nowhere: put \${${name}} into the body`,
      })
    places[name] = { in: hasBody(method) ? 'body' : 'query', name }
  }
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, operation: completeOperation({ ...written, headers, query, properties, places }) }
}

/** Fills in what follows from the rest. What stands in the path has to be given. */
export function completeOperation({
  properties,
  places,
  ...written
}: Written & {
  headers: Credentials
  query: Credentials
  properties: Record<string, unknown>
  places: Record<string, ArgumentPlace>
}): Operation {
  const schema = written.arguments ?? {}
  const inPath = Object.keys(places).filter((name) => places[name]?.in === 'path')
  const required = [...new Set([...(Array.isArray(schema.required) ? schema.required : []), ...inPath])]
  const changes = written.changes ?? !(written.method === 'GET' || written.method === 'HEAD')
  return {
    name: written.name,
    description: written.description,
    method: written.method,
    path: written.path,
    arguments: {
      additionalProperties: false,
      ...schema,
      type: 'object',
      properties: properties as Json & object,
      ...(required.length > 0 ? { required } : {}),
    } as JsonSchema,
    places,
    headers: written.headers,
    query: written.query,
    ...(written.body === undefined ? {} : { body: written.body }),
    timeout: written.timeout,
    changes,
    repeatable: written.repeatable ?? (!changes || written.method === 'PUT' || written.method === 'DELETE'),
  }
}
