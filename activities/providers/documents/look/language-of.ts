/** Words that carry no meaning of their own tell a language best. */
const small: Record<string, string[]> = {
  en: ['the', 'and', 'of', 'to', 'is', 'with', 'for', 'that', 'are', 'this'],
  de: ['der', 'die', 'und', 'das', 'ist', 'mit', 'nicht', 'für', 'ein', 'auf'],
  fr: ['le', 'les', 'et', 'est', 'des', 'une', 'pour', 'dans', 'sur', 'vous'],
  es: ['el', 'los', 'y', 'es', 'las', 'una', 'para', 'con', 'del', 'por'],
  it: ['il', 'gli', 'è', 'che', 'di', 'una', 'per', 'con', 'della', 'sono'],
  pt: ['os', 'e', 'é', 'que', 'uma', 'para', 'com', 'não', 'do', 'da'],
  nl: ['het', 'een', 'en', 'is', 'van', 'met', 'niet', 'voor', 'zijn', 'op'],
  nb: ['og', 'er', 'det', 'som', 'ikke', 'til', 'med', 'på', 'av', 'vi'],
  sv: ['och', 'är', 'det', 'som', 'inte', 'till', 'med', 'på', 'av', 'att'],
  da: ['og', 'er', 'det', 'som', 'ikke', 'til', 'med', 'på', 'af', 'vi'],
  pl: ['i', 'w', 'na', 'jest', 'nie', 'się', 'z', 'do', 'że', 'dla'],
}

const scripts: [string, RegExp][] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
  ['el', /\p{Script=Greek}/gu],
]

/** The language of a text as screen readers want it (BCP 47), by its script and its smallest words; `en` when nothing tells. */
export const languageOf = (text: string): string => {
  const sample = text.slice(0, 20_000)
  const letters = sample.match(/\p{L}/gu)?.length ?? 0
  // Names in another script are not the text's own: it takes a third of the letters, for Japanese its kana among Chinese characters.
  const written = scripts.find(
    ([code, script]) => (sample.match(script)?.length ?? 0) > letters * (code === 'ja' ? 0.1 : 0.33),
  )
  if (written) return written[0]
  const words = Map.groupBy(sample.toLowerCase().match(/\p{L}+/gu) ?? [], (word) => word)
  const scores = Object.entries(small).map(([code, list]) => ({
    code,
    score: list.reduce((sum, word) => sum + (words.get(word)?.length ?? 0), 0),
  }))
  return scores.reduce((best, one) => (one.score > best.score ? one : best)).code
}
