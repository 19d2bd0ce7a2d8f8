import { countWords, subjects } from '../material/compare-words.ts'
import { findMoney } from '../material/find-values.ts'
import { splitSentences } from '../material/split-sentences.ts'

interface Breach {
  quote: string
  message: string
}

const praise =
  /(?<![\p{L}-])(?:the best|best(?:-in-class| in class| possible)?(?! (?:regards|wishes|practices?|before|case))|greatest|finest|fastest|cheapest|revolutionary|unparalleled|unmatched|unrivalled|unbeatable|world[- ]class|cutting[- ]edge|game[- ]chang(?:ing|er)|groundbreaking|state[- ]of[- ]the[- ]art|amazing|incredible|perfect|ultimate|unique|industry[- ]leading|market[- ]leading|second to none)(?![\p{L}-])/giu

/** Words of praise and exclamation marks, each once. The mark is quoted with the word before it. */
export const superlatives = (text: string): string[] => [
  ...new Set([...text.matchAll(praise), ...text.matchAll(/[\p{L}\p{N}]+!+/gu)].map(([found]) => found)),
]

/** How a text breaks a rule in plain words: "No X", "Must mention X", "At most 100 words". A rule of another kind finds nothing. */
export const breachesOf = (rule: string, text: string): Breach[] => {
  const words = /(?:at most|no more than|max(?:imum)?|up to|under|fewer than) (\d+) words/i.exec(rule)
  if (words)
    return countWords(text) > Number(words[1])
      ? [
          {
            quote: firstSentence(text),
            message: `The text has ${countWords(text)} words; ${words[1]} are allowed.`,
          },
        ]
      : []
  const must =
    /\b(?:must|has to|should|needs? to|always)?\s*(?:mention|include|contain|name|state|say) (?:that |the word )?(.+?)[.!]?$/i.exec(
      rule,
    )
  const mustNot =
    /^(?:no|never(?: say| use| mention| write)?|do not (?:say|use|mention|write|name|promise)|don't (?:say|use|mention)|avoid|without|must not (?:say|use|mention|contain)|not) (.+?)[.!]?$/i.exec(
      rule.trim(),
    )
  if (mustNot) return splitList(mustNot[1]!).flatMap((thing) => occurrences(thing, text))
  if (must && !/\b(?:not|never|no)\b/i.test(rule)) return missing(must[1]!, text)
  return []
}

/** "superlatives, exclamation marks or “synergy”" */
const splitList = (text: string): string[] =>
  text
    .split(/\s*,\s*(?:and |or |no )?|\s+(?:and|or|nor)\s+(?:no )?/i)
    .map((each) => each.trim())
    .filter(Boolean)

const occurrences = (thing: string, text: string): Breach[] => {
  const asks = `The rule says: no ${thing}.`
  if (/superlative/i.test(thing))
    return superlatives(text)
      .filter((quote) => !quote.endsWith('!'))
      .map((quote) => ({ quote, message: asks }))
  if (/exclamation/i.test(thing))
    return superlatives(text)
      .filter((quote) => quote.endsWith('!'))
      .map((quote) => ({ quote, message: asks }))
  if (/prices?|amounts?|money/i.test(thing)) return findMoney(text).map((quote) => ({ quote, message: asks }))
  if (/emoji/i.test(thing))
    return [...text.matchAll(/\p{Extended_Pictographic}/gu)].map(([quote]) => ({ quote, message: asks }))
  if (/^(?:numbers?|figures?|digits?)$/i.test(thing))
    return [...text.matchAll(/\d[\d.,]*/g)].map(([quote]) => ({ quote, message: asks }))
  const word = thing
    .replace(/^["“'‘]|["”'’]$/g, '')
    .replace(/^(?:the (?:words?|phrase) )["“]?/i, '')
    .trim()
  const bare = word.length > 4 ? word.replace(/ies$/i, 'y').replace(/s$/i, '') : word
  const found = new RegExp(
    `(?<![\\p{L}\\p{N}])${bare.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/y$/i, '(?:y|ies)')}(?:s|es)?(?![\\p{L}\\p{N}])`,
    'giu',
  )
  return [...new Set([...text.matchAll(found)].map(([quote]) => quote))].map((quote) => ({
    quote,
    message: asks,
  }))
}

const missing = (thing: string, text: string): Breach[] => {
  const present = subjects(text)
  const lacking = splitList(thing.replace(/^["“]|["”]$/g, '')).filter((each) =>
    [...subjects(each)].some((word) => !present.has(word)),
  )
  return lacking.map((each) => ({
    quote: firstSentence(text),
    message: `The text does not mention ${each}.`,
  }))
}

/** What a finding about the whole text quotes. */
const firstSentence = (text: string): string => {
  const line =
    text.split('\n').find((each) => each.trim() !== '' && !/^\s*#/.test(each)) ?? text.split('\n')[0] ?? ''
  return splitSentences(line)[0] ?? line.trim()
}
