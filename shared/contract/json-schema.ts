import { Ajv2020, type ErrorObject, MissingRefError, type ValidateFunction } from 'ajv/dist/2020.js'
import { z } from 'zod'
import { budgets, onBudget } from './budget.ts'
import type { InputProblem } from './errors.ts'
import { type Json, JsonValue } from './json.ts'
import { compileMetered } from './json-schema/compile.ts'
import { inWords, type SchemaFault } from './json-schema/fault-words.ts'
import { shapeRefusal } from './json-schema/shape.ts'

// Checks schemas against the draft's own schema. One for all: to prepare it takes longer than any check.
const draft = new Ajv2020({ strict: false, logger: false })

/** Why a value is no schema of ours, or undefined when it is one. */
function refusal(schema: unknown): string | undefined {
  const found = shapeRefusal(schema)
  if (found) return found
  try {
    if (!draft.validateSchema(schema as object)) {
      const { path, message } = inWords(faultsOf(draft.errors ?? [], schema))
      return notASchema(`${path.join('.') || 'it'} ${message}`)
    }
    const validate = onBudget(budgets.schema, () => compileMetered(schema as JsonSchema))
    // What refers to itself without end does so for one of these.
    for (const sample of [null, true, 0, '', [], {}]) onBudget(budgets.schema, () => validate(sample))
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return 'the schema refers to itself without end'
    if (error instanceof MissingRefError)
      return `a $ref leads to ${error.missingRef.slice(0, 200)}, and nothing is there: define it under $defs`
    return notASchema(error instanceof Error ? error.message : String(error))
  }
}

const notASchema = (why: string) => `not a JSON Schema (draft 2020-12): ${why.slice(0, 300)}`

/** A builder's JSON Schema: draft 2020-12, no remote references, patterns in RE2 syntax, within limits. */
export const JsonSchema = z.record(z.string(), JsonValue).superRefine((schema, context) => {
  const message = refusal(schema)
  if (message) context.addIssue({ code: 'custom', message })
})
export type JsonSchema = z.infer<typeof JsonSchema>

const compiled = new Map<string, ValidateFunction>()

/** Holds values against a schema that `JsonSchema` accepted. Gives what is wrong; nothing when a value fits. */
export function checkerOf(schema: JsonSchema): (value: Json) => SchemaFault[] {
  const text = JSON.stringify(schema)
  let validate = compiled.get(text)
  if (!validate) {
    if (compiled.size >= 500) compiled.clear()
    validate = onBudget(budgets.schema, () => compileMetered(schema))
    compiled.set(text, validate)
  }
  const check = validate
  return (value) => {
    try {
      return onBudget(budgets.schema, () => check(value)) ? [] : faultsOf(check.errors ?? [], value)
    } catch {
      return [tooMuch]
    }
  }
}

const tooMuch: SchemaFault = { path: [], keyword: '', params: {}, given: undefined }

/** What is wrong with a value, by a schema that `JsonSchema` accepted; empty when it fits. */
export function schemaProblems(schema: JsonSchema, value: Json): InputProblem[] {
  const faults = checkerOf(schema)(value)
  if (faults.length === 0) return []
  const { path, message } = inWords(faults)
  return [{ path: path.join('.'), message: `${path.length > 0 ? '' : 'it '}${message}` }]
}

const faultsOf = (errors: ErrorObject[], value: unknown): SchemaFault[] =>
  errors.map(({ instancePath, keyword, params }) => {
    const path = instancePath
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    return { path, keyword, params, given: path.reduce<unknown>(inside, value) }
  })

const inside = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
