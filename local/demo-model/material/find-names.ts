import { findDates } from './find-values.ts'
import type { Source, SourceDocument } from './read-material.ts'

export interface Person {
  name: string
  /** What stands behind the name in brackets: "COO". */
  role?: string
  /** Sits on the writer's side of the table. */
  ours: boolean
}

const name = "\\p{Lu}[\\p{L}'’-]+(?: (?:van|von|de|der|den|da|di|la))?(?: \\p{Lu}[\\p{L}'’-]+){1,2}"

/** People named with a role in brackets, in a list of those present, or as "for us …". */
export const findPeople = (sources: readonly Source[]): Person[] => {
  const people = new Map<string, Person>()
  for (const { text } of sources) {
    const flat = text.replace(/\s+/g, ' ')
    for (const found of flat.matchAll(new RegExp(`(${name}) \\(([^()\\d]{2,40})\\)`, 'gu')))
      people.set(found[1]!, { name: found[1]!, role: found[2]!, ours: false })
    const present =
      /(?:on the call|attendees|participants|present|attended by|took part)\s*:\s*([^.\n]{3,300})/i.exec(
        flat,
      )?.[1] ?? ''
    for (const found of present.replace(/\([^)]*\)/g, '').matchAll(new RegExp(name, 'gu')))
      if (!people.has(found[0])) people.set(found[0], { name: found[0], ours: false })
    for (const found of flat.matchAll(
      new RegExp(
        `(?:for us|from us|on our side|our side|for our team|signed by|sender|sent by|written by|from):? (${name})`,
        'giu',
      ),
    ))
      if (/^\p{Lu}/u.test(found[1]!))
        people.set(found[1]!, { ...(people.get(found[1]!) ?? { name: found[1]! }), ours: true })
  }
  return [...people.values()]
}

const kindsOfPaper =
  /\b(?:calls?|notes?|meeting|minutes|product|sheet|case|study|brief(?:ing)?|summary|data ?sheet|price|list|proposal|transcript|interview|discovery|deck|report|reference|story|rfp)\b/i

/** "Call notes: Halvorsen Logistik AS" is about Halvorsen Logistik AS; a title that names only a kind of paper is about nobody. */
export const subjectOfTitle = (title: string): string | undefined =>
  title
    .split(/\s*(?::|–|—| - |\||\bwith\b|\bfor\b)\s*/)
    .map((part) => part.trim())
    .find((part) => /^\p{Lu}/u.test(part) && !kindsOfPaper.test(part) && findDates(part).length === 0)

const companyPattern =
  /\b(\p{Lu}[\p{L}&.'-]*(?: \p{Lu}[\p{L}&.'-]*){0,3} (?:ASA?|GmbH|AG|SE|Ltd\.?|Limited|Inc\.?|LLC|Corp\.?|B\.?V\.?|AB|Oy|A\/S|ApS|S\.?A\.?|S\.?r\.?l\.?|plc|KG))(?![\p{L}])/u

export const findCompany = (text: string): string | undefined =>
  companyPattern.exec(text.replace(/\s+/g, ' '))?.[1]

/** Whom the papers are about: the title of the customer's own paper, or the first company with a legal form in it. */
export const customerIn = (
  documents: readonly SourceDocument[],
  texts: readonly Source[],
): string | undefined => {
  const own = documents.filter((document) => document.role === 'customer')
  for (const document of own.length ? own : documents.filter((each) => each.role === 'other')) {
    const text = texts.find((each) => each.name === document.name)?.text ?? ''
    const found = (own.length && subjectOfTitle(document.title)) || findCompany(text)
    if (found) return found
  }
  return undefined
}
