import { splitTemplate } from './template.ts'

/** The secret that an expression names, when it is just `secure.name`. */
const named = /^secure\.([A-Za-z][A-Za-z0-9_]{0,63})$/
const touches = /\bsecure\b/

const expressionsOf = (value: unknown): string[] => {
  if (typeof value === 'string')
    return value.includes('${')
      ? splitTemplate(value).flatMap((part) => ('source' in part ? [part.source] : []))
      : []
  if (Array.isArray(value)) return value.flatMap(expressionsOf)
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(expressionsOf) : []
}

/** Names of the secrets that the templates in a value put in. */
export const secretsIn = (value: unknown): Set<string> =>
  new Set(expressionsOf(value).flatMap((source) => named.exec(source)?.[1] ?? []))

/** Why a value uses `secure` as it may not; undefined when it does not. A secret is put in as it is: nothing is computed from it. */
export function secureProblem(value: unknown): string | undefined {
  const wrong = expressionsOf(value).find((source) => touches.test(source) && !named.test(source))
  return wrong === undefined
    ? undefined
    : `\${${wrong.slice(0, 80)}}: a secret is put in as it is: write \${secure.name}, and nothing else between the braces`
}
