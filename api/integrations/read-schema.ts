import { isObject, type Json, type JsonObject } from '../../shared/contract/json.ts'
import { JsonSchema } from '../../shared/contract/json-schema.ts'
import type { OpenApiDocument } from './read-document.ts'

const inSchemas = /^#\/components\/schemas\/([^/]+)(\/.*)?$/

/**
 * A schema of the document as one that stands by itself: what it refers to comes along under `$defs`.
 * @throws Error when it refers to something else, or is no JSON Schema that can be checked here
 */
export function asJsonSchema({ schemas, isOld }: OpenApiDocument, given: JsonObject): JsonSchema {
  const defs: JsonObject = {}
  const convert = (value: Json, isNames = false): Json => {
    if (Array.isArray(value)) return value.map((inner) => convert(inner))
    if (!isObject(value)) return value
    const object = value as JsonObject
    const schema = isNames || !isOld ? object : modern(object)
    return Object.fromEntries(
      Object.entries(schema)
        .filter(([key]) => isNames || !ignored.has(key))
        .map(([key, inner]) => {
          if (!isNames && key === '$ref') return [key, refer(String(inner))]
          if (!isNames && plain.has(key)) return [key, inner]
          return [key, convert(inner, !isNames && maps.has(key))]
        }),
    )
  }
  const refer = (ref: string): string => {
    const [, encoded = '', rest = ''] = inSchemas.exec(ref) ?? []
    const name = decodeURIComponent(encoded).replaceAll('~1', '/').replaceAll('~0', '~')
    if (!encoded || !Object.hasOwn(schemas, name))
      throw new Error(`the reference ${ref.slice(0, 100)} leads to no schema of the document`)
    if (!Object.hasOwn(defs, name)) {
      // Stands there before it is read: schemas may refer to themselves.
      defs[name] = {}
      defs[name] = convert(schemas[name] as Json)
    }
    return `#/$defs/${encoded}${rest}`
  }
  const whole = convert(given) as JsonObject
  const schema = Object.keys(defs).length > 0 ? { ...whole, $defs: defs } : whole
  const strict = JsonSchema.safeParse(schema)
  if (strict.success) return strict.data
  // Patterns are of many dialects. The system checks them itself; it is called all the same.
  const loose = JsonSchema.safeParse(withoutPatterns(schema))
  if (loose.success) return loose.data
  throw new Error(`its arguments: ${strict.error.issues[0]?.message ?? 'no JSON Schema'}`)
}

const maps = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
const plain = new Set(['enum', 'const', 'default', 'examples', 'required', 'dependentRequired'])
/** Words of OpenAPI that say nothing about what fits. */
const ignored = new Set([
  'xml',
  'externalDocs',
  'discriminator',
  'example',
  'readOnly',
  'writeOnly',
  '$schema',
  '$id',
])

/** What OpenAPI 3.0 writes in its own way, in JSON Schema's. */
function modern({ nullable, exclusiveMinimum, exclusiveMaximum, ...schema }: JsonObject): JsonObject {
  const limits: JsonObject = {}
  for (const [name, flag, bound] of [
    ['exclusiveMinimum', exclusiveMinimum, 'minimum'],
    ['exclusiveMaximum', exclusiveMaximum, 'maximum'],
  ] as const) {
    if (typeof flag === 'number') limits[name] = flag
    if (flag !== true || schema[bound] === undefined) continue
    limits[name] = schema[bound] as Json
    delete schema[bound]
  }
  if (nullable !== true) return { ...schema, ...limits }
  if ('$ref' in schema) return { anyOf: [schema, { type: 'null' }] }
  const orNull: JsonObject = { ...schema, ...limits }
  if (schema.type !== undefined) orNull.type = [schema.type, 'null']
  if (Array.isArray(schema.enum)) orNull.enum = [...schema.enum, null]
  return orNull
}

function withoutPatterns(value: Json, isNames = false): Json {
  if (Array.isArray(value)) return value.map((inner) => withoutPatterns(inner))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .filter(([key]) => isNames || (key !== 'pattern' && key !== 'patternProperties'))
      .map(([key, inner]) => [
        key,
        !isNames && plain.has(key) ? inner : withoutPatterns(inner, !isNames && maps.has(key)),
      ]),
  )
}
