const abbreviations =
  /(?:^|[\s(])(?:e\.g|i\.e|etc|approx|ca|bzw|z\.B|d\.h|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|vs|Inc|Ltd|Co|Fig|resp|incl|excl|max|min|\p{Lu})\.$/u

/** A sentence ends at `.`, `!`, `?` or `…` (and closing quotes) before a capital, a figure or a quote; not after an abbreviation or inside a quotation. */
export const splitSentences = (text: string): string[] => {
  const sentences: string[] = []
  let start = 0
  for (const end of text.matchAll(/[.!?…]+["”’»)\]]*(?=\s+[\p{Lu}\p{N}"“„«‘(])/gu)) {
    const sentence = text.slice(start, end.index + end[0].length)
    if (abbreviations.test(sentence) || insideQuotation(sentence)) continue
    sentences.push(sentence.trim())
    start = end.index + end[0].length
  }
  sentences.push(text.slice(start).trim())
  return sentences.flatMap(bearable).filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
}

/** Text without full stops, as bad scans have it, comes in lengths that can be quoted. */
const bearable = (sentence: string): string[] =>
  sentence.length <= 1_200 ? [sentence] : (sentence.match(/\S[\s\S]{0,400}(?=\s|$)/g) ?? [sentence])

const insideQuotation = (text: string): boolean => {
  const opened = (text.match(/[“„«]/g) ?? []).length
  const closed = (text.match(/[”»]/g) ?? []).length
  return opened > closed && text.length < 600
}

export const endsSentence = (line: string): boolean => /[.!?…][”"’»)\]]*$/.test(line.trim())

/** With a full stop, as a sentence in running text needs it. */
export const asSentence = (text: string): string => {
  const trimmed = text.trim().replace(/[;,:]$/, '')
  return endsSentence(trimmed) ? trimmed : `${trimmed}.`
}

/** Without its full stop, as a cell, a bullet or a clause wants it. */
export const asClause = (text: string): string => text.trim().replace(/(?<!\.)\.$/, '')

export const capitalised = (text: string): string =>
  text.replace(/^(["“(]*)(\p{Ll})/u, (_, lead: string, letter: string) => lead + letter.toUpperCase())

/** Lower-cased for the middle of a sentence, unless the first word is a name, an acronym or `I`. */
export const lowered = (text: string): string =>
  /^\p{Lu}\p{Ll}*(?=[\s,;:-]|$)/u.test(text) && !/^(?:I\b|\p{Lu}\p{Ll}+ \p{Lu})/u.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text
