import { readDocument, type Source } from '../material/read-material.ts'

/** Words and names that the organisation wants or does not want to see. */
export interface BrandGuide {
  avoid: string[]
  use: string[]
  /** The organisation that writes. */
  name: string | undefined
  plainText: boolean
}

/**
 * The system message may say `Words to avoid: a, b`, `Words to use: c`, `Brand: Name` or "You write for Name". What the material itself
 * forbids in quotation marks ("we never say “revolutionary”") is avoided too.
 */
export const readBrandGuide = (system: string, sources: readonly Source[]): BrandGuide => ({
  avoid: [...new Set([...listAfter(system, 'avoid'), ...forbiddenBy(sources)])],
  use: listAfter(system, 'use'),
  name:
    /^(?:brand|organi[sz]ation|company|workspace|name): *(.+)$/im.exec(system)?.[1]?.trim() ??
    /\b(?:writes?|writing|write) (?:for|on behalf of|as) ((?:\p{Lu}[\p{L}&.'-]*)(?: \p{Lu}[\p{L}&.'-]*)*)/u
      .exec(system)?.[1]
      ?.replace(/\.$/, ''),
  plainText: /plain text|no markdown|without markdown/i.test(system),
})

const listAfter = (system: string, verb: 'avoid' | 'use'): string[] =>
  [
    ...system.matchAll(
      new RegExp(`^.*?\\b(?:words?|phrases?|terms?)[^:\\n]*\\b${verb}\\b[^:\\n]*: *(.+)$`, 'gim'),
    ),
  ]
    .flatMap(([, list]) => list!.split(/[,;]/))
    .map((word) =>
      word
        .trim()
        .replace(/^["“'‘]|["”'’.]+$/g, '')
        .trim(),
    )
    .filter((word) => word !== '' && !/^(?:none|-|–|\(none\))$/i.test(word))

const forbiddenBy = (sources: readonly Source[]): string[] =>
  sources
    .flatMap((source) => readDocument(source).facts)
    .filter((fact) => fact.topic === 'never' || fact.topic === 'tone')
    .flatMap((fact) =>
      [...fact.text.matchAll(/[“"„]([^”"“]{2,40})[”"“]/g)].map(([, word]) => word!.toLowerCase()),
    )
    .filter((word) => word.split(' ').length <= 3)

/** The first of these words that a text has as a whole word, in any case. */
export const findAvoided = (
  text: string,
  avoid: readonly string[],
): { word: string; at: number } | undefined => {
  for (const word of avoid) {
    const found = new RegExp(
      `(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`,
      'iu',
    ).exec(text)
    if (found) return { word: found[0], at: found.index }
  }
  return undefined
}
