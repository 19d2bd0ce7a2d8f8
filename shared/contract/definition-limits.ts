import type { Problem } from './step.ts'

/** Limits of a definition; over one is refused by name. */
export const definitionLimits = {
  bytes: 1_000_000,
  steps: 1_000,
  depth: 20,
  nesting: 150,
  placeholders: 10_000,
  schemaParts: 2_000,
} as const

/** Fields that hold a JSON Schema, wherever they stand; `input` and `output` only in the envelope. */
const schemaFields = new Set(['responseSchema', 'schema'])

/**
 * What would keep the checks below busy for long, or overflow the stack, found by one look over the whole: nesting,
 * the number of expressions to compile, and of schemas.
 */
export function boundsProblem(given: unknown): Problem | undefined {
  const { nesting, placeholders, schemaParts } = definitionLimits
  let expressions = 0
  let parts = 0
  const visit = (value: unknown, depth: number, inSchema: boolean): Problem | undefined => {
    if (typeof value === 'string') {
      for (let at = value.indexOf('${'); at >= 0; at = value.indexOf('${', at + 2)) expressions++
      return expressions > placeholders
        ? { path: '', message: `a workflow may have ${placeholders} placeholders` }
        : undefined
    }
    if (typeof value !== 'object' || value === null) return undefined
    if (depth > nesting) return { path: '', message: `the JSON of a workflow may be nested ${nesting} deep` }
    if (inSchema && ++parts > schemaParts)
      return { path: '', message: `the schemas of a workflow may have ${schemaParts} parts together` }
    for (const [key, inner] of Object.entries(value)) {
      const found = visit(
        inner,
        depth + 1,
        inSchema || schemaFields.has(key) || (depth === 0 && (key === 'input' || key === 'output')),
      )
      if (found) return found
    }
    return undefined
  }
  return visit(given, 0, false)
}
