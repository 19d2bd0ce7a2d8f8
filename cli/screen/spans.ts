import { styleText } from 'node:util'
import { chunksOf, widthOf } from './width.ts'

export type Format = Parameters<typeof styleText>[0]

/** A stretch of text in one style. */
export interface Span {
  text: string
  styles: string[]
}

/** Styled, where colours are wanted: `styleText` leaves them out without a terminal and under NO_COLOR. */
export const paint = (format: string | string[], text: string): string => styleText(format as Format, text)

export const show = (line: Span[]): string =>
  line.map(({ text, styles }) => (styles.length > 0 ? paint(styles, text) : text)).join('')

export const textOf = (spans: Span[]): string => spans.map(({ text }) => text).join('')

/** Lines of at most so many columns, broken at spaces and at the text's own line breaks. */
export function wrapSpans(spans: Span[], columns: number): Span[][] {
  const lines: Span[][] = [[]]
  let width = 0
  const newLine = () => {
    lines.push([])
    width = 0
  }
  const put = (text: string, styles: string[]) => {
    const line = lines.at(-1) as Span[]
    const last = line.at(-1)
    if (last && last.styles === styles) last.text += text
    else line.push({ text, styles })
    width += widthOf(text)
  }
  for (const { text, styles } of spans)
    for (const piece of text.split(/(\n| +)/)) {
      if (piece === '') continue
      if (piece === '\n') {
        newLine()
        continue
      }
      if (piece.startsWith(' ')) {
        // A space at a line's edge is not shown.
        if (width > 0 && width + piece.length < columns) put(piece, styles)
        else if (width > 0) newLine()
        continue
      }
      if (width > 0 && width + widthOf(piece) > columns) newLine()
      const [first = '', ...rest] = widthOf(piece) > columns ? chunksOf(piece, columns) : [piece]
      put(first, styles)
      for (const chunk of rest) {
        newLine()
        put(chunk, styles)
      }
    }
  return lines.map(withoutTail)
}

const withoutTail = (line: Span[]): Span[] => {
  const last = line.at(-1)
  return last ? [...line.slice(0, -1), { ...last, text: last.text.trimEnd() }] : line
}

export const wrap = (text: string, columns: number): string[] =>
  wrapSpans([{ text, styles: [] }], columns).map((line) => textOf(line))
