import { countWords } from '../material/compare-words.ts'

export type Genre = 'proposal' | 'deck' | 'email' | 'script' | 'summary' | 'generic'

/** What kind of text, how long, with which sections. */
export interface Wish {
  genre: Genre
  /** The most words it may have. */
  words: number | undefined
  sections: string[]
}

const genres: [Genre, RegExp][] = [
  ['proposal', /\b(?:proposal|offer|quotation|tender)\b/i],
  ['deck', /\b(?:deck|presentation|slides?)\b/i],
  ['email', /\b(?:e-?mail|follow[- ]?up|letter|message to)\b/i],
  ['script', /\b(?:script|voice-?over|narration|spoken)\b/i],
  ['summary', /\b(?:summar(?:y|ise|ize)|brief|briefing|digest|overview|minutes|recap|key points)\b/i],
]

export const readWish = (instruction: string): Wish => ({
  genre: genreOf(instruction),
  words: wordsAsked(instruction),
  sections: sectionsAsked(instruction),
})

/** The first kind of text named after the verb that asks for it. */
const genreOf = (instruction: string): Genre => {
  const verb = /\b(?:write|draft|create|make|prepare|compose|produce|summari[sz]e|turn)\b/i.exec(instruction)
  for (const text of [instruction.slice(verb?.index ?? 0), instruction]) {
    const named = genres
      .map(([genre, pattern]) => ({ genre, at: pattern.exec(text)?.index ?? -1 }))
      .filter((each) => each.at >= 0)
      .sort((a, b) => a.at - b.at)
    if (named[0]) return named[0].genre
  }
  return 'generic'
}

/** "about 300 words", "at most 150 words", "no more than 80 words". */
const wordsAsked = (instruction: string): number | undefined => {
  const found = /(\d[\d,]*)(?:\s*(?:-|–|to)\s*(\d[\d,]*))?[\s-]words?\b/i.exec(instruction)
  return found ? Number((found[2] ?? found[1]!).replaceAll(',', '')) : undefined
}

/** "with the sections A, B and C", "Sections: A, B", or a list under a line that speaks of sections. */
const sectionsAsked = (instruction: string): string[] => {
  const lines = instruction.split('\n')
  const at = lines.findIndex((line) => /\b(?:sections|headings|parts|chapters)\b[^:]*:\s*$/i.test(line))
  if (at >= 0) {
    const list: string[] = []
    for (const line of lines.slice(at + 1)) {
      const item = /^\s*(?:[-*•]|\d+[.)])\s+(.+)$/.exec(line)?.[1]
      if (!item) break
      list.push(titleIn(item))
    }
    if (list.length) return list
  }
  const inline =
    /\b(?:sections|headings|parts|chapters)\b(?: (?:named|called|titled))?\s*:?\s+((?:\p{Lu}|["“])[^.:\n]+)/u.exec(
      instruction,
    )?.[1]
  if (!inline) return []
  const names = inline.split(/\s*[,;]\s*(?:and\s+)?|\s+and\s+(?=["“\p{Lu}])/u).map(titleIn)
  return names.length >= 2 && names.every((name) => name !== '' && countWords(name) <= 8) ? names : []
}

const titleIn = (text: string) =>
  text
    .replace(/\s*[:–(].*$/, '')
    .replace(/[*"“”_]/g, '')
    .trim()
