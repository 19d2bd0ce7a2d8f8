import { setImmediate as breathe } from 'node:timers/promises'
import {
  type ArgumentPlace,
  HeaderName,
  integrationLimits,
  type Method,
  type Operation,
  operationTimeout,
} from '../../shared/contract/integration.ts'
import { isObject, type Json, type JsonObject } from '../../shared/contract/json.ts'
import { completeOperation } from '../../shared/contract/place-operation.ts'
import type { OpenApiDocument } from './read-document.ts'
import { asJsonSchema } from './read-schema.ts'
import { refused } from './refused.ts'

/** Of all operations together. Each brings the schemas that it refers to. */
const mostCharacters = 2_000_000

const methods: Record<string, Method> = {
  get: 'GET',
  head: 'HEAD',
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
}

interface Read {
  operations: Operation[]
  /** What cannot be called from here, and why. */
  leftOut: string[]
}

/**
 * The operations of a document. One that cannot be called is left out, and said so.
 * @throws Refusal `Invalid` when nothing is left, there are too many, or one of `include` is not there
 */
export async function readOperations(
  document: OpenApiDocument,
  include: readonly string[] | undefined,
): Promise<Read> {
  const found = new Map<string, Operation>()
  const leftOut: string[] = []
  const listed = listedIn(document).filter(({ name }) => !include || include.includes(name))
  const missing = include?.find((name) => !listed.some((one) => one.name === name))
  if (missing !== undefined)
    throw refused(
      'include',
      `the document has no operation "${missing}"; it has ${namesOf(listedIn(document))}`,
    )
  if (listed.length > integrationLimits.operations)
    throw refused(
      'openapi',
      `the document has ${listed.length} operations, and an integration ${integrationLimits.operations} at most: choose with include`,
    )
  for (const { name, method, path, shared, raw } of listed) {
    // Looking at a schema takes milliseconds, and others want to be served.
    await breathe()
    try {
      if (found.has(name)) throw new Error('another operation has this name')
      found.set(name, readOperation(document, { name, method, path, shared, raw }))
    } catch (error) {
      leftOut.push(`${name}: ${error instanceof Error ? error.message.slice(0, 300) : 'cannot be read'}`)
    }
  }
  if (found.size === 0)
    throw refused(
      'openapi',
      `no operation can be called${leftOut.length > 0 ? `: ${leftOut.slice(0, 5).join('; ')}` : ', since the document has none'}`,
    )
  const operations = [...found.values()]
  if (JSON.stringify(operations).length > mostCharacters)
    throw refused(
      'openapi',
      `its operations with all they refer to have more than ${mostCharacters} characters: choose some with include`,
    )
  return { operations, leftOut }
}

const namesOf = (listed: Listed[]) =>
  listed
    .slice(0, 10)
    .map(({ name }) => name)
    .join(', ') || 'none'

interface Listed {
  name: string
  method: Method
  path: string
  /** Parameters that all operations of the path have. */
  shared: Json[]
  raw: JsonObject
}

function listedIn({ paths, resolve }: OpenApiDocument): Listed[] {
  return Object.entries(paths).flatMap(([path, given]) => {
    const item = asObject(() => resolve(given))
    const shared = Array.isArray(item.parameters) ? item.parameters : []
    return Object.entries(item).flatMap(([verb, raw]) => {
      const method = Object.hasOwn(methods, verb) ? methods[verb] : undefined
      return method && isObject(raw)
        ? [{ name: nameOf(raw as JsonObject, verb, path), method, path, shared, raw: raw as JsonObject }]
        : []
    })
  })
}

function asObject(read: () => Json | undefined): JsonObject {
  try {
    const value = read()
    return isObject(value) ? (value as JsonObject) : {}
  } catch {
    return {}
  }
}

/** Its `operationId` as a name of ours; without one it is called by what it does: `get_orders_id`. */
function nameOf({ operationId }: JsonObject, verb: string, path: string): string {
  const wanted = typeof operationId === 'string' && operationId ? operationId : `${verb}${path}`
  return wanted
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 64)
}

