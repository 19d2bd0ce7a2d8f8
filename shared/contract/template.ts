import { z } from 'zod'
import { budgets, sharing } from './budget.ts'
import { Refusal } from './errors.ts'
import { compile, type Expression, type Scope } from './expression.ts'
import { isObject, type Json } from './json.ts'

/** 100 KB a template (`definition.md`, limits). */
const templateLimit = 100_000

/** What a template may become: more would be refused wherever it goes. */
const renderedLimit = 5_000_000

export type TemplatePart = { text: string } | { expression: Expression }

/**
 * Splits `Hello ${name}` into its parts. `$${` is a literal `${`; braces and quotes inside an expression are understood.
 * @throws Refusal `Invalid` when a placeholder is not closed or its expression is refused
 */
export const parseTemplate = (template: string): TemplatePart[] =>
  splitTemplate(template).map((part) => ('text' in part ? part : { expression: compile(part.source) }))

/**
 * The same, with expressions as they are written.
 * @throws Refusal `Invalid` when a placeholder is not closed
 */
export function splitTemplate(template: string): ({ text: string } | { source: string })[] {
  if (template.length > templateLimit)
    throw new Refusal(
      'Invalid',
      `a template may have ${templateLimit} characters, this one has ${template.length}`,
    )
  const parts: ({ text: string } | { source: string })[] = []
  let text = ''
  let at = 0
  while (at < template.length) {
    const next = template.indexOf('${', at)
    if (next < 0) break
    if (template[next - 1] === '$' && next - 1 >= at) {
      text += `${template.slice(at, next - 1)}\${`
      at = next + 2
      continue
    }
    text += template.slice(at, next)
    const end = closingBrace(template, next + 2)
    if (text) parts.push({ text })
    text = ''
    parts.push({ source: template.slice(next + 2, end).trim() })
    at = end + 1
  }
  text += template.slice(at)
  if (text) parts.push({ text })
  return parts
}

function closingBrace(template: string, from: number): number {
  let depth = 0
  let quote = ''
  for (let at = from; at < template.length; at++) {
    const char = template[at] as string
    if (quote) {
      if (char === '\\') at++
      else if (template.startsWith(quote, at)) {
        at += quote.length - 1
        quote = ''
      }
    } else if (char === '"' || char === "'") {
      quote = template.startsWith(char.repeat(3), at) ? char.repeat(3) : char
      at += quote.length - 1
    } else if (char === '{') depth++
    else if (char === '}' && depth-- === 0) return at
  }
  throw new Refusal('Invalid', `a placeholder is not closed: ${template.slice(from - 2, from + 60)}`)
}

/** How a value reads inside a text: text as it is, numbers plainly, an absent value as nothing, the rest as JSON. */
export function stringify(value: Json): string {
  if (value === null) return ''
  return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * Renders one template. A string that is one placeholder keeps the value's type.
 * @throws Refusal `ExpressionFailed` naming the expression
 */
export function renderTemplate(
  template: string,
  scope: Scope,
  asText: (value: Json) => string = stringify,
): Json {
  if (!template.includes('${')) return template
  const parts = parseTemplate(template)
  const [only] = parts
  if (parts.length === 1 && only && 'expression' in only) return only.expression.evaluate(scope)
  let length = 0
  return parts
    .map((part) => {
      const text = 'text' in part ? part.text : asText(part.expression.evaluate(scope))
      length += text.length
      if (length > renderedLimit)
        throw new Refusal(
          'TooLarge',
          `A text may have ${renderedLimit} characters, and ${template.slice(0, 100)} becomes longer: name less, or shorter values.`,
        )
      return text
    })
    .join('')
}

/** Renders every string inside a JSON value. */
export const renderAll = (value: Json, scope: Scope): Json =>
  sharing(budgets.rendering, () => renderInside(value, scope))

function renderInside(value: Json, scope: Scope): Json {
  if (typeof value === 'string') return renderTemplate(value, scope)
  if (Array.isArray(value)) return value.map((item) => renderInside(item, scope))
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renderInside(inner, scope)]))
  return value
}

/** Every expression in the strings of a JSON value. */
export function expressionsIn(value: unknown): Expression[] {
  if (typeof value === 'string') {
    if (!value.includes('${')) return []
    return parseTemplate(value).flatMap((part) => ('expression' in part ? [part.expression] : []))
  }
  if (Array.isArray(value)) return value.flatMap(expressionsIn)
  return isObject(value) ? Object.values(value).flatMap(expressionsIn) : []
}

/** The roots that a value's templates name: what has to be passed on to render it elsewhere. */
export const rootsIn = (value: unknown): Set<string> =>
  new Set(expressionsIn(value).flatMap((expression) => [...expression.roots.keys()]))

const parses = (template: string, context: z.RefinementCtx) => {
  try {
    parseTemplate(template)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
  }
}

/** A string that may hold `${expression}`. */
export const Template = z.string().superRefine(parses)

/** A template that must say something. */
export const Wording = z.string().trim().min(1, 'must not be empty').superRefine(parses)

/** A value given by one whole placeholder, as in `when`, `in` and `until`. */
export const Placeholder = z.string().superRefine((template, context) => {
  parses(template, context)
  if (context.issues.length > 0) return
  const parts = parseTemplate(template)
  if (parts.length !== 1 || !parts[0] || !('expression' in parts[0]))
    context.addIssue({
      code: 'custom',
      message: 'write one whole placeholder, for example "${amount > 100}"',
    })
})
