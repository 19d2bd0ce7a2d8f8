/** Letters that do not come apart into a base letter and an accent. */
const WHOLE = new Map([
  ['ø', 'o'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ß', 'ss'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['ı', 'i'],
])

/** Text as it is compared: lower case, no accents, one kind of quote, dash and space. */
export const fold = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[øæœßłđðþı]/g, (letter) => WHOLE.get(letter) ?? letter)
    .replace(/[‘’‚‛`´′]/g, "'")
    .replace(/[“”„‟«»″]/g, '"')
    .replace(/[‐‑‒–—−]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()

/** Folded, without the quotes and the punctuation around it: “ "Fleet!" ” is `fleet`, “C#” stays `c#`. */
export const bare = (text: string): string => {
  const folded = fold(text)
  // Counted by hand: a pattern like [.]+$ would go over a long run of dots again from each of them.
  const isEdge = (character: string | undefined) =>
    character !== undefined && ' "\'.,;:!?()[]'.includes(character)
  let start = 0
  let end = folded.length
  while (start < end && isEdge(folded[start])) start += 1
  while (end > start && isEdge(folded[end - 1])) end -= 1
  return folded.slice(start, end) || folded
}

/** The words of a text, folded. `i'd` is `id`; `c++` and `c#` are words. */
export const wordsOf = (text: string): string[] =>
  fold(text)
    .replaceAll("'", '')
    .match(/\p{L}[\p{L}\p{N}]*[+#]*|\p{N}+\p{L}*/gu) ?? []
