import type { Token, Tokens } from 'marked'
import type { Span } from './blocks.ts'
import { decodeEntities } from './entities.ts'

type Style = Omit<Span, 'text'>

/** Inline Markdown as a flat list of styled stretches; neighbours in one style are joined. */
export const parseSpans = (tokens: Token[] | undefined): Span[] => {
  const spans: Span[] = []
  collect(tokens ?? [], {}, spans)
  return spans
}

const collect = (tokens: Token[], style: Style, into: Span[]): void => {
  for (const token of tokens as Tokens.Generic[]) {
    if (token.type === 'strong') collect(token.tokens ?? [], { ...style, bold: true }, into)
    else if (token.type === 'em') collect(token.tokens ?? [], { ...style, italic: true }, into)
    else if (token.type === 'del') collect(token.tokens ?? [], { ...style, strike: true }, into)
    else if (token.type === 'link') collect(token.tokens ?? [], withLink(style, token.href), into)
    else if (token.type === 'codespan') push(token.text, { ...style, code: true }, into)
    else if (token.type === 'br') push('\n', style, into)
    else if (token.type === 'image') push(oneLine(token.text) || 'Image', { ...style, italic: true }, into)
    else if (token.type === 'html') push(htmlAsText(token.text), style, into)
    else if (token.type === 'escape') push(token.text, style, into)
    else if (token.type === 'text' && token.tokens) collect(token.tokens, style, into)
    else if (token.type === 'text') push(oneLine(token.text), style, into)
  }
}

const push = (text: string, style: Style, into: Span[]): void => {
  if (!text) return
  const last = into.at(-1)
  if (last && sameStyle(last, style)) last.text += text
  else into.push({ text, ...style })
}

const sameStyle = (a: Style, b: Style): boolean =>
  a.bold === b.bold &&
  a.italic === b.italic &&
  a.strike === b.strike &&
  a.code === b.code &&
  a.link === b.link

/** A line end inside a Markdown paragraph is a space. */
const oneLine = (text: string): string => decodeEntities(text.replace(/\s*\n\s*/g, ' '))

/** Raw HTML is shown as it stands, but `<br>`, which tables need, breaks the line, and comments are nobody's text. */
export const htmlAsText = (html: string): string =>
  html.replace(/<!--[\s\S]*?(?:-->|$)/g, '').replace(/<br\s*\/?>/gi, '\n')

/** Only addresses that a reader can follow from a file on their disk. */
const withLink = (style: Style, href: string): Style => {
  try {
    const url = new URL(href)
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? { ...style, link: url.href } : style
  } catch {
    return style
  }
}
