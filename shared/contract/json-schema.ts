import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { RE2JS } from 're2js'
import { z } from 'zod'
import { isObject, type Json } from './json.ts'
import type { InputProblem } from './errors.ts'

/** Limits on a builder's schema: it is compiled to code, so it is kept small and free of what can run wild. */
const limits = { characters: 100_000, depth: 20, nodes: 5_000, enumValues: 1_000 } as const

const refusedKeywords = ['$data', '$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$async']

/** Linear-time patterns in place of JavaScript's RegExp. */
const linearPattern = Object.assign(
  (pattern: string) => {
    const program = RE2JS.compile(pattern)
    return { test: (text: string) => program.matcher(text).find() }
  },
  { code: 're2' },
)

const createAjv = () => {
  const ajv = new Ajv2020({ strict: false, allErrors: false, code: { regExp: linearPattern }, validateFormats: true, addUsedSchema: false })
  ;(formats as unknown as (ajv: Ajv2020) => void)(ajv)
  return ajv
}

/** Why a value is no schema of ours, or undefined when it is one. */
function refusal(schema: unknown): string | undefined {
  if (!isObject(schema)) return 'a JSON Schema is an object'
  if (JSON.stringify(schema).length > limits.characters) return `a schema may have ${limits.characters} characters`
  let nodes = 0
  const visit = (value: unknown, depth: number): string | undefined => {
    if (++nodes > limits.nodes) return `a schema may have ${limits.nodes} parts`
    if (depth > limits.depth * 2) return `a schema may be ${limits.depth} levels deep`
    if (Array.isArray(value)) {
      if (value.length > limits.enumValues) return `a list in a schema may have ${limits.enumValues} items`
      return first(value, (item) => visit(item, depth + 1))
    }
    if (!isObject(value)) return undefined
    for (const [key, inner] of Object.entries(value)) {
      if (refusedKeywords.includes(key)) return `${key} is not available in schemas`
      if (key === '$ref' && (typeof inner !== 'string' || !inner.startsWith('#'))) return 'a $ref must stay inside the schema (#…)'
      if (key === 'pattern' && typeof inner === 'string' && inner.length > 1_000) return 'a pattern may have 1,000 characters'
    }
    return first(Object.values(value), (inner) => visit(inner, depth + 1))
  }
  const found = visit(schema, 0)
  if (found) return found
  try {
    createAjv().compile(schema)
  } catch (error) {
    return `not a JSON Schema (draft 2020-12): ${error instanceof Error ? error.message : String(error)}`
  }
  return undefined
}

const first = <T>(items: T[], ask: (item: T) => string | undefined): string | undefined => {
  for (const item of items) {
    const found = ask(item)
    if (found) return found
  }
  return undefined
}

/** A builder's JSON Schema: draft 2020-12, no remote references, patterns in RE2 syntax, within limits. */
export const JsonSchema = z.record(z.string(), z.json()).superRefine((schema, context) => {
  const message = refusal(schema)
  if (message) context.addIssue({ code: 'custom', message })
})
export type JsonSchema = z.infer<typeof JsonSchema>

const compiled = new Map<string, ValidateFunction>()

/** What is wrong with a value, by a schema that `JsonSchema` accepted; empty when it fits. */
export function schemaProblems(schema: JsonSchema, value: Json): InputProblem[] {
  const text = JSON.stringify(schema)
  let validate = compiled.get(text)
  if (!validate) {
    if (compiled.size >= 500) compiled.clear()
    validate = createAjv().compile(schema)
    compiled.set(text, validate)
  }
  return validate(value) ? [] : (validate.errors ?? []).map(asProblem)
}

const asProblem = (error: ErrorObject): InputProblem => ({
  path: error.instancePath.slice(1).replaceAll('/', '.'),
  message: `${error.instancePath ? '' : 'it '}${error.message ?? 'does not fit'}${error.keyword === 'enum' ? `: ${JSON.stringify(error.params.allowedValues)}` : ''}`,
})
