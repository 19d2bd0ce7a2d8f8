import { absent, type Scope } from '../../../shared/contract/expression.ts'
import type { Credentials, Operation } from '../../../shared/contract/integration.ts'
import { isObject, type Json, type JsonObject } from '../../../shared/contract/json.ts'
import { renderAll, stringify } from '../../../shared/contract/template.ts'
import { fail } from '../../../shared/temporal/failure.ts'

interface Place {
  baseUrl: string
  headers: Credentials
  query: Credentials
}

export interface BuiltRequest {
  url: string
  headers: Headers
  body: string | undefined
}

/**
 * The request of an operation, with its arguments and secrets in their places.
 * @throws ToolInputInvalid when an argument cannot stand where it belongs
 */
export function buildRequest(
  place: Place,
  operation: Operation,
  given: JsonObject,
  secrets: ReadonlyMap<string, string>,
): BuiltRequest {
  const scope = scopeOf(operation, given, secrets)
  const url = new URL(place.baseUrl + pathOf(operation, given))
  // Where dots were resolved, the path is another one than the operation's.
  if (
    url.pathname.split('/').length !==
    (new URL(place.baseUrl).pathname.replace(/\/$/, '') + operation.path).split('/').length
  )
    throw unfit('an argument in the path is . or .., which would lead elsewhere')
  const headers = new Headers({ accept: 'application/json, text/*;q=0.9, */*;q=0.1', 'user-agent': 'Parley' })
  const query: [string, string][] = []

  for (const [name, value] of rendered({ ...place.query, ...operation.query }, scope, secrets))
    query.push(...asQuery(name, value, 'repeat'))
  for (const [name, value] of rendered({ ...place.headers, ...operation.headers }, scope, secrets))
    setHeader(headers, name, value)

  const fields: JsonObject = {}
  let body = operation.body === undefined ? undefined : renderAll(operation.body, scope)
  for (const [argument, { in: where, name, style = 'repeat' }] of Object.entries(operation.places)) {
    const value = given[argument]
    if (value === undefined) continue
    if (where === 'query') query.push(...asQuery(name ?? argument, value, style))
    if (where === 'header') setHeader(headers, name ?? argument, value)
    if (where === 'body' && name === undefined) body = value
    if (where === 'body' && name !== undefined) fields[name] = value
  }
  if (Object.keys(fields).length > 0) body = fields
  if (body !== undefined) headers.set('content-type', 'application/json')
  for (const [name, value] of query) url.searchParams.append(name, value)
  return { url: url.href, headers, body: body === undefined ? undefined : JSON.stringify(body) }
}

/** What templates of the operation may name: its arguments, and the secrets of this call. */
function scopeOf(operation: Operation, given: JsonObject, secrets: ReadonlyMap<string, string>): Scope {
  const scope: Scope = {}
  for (const name of Object.keys(operation.arguments.properties ?? {})) scope[name] = given[name] ?? absent
  return { ...scope, secure: Object.fromEntries(secrets) }
}

/** What is not there (an argument that was not given) is left out. */
const rendered = (texts: Credentials, scope: Scope, secrets: ReadonlyMap<string, string>): [string, Json][] =>
  Object.entries(texts)
    .map(([name, text]): [string, Json] => [
      name,
      typeof text === 'string' ? renderAll(text, scope) : (secrets.get(text.secret) ?? null),
    ])
    .filter(([, value]) => value !== null)

function pathOf({ path, places }: Operation, given: JsonObject): string {
  const inPath = Object.entries(places).filter(([, place]) => place.in === 'path')
  return path.replaceAll(/\{([^{}/]*)\}/g, (_, name: string) => {
    const argument = inPath.find(([, place]) => place.name === name)?.[0] ?? name
    const text = stringify(given[argument] ?? null)
    if (text === '') throw unfit(`"${argument}" stands in the path and must not be empty`)
    return encodeURIComponent(text.toWellFormed())
  })
}

function asQuery(name: string, value: Json, style: 'repeat' | 'comma' | 'deep'): [string, string][] {
  if (value === null) return []
  if (Array.isArray(value))
    return style === 'comma'
      ? [[name, value.map(stringify).join(',')]]
      : value.map((one): [string, string] => [name, stringify(one)])
  if (!isObject(value)) return [[name, stringify(value)]]
  return Object.entries(value).map(([key, inner]): [string, string] => [
    style === 'deep' ? `${name}[${key}]` : key,
    stringify(inner as Json),
  ])
}

function setHeader(headers: Headers, name: string, value: Json): void {
  if (value === null) return
  const text = Array.isArray(value) ? value.map(stringify).join(', ') : stringify(value)
  try {
    headers.set(name, text)
  } catch {
    throw unfit(`the header ${name} would hold what cannot stand in a header`)
  }
}

const unfit = (why: string) => fail('ToolInputInvalid', `The arguments do not fit: ${why}.`)
