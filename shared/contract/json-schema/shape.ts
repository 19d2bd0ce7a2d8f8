import { isObject } from '../json.ts'

/** Limits on a builder's schema: it is compiled to code, so it is kept small and free of what can run wild. */
const limits = { characters: 100_000, depth: 20, parts: 5_000, schemas: 500, items: 1_000 } as const

const refusedKeywords = new Set([
  '$data',
  '$dynamicRef',
  '$dynamicAnchor',
  '$recursiveRef',
  '$recursiveAnchor',
  '$async',
])

/** Keywords whose value maps names, which are the builder's, to schemas. */
export const schemaMaps: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
])

/** Keywords whose value is no schema, whatever it looks like. */
export const plainValues: ReadonlySet<string> = new Set([
  'enum',
  'const',
  'default',
  'examples',
  'dependentRequired',
])

/** What keeps a value from being looked at as a schema at all. */
export function shapeRefusal(schema: unknown): string | undefined {
  if (!isObject(schema)) return 'a JSON Schema is an object'
  let parts = 0
  let schemas = 0
  const visit = (value: unknown, depth: number, kind: 'schema' | 'names' | 'plain'): string | undefined => {
    if (++parts > limits.parts) return `a schema may have ${limits.parts} parts`
    // A level of a schema is two of JSON: the keyword's, and the name's below it.
    if (depth > limits.depth * 2) return `a schema may be ${limits.depth} levels deep`
    if (Array.isArray(value)) {
      if (value.length > limits.items) return `a list in a schema may have ${limits.items} items`
      return first(value, (item) => visit(item, depth + 1, kind))
    }
    if (!isObject(value)) return undefined
    if (kind === 'schema' && ++schemas > limits.schemas)
      return `a schema may have ${limits.schemas} schemas inside`
    return first(Object.entries(value), ([key, inner]) => {
      if (kind !== 'schema') return visit(inner, depth + 1, kind === 'names' ? 'schema' : 'plain')
      if (refusedKeywords.has(key)) return `${key} is not available in schemas`
      if (key === '$ref' && !isLocal(inner))
        return 'a $ref must stay inside the schema, and name a schema (#…)'
      return visit(
        inner,
        depth + 1,
        schemaMaps.has(key) ? 'names' : plainValues.has(key) ? 'plain' : 'schema',
      )
    })
  }
  return (
    visit(schema, 0, 'schema') ??
    (JSON.stringify(schema).length > limits.characters
      ? `a schema may have ${limits.characters} characters`
      : undefined)
  )
}

/** A reference to a schema in the same document, not into the values of an `enum` or the like. */
function isLocal(ref: unknown): boolean {
  if (typeof ref !== 'string' || !ref.startsWith('#')) return false
  const way = ref.split('/').slice(1)
  return !way.some((part, index) => plainValues.has(part) && !schemaMaps.has(way[index - 1] ?? ''))
}

const first = <T>(items: T[], ask: (item: T) => string | undefined): string | undefined => {
  for (const item of items) {
    const found = ask(item)
    if (found) return found
  }
  return undefined
}
