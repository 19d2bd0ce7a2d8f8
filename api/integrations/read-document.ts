import { parseDocument } from 'yaml'
import { BaseUrl } from '../../shared/contract/integration.ts'
import { isObject, type Json, type JsonObject, JsonValue } from '../../shared/contract/json.ts'
import { refused } from './refused.ts'

export interface OpenApiDocument {
  /** 3.0 writes some schemas otherwise than JSON Schema does. */
  isOld: boolean
  paths: JsonObject
  schemas: JsonObject
  /** The first server with a whole address. */
  server: string | undefined
  /** What a local reference leads to. @throws Error when it leads nowhere, or out of the document */
  resolve(value: Json | undefined): Json | undefined
}

/** So many levels of references to references. */
const mostHops = 10

/** @throws Refusal `Invalid` when it is no OpenAPI 3 document, saying why */
export function readDocument(given: string | JsonObject): OpenApiDocument {
  const root = typeof given === 'string' ? parseText(given) : given
  if (typeof root.swagger === 'string')
    throw refused('openapi', `this is Swagger ${root.swagger.slice(0, 10)}: convert it to OpenAPI 3 first`)
  const version = typeof root.openapi === 'string' ? root.openapi : ''
  if (!/^3\.[01]\./.test(version))
    throw refused(
      'openapi.openapi',
      `expected version 3.0 or 3.1, but ${version ? `"${version.slice(0, 20)}" came` : 'there is none'}`,
    )
  if (!isObject(root.paths)) throw refused('openapi.paths', 'the document describes no paths')
  const components = isObject(root.components) ? root.components : {}
  return {
    isOld: version.startsWith('3.0'),
    paths: root.paths as JsonObject,
    schemas: (isObject(components.schemas) ? components.schemas : {}) as JsonObject,
    server: serverOf(root),
    resolve: (value) => {
      let at = value
      for (let hops = 0; isObject(at) && typeof at.$ref === 'string'; hops++) {
        if (hops === mostHops) throw new Error(`the reference ${at.$ref.slice(0, 100)} goes in circles`)
        at = pointedAt(root, at.$ref)
      }
      return at
    },
  }
}

function parseText(text: string): JsonObject {
  // JSON is YAML, and its parser names the line. Aliases are few, so that a small text is a small value.
  const parsed = parseDocument(text, { schema: 'core', merge: false, prettyErrors: true })
  const [fault] = parsed.errors
  if (fault) throw refused('openapi', `neither JSON nor YAML: ${fault.message.split('\n')[0]?.slice(0, 300)}`)
  const value = JsonValue.safeParse(plain(() => parsed.toJS({ maxAliasCount: 100 })))
  if (!value.success || !isObject(value.data))
    throw refused('openapi', 'expected an object, as an OpenAPI document is one')
  return value.data as JsonObject
}

function plain(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    throw refused('openapi', error instanceof Error ? error.message.slice(0, 300) : 'cannot be read')
  }
}

function serverOf({ servers }: JsonObject): string | undefined {
  for (const server of Array.isArray(servers) ? servers : []) {
    const url = isObject(server) && typeof server.url === 'string' ? BaseUrl.safeParse(server.url) : undefined
    if (url?.success) return url.data
  }
  return undefined
}

function pointedAt(root: JsonObject, ref: string): Json {
  if (!ref.startsWith('#/'))
    throw new Error(`the reference ${ref.slice(0, 100)} leads out of the document: put what it names into it`)
  let at: Json | undefined = root
  for (const part of ref.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = (isObject(at) || Array.isArray(at)) && Object.hasOwn(at, key) ? (at as JsonObject)[key] : undefined
    if (at === undefined) throw new Error(`the reference ${ref.slice(0, 100)} leads nowhere`)
  }
  return at
}
