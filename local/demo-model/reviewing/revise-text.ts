import { best, countWords, overlap, subjects } from '../material/compare-words.ts'
import type { Fact } from '../material/read-material.ts'
import { asSentence, splitSentences } from '../material/split-sentences.ts'
import { findAvoided } from '../prompt/read-brand-guide.ts'
import { fitWords, toMarkdown } from '../writing/parts.ts'
import { readParts } from './read-parts.ts'
import type { Finding } from './review-text.ts'

/** The text with each quoted passage corrected: a word to avoid goes, a sentence that the sources contradict becomes theirs or goes. */
export const reviseByFindings = (
  text: string,
  findings: readonly Finding[],
  facts: readonly Fact[],
): string => {
  let revised = text
  for (const { quote, message, source } of findings) {
    const missing = /does not mention (.+?)\.?$/i.exec(message)?.[1]
    const tooLong = /(\d+) are allowed|at most (\d+) words/i.exec(message)
    if (missing) revised = mention(revised, missing, facts)
    else if (tooLong) revised = shorten(revised, Number(tooLong[1] ?? tooLong[2]))
    else if (quote && revised.includes(quote)) revised = correct(revised, quote, source)
  }
  return revised
}

const correct = (text: string, quote: string, source: string | undefined): string => {
  if (/!$/.test(quote)) return text.replaceAll(quote, quote.replace(/!+$/, '.'))
  if (countWords(quote) <= 4)
    return carriesItsSentence(quote, text) ? removeSentencesWith(text, quote) : removeWord(text, quote)
  const replacement =
    source && overlap(subjects(quote), source) >= 2 && !text.includes(source) ? asSentence(source) : ''
  return tidy(text.replace(quote, replacement))
}

/** "We guarantee savings" and "it is the best" are no sentences without the word; "our revolutionary product" is one. */
const carriesItsSentence = (quote: string, text: string): boolean =>
  /^(?:guarantee|never|always|no risk)/i.test(quote) ||
  new RegExp(`\\b(?:is|are|was|were|be) (?:an? )?${escaped(quote)}\\s*(?:[.,;!?\\n]|$)`, 'iu').test(text)

const removeSentencesWith = (text: string, quote: string): string =>
  tidy(
    text
      .split('\n')
      .map((line) =>
        line.includes(quote)
          ? splitSentences(line)
              .filter((sentence) => !sentence.includes(quote))
              .join(' ')
          : line,
      )
      .join('\n'),
  )

/** The revised text that a person's comment asks for, as far as a rule can apply it. */
export const reviseByRequest = (
  text: string,
  request: string,
  facts: readonly Fact[],
  avoid: readonly string[],
): string => {
  let revised = text
  for (const [from, to] of replacements(request))
    if (revised.includes(from)) revised = revised.replaceAll(from, to)
  for (const gone of removals(request)) revised = remove(revised, gone)
  const limit = /(\d+) words/i.exec(request)
  if (limit) revised = shorten(revised, Number(limit[1]))
  else if (/\bshort(?:er|en)|too long|more concise|cut (?:it|this) down|half as long/i.test(request))
    revised = shorten(revised, Math.round(countWords(text) * (/half/i.test(request) ? 0.5 : 0.7)))
  for (const thing of mentions(request)) revised = mention(revised, thing, facts)
  for (let found = findAvoided(revised, avoid); found; found = findAvoided(revised, avoid))
    revised = removeWord(revised, found.word)
  return revised
}

