import type { Problem } from './step.ts'
import { splitTemplate } from './template.ts'

/** Limits of a definition; over one is refused by name. */
export const definitionLimits = {
  bytes: 1_000_000,
  steps: 1_000,
  depth: 20,
  nesting: 150,
  placeholders: 10_000,
  expressionCharacters: 200_000,
  schemaParts: 2_000,
} as const

/** Fields that hold a JSON Schema, wherever they stand; `input` and `output` only in the envelope. */
const schemaFields = new Set(['responseSchema', 'schema'])

/**
 * What would keep the checks below busy for long, or overflow the stack, found by one look over the whole: nesting,
 * the number of expressions to compile, and of schemas.
 */
export function boundsProblem(given: unknown, what = 'a workflow'): Problem | undefined {
  const { nesting, placeholders, expressionCharacters, schemaParts } = definitionLimits
  let expressions = 0
  let characters = 0
  let parts = 0
  const visit = (value: unknown, depth: number, inSchema: boolean): Problem | undefined => {
    if (typeof value === 'string') {
      for (const source of expressionsOf(value)) {
        if (++expressions > placeholders)
          return { path: '', message: `${what} may have ${placeholders} placeholders` }
        characters += source.length
        if (characters > expressionCharacters)
          return {
            path: '',
            message: `the expressions of ${what} may have ${expressionCharacters} characters together`,
          }
      }
      return undefined
    }
    if (typeof value !== 'object' || value === null) return undefined
    if (depth > nesting) return { path: '', message: `the JSON of ${what} may be nested ${nesting} deep` }
    if (inSchema && ++parts > schemaParts)
      return { path: '', message: `the schemas of ${what} may have ${schemaParts} parts together` }
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

/** The expressions in a text, none when it is no template: whether it should be one is for its field to say. */
function expressionsOf(text: string): string[] {
  if (!text.includes('${')) return []
  try {
    return splitTemplate(text).flatMap((part) => ('source' in part ? [part.source] : []))
  } catch {
    return []
  }
}
