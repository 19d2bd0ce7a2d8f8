import { ExternalHyperlink, type ParagraphChild, TextRun } from 'docx'
import type { Span } from '../content/blocks.ts'
import { hasRightToLeft } from '../look/scripts.ts'

/** What a table header or a quote lays over its text. */
export interface Over {
  bold?: true
  color?: string
}

export const runsOf = (spans: Span[], over: Over = {}): ParagraphChild[] =>
  spans.flatMap((span) => (span.link ? [linkOf(span, span.link, over)] : lines(span, over)))

const linkOf = (span: Span, link: string, over: Over): ParagraphChild =>
  new ExternalHyperlink({ link, children: lines(span, over, 'Hyperlink') })

/** Word knows no line end inside text: each line is a run of its own. */
const lines = (span: Span, over: Over, style?: string): TextRun[] =>
  span.text.split('\n').map(
    (text, index) =>
      new TextRun({
        text,
        ...(index > 0 ? { break: 1 } : {}),
        ...(span.code ? { style: 'CodeText' } : style ? { style } : {}),
        ...(span.bold || over.bold ? { bold: true } : {}),
        ...(span.italic ? { italics: true } : {}),
        ...(span.strike ? { strike: true } : {}),
        ...(over.color ? { color: over.color } : {}),
        ...(hasRightToLeft(text) ? { rightToLeft: true } : {}),
      }),
  )