/** `change "A" to "B"`, `replace A with B`, `say B instead of A`. */
const replacements = (request: string): [string, string][] => [
  ...[
    ...request.matchAll(
      /\b(?:change|replace|correct|rename) (?:the (?:word|name|plan|date|price|figure) )?["“']?(.+?)["”']? (?:to|with|by|into) ["“']?(.+?)["”']?(?=[,;\n]|\.(?:\s|$)|$| and (?:change|replace|mention|add|remove|shorten))/gi,
    ),
  ].map(([, from, to]): [string, string] => [from!, to!]),
  ...[...request.matchAll(/["“']([^"”']+)["”'] instead of ["“']([^"”']+)["”']/gi)].map(
    ([, to, from]): [string, string] => [from!, to!],
  ),
]

const removals = (request: string): string[] =>
  [
    ...request.matchAll(
      /\b(?:remove|delete|drop|leave out|take out|without|cut) (?:the (?:section|part|sentence|paragraph|word|words|bit)s? (?:on|about|called|with)? ?|the )?["“']?(.+?)["”']?(?=[,;\n]|\.(?:\s|$)|$| and (?:change|replace|mention|add|remove|shorten))/gi,
    ),
  ]
    .map(([, thing]) => thing!)
    .filter((thing) => !/^(?:it|this|down)\b/i.test(thing))

const mentions = (request: string): string[] =>
  [
    ...request.matchAll(
      /\b(?:mention|add|include|name|point out|say|state) (?!"[^"]*" instead)(.+?)(?=[;\n]|\.(?:\s|$)|$|, (?:and )?(?:change|replace|remove|make|shorten|drop|mention)| and (?:change|replace|remove|shorten|make|drop))/gi,
    ),
  ].map(([, thing]) =>
    thing!
      .replace(/^["“']|["”']$/g, '')
      .replace(/^(?:a |one )?(?:sentence|line|word|paragraph|note) (?:on|about|that says|saying) /i, ''),
  )

/** A section of that name, else the sentences and points with these words. */
const remove = (text: string, thing: string): string => {
  const lines = text.split('\n')
  const heading = lines.findIndex(
    (line) => /^#{2,6} /.test(line) && overlap(thing.replace(/\bsection\b/i, ''), line) > 0,
  )
  if (heading >= 0) {
    const next = lines.findIndex((line, at) => at > heading && /^#{1,6} /.test(line))
    return tidy([...lines.slice(0, heading), ...(next < 0 ? [] : lines.slice(next))].join('\n'))
  }
  const about = subjects(thing)
  if (about.size === 0) return text
  const speaksOfIt = (passage: string) => overlap(about, passage) === about.size
  const kept = lines.flatMap((line) => {
    if (!speaksOfIt(line)) return [line]
    const sentences = splitSentences(line).flatMap((sentence) =>
      speaksOfIt(sentence) ? withoutClauses(sentence, speaksOfIt) : [sentence],
    )
    return sentences.length ? [sentences.join(' ')] : []
  })
  return tidy(kept.join('\n'))
}

/** Of a series set off by semicolons only the clause that speaks of it goes. */
const withoutClauses = (sentence: string, speaksOfIt: (clause: string) => boolean): string[] => {
  const lead = /^[^;:]{3,60}: /.exec(sentence)?.[0] ?? ''
  const clauses = sentence
    .slice(lead.length)
    .replace(/\.$/, '')
    .split(/; (?:and )?/)
  const kept = clauses.filter((clause) => !speaksOfIt(clause))
  if (clauses.length < 2 || kept.length === 0) return []
  return [
    asSentence(
      lead +
        (kept.length > 1 && / and |; and /.test(sentence)
          ? `${kept.slice(0, -1).join('; ')}; and ${kept.at(-1)}`
          : kept.join('; ')),
    ),
  ]
}

const mention = (text: string, thing: string, facts: readonly Fact[]): string => {
  const own = /^that (.+)$/i.exec(thing)?.[1]
  const about = subjects(thing)
  if (!own && text.split('\n').some((line) => about.size > 0 && overlap(about, line) === about.size))
    return text
  const fact = own
    ? undefined
    : best(
        facts.filter((each) => !text.includes(each.text)),
        (each) =>
          overlap(about, each.subjects) >= Math.min(2, about.size) ? overlap(about, each.subjects) : 0,
      )
  const sentence = own
    ? asSentence(own.charAt(0).toUpperCase() + own.slice(1))
    : fact
      ? asSentence(fact.text)
      : `The material given says nothing about ${thing.replace(/\.$/, '')}.`
  // Before the sign-off of a letter, else at the end.
  const close = /\n\n(?:Kind|Best|Warm) regards,/.exec(text)
  return close
    ? `${text.slice(0, close.index)}\n\n${sentence}${text.slice(close.index)}`
    : `${text.trimEnd()}\n\n${sentence}`
}

const shorten = (text: string, words: number): string => {
  if (countWords(text) <= words) return text
  const { title, parts, close } = readParts(text)
  const reserved = countWords(`${title ?? ''} ${close}`)
  return [toMarkdown(fitWords(parts, Math.max(1, words - reserved)), title), close]
    .filter(Boolean)
    .join('\n\n')
}

const removeWord = (text: string, word: string): string =>
  tidy(
    text
      .replace(
        new RegExp(`\\b[Aa]n? ${escaped(word)} (?=(\\p{L}))`, 'gu'),
        (found: string, letter: string) =>
          `${found.startsWith('A') ? 'A' : 'a'}${/[aeiou]/i.test(letter) ? 'n' : ''} `,
      )
      .replace(new RegExp(` ?${escaped(word)}(?![\\p{L}])`, 'giu'), ''),
  )

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** No holes where something was: doubled blanks, empty points, a sentence that starts small. */
const tidy = (text: string): string =>
  text
    .replace(/[^\S\n]{2,}(?=\S)/g, (gap, at: number, whole: string) =>
      whole[at - 1] === '\n' || at === 0 ? gap : ' ',
    )
    .replace(/ +([.,;!?])/g, '$1')
    .replace(/^\s*[-*•]\s*\.?\s*$\n?/gm, '')
    .replace(
      /(^|[.!?] |\n)(\p{Ll})(?=\p{Ll}+ (?:is|are|was|has|have|will|can)\b)/gu,
      (_, lead: string, letter: string) => lead + letter.toUpperCase(),
    )
    .replace(/[^\S\n]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