function readOperation(document: OpenApiDocument, { name, method, path, shared, raw }: Listed): Operation {
  const properties: Record<string, Json> = {}
  const required: string[] = []
  const places: Record<string, ArgumentPlace> = {}
  const add = (wanted: string, schema: Json, place: ArgumentPlace, isRequired: boolean) => {
    const argument = Object.hasOwn(properties, wanted) ? `${place.in}_${wanted}` : wanted
    properties[argument] = schema
    places[argument] = place
    if (isRequired) required.push(argument)
  }

  if (!path.startsWith('/') || /[\s?#\\]/.test(path)) throw new Error('its path cannot be used')
  for (const parameter of parametersOf(document, [
    ...shared,
    ...(Array.isArray(raw.parameters) ? raw.parameters : []),
  ])) {
    const place = placeOf(parameter)
    if (place) add(String(parameter.name), schemaOf(parameter), place, parameter.required === true)
    else if (parameter.required === true)
      throw new Error(
        `it needs the ${String(parameter.in)} parameter "${String(parameter.name)}", which is not supported`,
      )
  }
  const unnamed = [...path.matchAll(/\{([^{}/]*)\}/g)].find(
    ([, inPath]) => !Object.values(places).some((place) => place.in === 'path' && place.name === inPath),
  )
  if (unnamed) throw new Error(`${unnamed[0]} of its path is not among its parameters`)

  const body = bodyOf(document, raw)
  if (body && method !== 'GET' && method !== 'HEAD') add('body', body.schema, { in: 'body' }, body.isRequired)

  const whole = { type: 'object', properties, required, additionalProperties: false }
  const schema = asJsonSchema(document, whole)
  const words = [raw.summary, raw.description].filter((one): one is string => typeof one === 'string')
  return completeOperation({
    name,
    description: [...new Set(words)].join('\n\n').slice(0, integrationLimits.description),
    method,
    path,
    arguments: schema,
    properties: schema.properties as Record<string, unknown>,
    places,
    headers: {},
    query: {},
    timeout: operationTimeout.default,
  })
}

/** The parameters, with those of the operation in place of equal ones of its path. */
function parametersOf({ resolve }: OpenApiDocument, given: Json[]): JsonObject[] {
  const byPlace = new Map<string, JsonObject>()
  for (const one of given) {
    const parameter = resolve(one)
    if (!isObject(parameter) || typeof parameter.name !== 'string')
      throw new Error('it has a parameter without a name')
    byPlace.set(`${String(parameter.in)} ${parameter.name}`, parameter as JsonObject)
  }
  return [...byPlace.values()]
}

/** Where a parameter goes; undefined for what is set by Parley or the integration, and for cookies. */
function placeOf({ in: where, name, style, explode }: JsonObject): ArgumentPlace | undefined {
  if (typeof name !== 'string') return undefined
  if (where === 'path') return { in: 'path', name }
  if (where === 'header')
    return HeaderName.safeParse(name).success && !/^(accept|authorization)$/i.test(name)
      ? { in: 'header', name }
      : undefined
  if (where !== 'query') return undefined
  return {
    in: 'query',
    name,
    style: style === 'deepObject' ? 'deep' : explode === false ? 'comma' : 'repeat',
  }
}

function schemaOf(parameter: JsonObject): Json {
  const [content] = Object.values(isObject(parameter.content) ? parameter.content : {})
  const schema = parameter.schema ?? (isObject(content) ? (content.schema as Json) : undefined) ?? {}
  return typeof parameter.description === 'string' && isObject(schema) && !('$ref' in schema)
    ? { description: parameter.description.slice(0, 1_000), ...(schema as JsonObject) }
    : schema
}

function bodyOf(
  { resolve }: OpenApiDocument,
  raw: JsonObject,
): { schema: Json; isRequired: boolean } | undefined {
  const body = resolve(raw.requestBody)
  if (!isObject(body)) return undefined
  const content = isObject(body.content) ? body.content : {}
  const json = Object.entries(content).find(
    ([type]) => /^(application|text)\/([\w.+-]+\+)?json\b/i.test(type) || type === '*/*',
  )
  if (json)
    return {
      schema: (isObject(json[1]) ? (json[1].schema as Json) : undefined) ?? {},
      isRequired: body.required === true,
    }
  if (body.required !== true) return undefined
  throw new Error(
    `its body is ${Object.keys(content).join(' or ').slice(0, 100) || 'of no known type'}, and only JSON can be sent`,
  )
}
