/** Words that carry no subject: they would make every two sentences look related. */
const plainWords = new Set(
  `a an the this that these those and or but nor of to in on at by for with from into as is are was were be been being it its he she they them
  their his her our ours your yours we us you i me my not no do does did done has have had will would can could may might must shall should
  if then than so such also only just very more most much many some any all each every both either when where who whom whose which what why
  how there here about over under between before after during until while out up down off per via within without against again further once
  same other another own too s t re ve ll please`.split(/\s+/),
)

/** One form for the inflections of a word, good enough to compare by: `deliveries` and `delivery`, `changes` and `changing`. */
const stem = (word: string): string => {
  if (word.length < 4 || /\d/.test(word)) return word
  const singular = word.replace(/ies$/, 'y').replace(/([^s])s$/, '$1')
  const bare = singular.length > 5 ? singular.replace(/(?:ing|ed)$/, '') : singular
  return bare.length > 3 ? bare.replace(/e$/, '') : bare
}

export const words = (text: string): string[] => text.match(/[\p{L}\p{N}]+(?:[.,:]\p{N}+)*/gu) ?? []

/** The words of a text that say what it is about, in one form each. Camel case counts as several words: `getOrder` is about an order. */
export const subjects = (text: string): Set<string> =>
  new Set(
    words(text.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2').replaceAll('_', ' '))
      .map((word) => word.toLowerCase())
      .filter((word) => !plainWords.has(word) && (word.length > 1 || /\d/.test(word)))
      .map(stem),
  )

/** The words of a text whose subjects are these, as the text writes them. */
export const written = (stems: ReadonlySet<string>, text: string): string[] => [
  ...new Set(
    words(text)
      .filter((word) => [...subjects(word)].some((each) => stems.has(each)))
      .map((word) => word.toLowerCase()),
  ),
]

export const overlap = (a: string | Set<string>, b: string | Set<string>): number => {
  const other = asSet(b)
  return [...asSet(a)].filter((word) => other.has(word)).length
}

const asSet = (text: string | Set<string>) => (typeof text === 'string' ? subjects(text) : text)

export const countWords = (text: string): number =>
  text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length

/** The item that `score` likes best, or undefined when it likes none; the earlier of equals. */
export const best = <T>(items: Iterable<T>, score: (item: T) => number): T | undefined => {
  let found: T | undefined
  let highest = 0
  for (const item of items) {
    const points = score(item)
    if (points > highest) [found, highest] = [item, points]
  }
  return found
}
