import { bare, wordsOf } from './fold.ts'
import { namedInFull } from './one-option.ts'
import { core, type NamedOption } from './options.ts'

const SEPARATOR = /[,;\n/]|(?:^|\s)(?:and|as well as)(?=\s)|[&+](?=\s)/giu
const WITH_PLUS = new RegExp(`${SEPARATOR.source}|(?:^|\\s)plus(?=\\s)`, 'giu')
/** More parts are a text, not a list. */
const MOST_PARTS = 100
/** A label may hold commas and "and" itself: "Oslo, Norway", "Research and development". */
const LONGEST_NAME = 4
const POLITE = /^(please|thanks|thank you|and|or|also|then)$/

/** The items of an answer that lists several: "the first, the third and Fleet". Parts that name an option together stay together. */
export function listParts(text: string, options: NamedOption[]): string[] {
  // "Fleet Plus" is a name.
  const plusIsName = options.some(({ words }) => words.some((name) => name.includes('plus')))
  const pieces = piecesOf(text, plusIsName ? SEPARATOR : WITH_PLUS)
  if (pieces.length > MOST_PARTS) return [text]
  const isName = (item: string) => namedInFull(item, options).length > 0
  const parts: string[] = []
  for (let at = 0; at < pieces.length; ) {
    const from = pieces[at]?.start
    const upTo = (count: number) => text.slice(from, pieces[at + count - 1]?.end).trim()
    let count = Math.min(LONGEST_NAME, pieces.length - at)
    while (count > 1 && !isName(upTo(count))) count -= 1
    const item = upTo(count)
    // "1 3" lists as well.
    const items = /^\d{1,3}(?: \d{1,3}){1,20}$/.test(item) && !isName(item) ? item.split(' ') : [item]
    parts.push(
      ...items.filter((said) => isName(said) || (core(wordsOf(said)).length > 0 && !POLITE.test(bare(said)))),
    )
    at += count
  }
  return parts
}

function piecesOf(text: string, separators: RegExp): { start: number; end: number }[] {
  const pieces: { start: number; end: number }[] = []
  let start = 0
  for (const separator of text.matchAll(separators)) {
    pieces.push({ start, end: separator.index })
    start = separator.index + separator[0].length
    if (pieces.length > MOST_PARTS) break
  }
  return [...pieces, { start, end: text.length }]
}
