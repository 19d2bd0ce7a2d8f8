import { isObject, type Json } from '../../../shared/contract/json.ts'
import { schemaProblems } from '../../../shared/contract/json-schema.ts'
import { textLike } from './text-like.ts'

export type Schema = Record<string, unknown>

/** The schema with its reference followed and `allOf` folded in. */
export const resolve = (schema: unknown, root: Schema): Schema => {
  if (!isObject(schema)) return {}
  let found: Schema = schema
  for (let hops = 0; typeof found.$ref === 'string' && hops < 20; hops++) {
    const { $ref, ...beside } = found
    const target =
      String($ref) === '#'
        ? root
        : String($ref)
            .replace(/^#\//, '')
            .split('/')
            .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
            .reduce<unknown>((at, part) => (isObject(at) ? at[part] : undefined), root)
    found = { ...(isObject(target) ? target : {}), ...beside }
  }
  if (!Array.isArray(found.allOf)) return found
  const { allOf: _parts, ...rest } = found
  let all: Schema = rest
  for (const part of found.allOf) all = merged(all, resolve(part, root))
  return all
}

const merged = (a: Schema, b: Schema): Schema => {
  const required = [...((a.required as string[]) ?? []), ...((b.required as string[]) ?? [])]
  const properties = { ...(a.properties as Schema | undefined), ...(b.properties as Schema | undefined) }
  return {
    ...a,
    ...b,
    ...(required.length && { required }),
    ...(Object.keys(properties).length && { properties }),
  }
}

export const typesOf = (schema: Schema): string[] => {
  if (Array.isArray(schema.type)) return schema.type.map(String)
  if (typeof schema.type === 'string') return [schema.type]
  if (isObject(schema.properties)) return ['object']
  if (schema.items || schema.prefixItems) return ['array']
  if (schema.minimum !== undefined || schema.maximum !== undefined) return ['number']
  return []
}

/** A part of a schema with the definitions that its references need. */
export const withDefinitions = (schema: Schema, root: Schema): Schema => ({
  ...(root.$defs !== undefined && { $defs: root.$defs }),
  ...(root.definitions !== undefined && { definitions: root.definitions }),
  ...schema,
})

export const fits = (schema: Schema, value: Json): boolean => {
  try {
    return schemaProblems(schema as never, value).length === 0
  } catch {
    // A schema that our validator cannot compile is nothing to hold an answer against.
    return true
  }
}

/** The plainest value that a schema allows, for where the material has none. */
export const emptyValue = (given: unknown, root: Schema, depth = 0): Json => {
  const schema = resolve(given, root)
  if (schema.const !== undefined) return schema.const as Json
  if (Array.isArray(schema.enum)) return (schema.enum.includes(null) ? null : schema.enum[0]) as Json
  if (schema.default !== undefined) return schema.default as Json
  const choices = (schema.anyOf ?? schema.oneOf) as unknown[] | undefined
  const types = typesOf(schema)
  if (Array.isArray(choices) && depth < 30)
    return emptyValue(
      choices.find((each) => resolve(each, root).type === 'null') ?? choices[0],
      root,
      depth + 1,
    )
  if (types.includes('null')) return null
  switch (types[0]) {
    case 'object':
      return depth > 30 ? {} : emptyObject(schema, root, depth)
    case 'array':
      return Array.from({ length: depth > 30 ? 0 : Number(schema.minItems ?? 0) }, (_, at) =>
        numberedCopy(
          emptyValue((schema.prefixItems as unknown[])?.[at] ?? schema.items, root, depth + 1),
          schema.uniqueItems === true ? at : 0,
        ),
      )
    case 'number':
    case 'integer':
      return withinBounds(0, schema)
    case 'boolean':
      return false
    default:
      return emptyText(schema)
  }
}

const emptyObject = (schema: Schema, root: Schema, depth: number): Json =>
  Object.fromEntries(
    ((schema.required as string[]) ?? []).map((name) => [
      name,
      emptyValue((schema.properties as Schema)?.[name], root, depth + 1),
    ]),
  )

const numberedCopy = (value: Json, at: number): Json =>
  at === 0
    ? value
    : typeof value === 'number'
      ? value + at
      : typeof value === 'string'
        ? `${value} ${at + 1}`.trim()
        : value

/** The nearest number that minimum, maximum, their exclusive kin and multipleOf allow. */
export const withinBounds = (value: number, schema: Schema): number => {
  const whole = typesOf(schema).includes('integer')
  const step = typeof schema.multipleOf === 'number' ? schema.multipleOf : whole ? 1 : undefined
  const inch = step ?? 0.01
  const low = Math.max(
    Number(schema.minimum ?? -Infinity),
    typeof schema.exclusiveMinimum === 'number' ? schema.exclusiveMinimum + inch : -Infinity,
  )
  const high = Math.min(
    Number(schema.maximum ?? Infinity),
    typeof schema.exclusiveMaximum === 'number' ? schema.exclusiveMaximum - inch : Infinity,
  )
  const kept = Math.min(high, Math.max(low, value))
  if (step === undefined) return kept
  const down = Math.floor(kept / step + 1e-9) * step
  return Number((down >= low ? down : Math.ceil(kept / step - 1e-9) * step).toPrecision(12))
}

const formats: Record<string, string> = {
  date: '1970-01-01',
  'date-time': '1970-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'unknown@example.invalid',
  uri: 'about:blank',
  url: 'http://example.invalid',
  uuid: '00000000-0000-0000-0000-000000000000',
  hostname: 'example.invalid',
  ipv4: '0.0.0.0',
  ipv6: '::',
  duration: 'PT0S',
  'uri-reference': '#',
  'json-pointer': '',
  regex: '.',
}

const emptyText = (schema: Schema): string => {
  const format = formats[String(schema.format)]
  if (format !== undefined) return format
  if (typeof schema.pattern === 'string') return textLike(schema.pattern, Number(schema.minLength ?? 0))
  const plain = 'Not stated in the material.'
  const min = Number(schema.minLength ?? 0)
  const max = Number(schema.maxLength ?? Infinity)
  return (max < plain.length ? (max < 3 ? '-'.repeat(Math.min(max, 1)) : 'n/a') : plain).padEnd(min, '.')
}
