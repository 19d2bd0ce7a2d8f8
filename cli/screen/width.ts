const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const wide =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u
const ascii = /^[\x20-\x7e]*$/

/** Columns a text takes on a terminal: East Asian characters and emoji take two, combining marks none. */
export function widthOf(text: string): number {
  if (ascii.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text))
    width += wide.test(segment) || segment.includes('\ufe0f') ? 2 : 1
  return width
}

/** The text's beginning, in at most so many columns; an ellipsis stands for what is missing. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let cut = ''
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    width += widthOf(segment)
    if (width > columns - 1) break
    cut += segment
  }
  return `${cut}…`
}

export const padTo = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - widthOf(text)))

/** Pieces of at most so many columns, for words that are longer than a line. */
export function chunksOf(word: string, columns: number): string[] {
  const chunks: string[] = []
  let chunk = ''
  for (const { segment } of graphemes.segment(word)) {
    if (chunk !== '' && widthOf(chunk + segment) > columns) {
      chunks.push(chunk)
      chunk = ''
    }
    chunk += segment
  }
  return chunk === '' ? chunks : [...chunks, chunk]
}
