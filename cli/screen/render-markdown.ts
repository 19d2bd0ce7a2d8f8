import { marked, type Token, type Tokens } from 'marked'
import { plain } from './plain.ts'
import { renderTable } from './render-table.ts'
import { type Span, show, wrapSpans } from './spans.ts'

/**
 * Markdown as it reads well in a terminal: headings bold, lists with their marks, tables in columns, links with their
 * address, wrapped to the width. HTML is shown as the text it is.
 */
export function renderMarkdown(text: string, columns: number): string {
  const lines = blocks(marked.lexer(plain(text)), Math.max(20, columns))
  while (lines.at(-1) === '') lines.pop()
  return lines.join('\n')
}

type Block = (token: never, columns: number) => string[]

const blocks = (tokens: Token[], columns: number): string[] => {
  const shown = tokens
    .map((token) => (renderers[token.type] ?? asText)(token as never, columns))
    .filter((lines) => lines.length > 0)
  return shown.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

const asText = (token: Tokens.Generic, columns: number): string[] =>
  wrapSpans(spansOf(token.tokens ?? [token as Token]), columns).map(show)

const renderers: Record<string, Block> = {
  space: () => [],
  def: () => [],
  hr: (_: Tokens.Hr, columns) => [show([{ text: '─'.repeat(Math.min(columns, 40)), styles: ['dim'] }])],
  heading: ({ tokens, depth }: Tokens.Heading, columns) =>
    wrapSpans(spansOf(tokens, depth === 1 ? ['bold', 'underline'] : ['bold']), columns).map(show),
  code: ({ text }: Tokens.Code) =>
    text.split('\n').map((line) => show([{ text: `    ${line}`, styles: ['cyan'] }])),
  blockquote: ({ tokens }: Tokens.Blockquote, columns) =>
    blocks(tokens, columns - 2).map((line) => `${show([{ text: '│', styles: ['dim'] }])} ${line}`),
  list: ({ items, ordered, start, loose }: Tokens.List, columns) => {
    const shown = items.map((item, index) => {
      const box = item.task ? (item.checked ? '☑ ' : '☐ ') : ''
      const mark = `${ordered ? `${Number(start || 1) + index}.` : '•'} ${box}`
      const lines = blocks(
        item.tokens.filter(({ type }) => type !== 'checkbox'),
        columns - mark.length,
      )
      return lines
        .filter((line, at) => loose || line !== '' || at === 0)
        .map((line, at) => (at === 0 ? mark : ' '.repeat(mark.length)) + line)
    })
    return shown.flatMap((lines, index) => (loose && index > 0 ? ['', ...lines] : lines))
  },
  table: ({ header, rows, align }: Tokens.Table, columns) =>
    renderTable(
      header.map(({ tokens }) => spansOf(tokens, ['bold'])),
      rows.map((row) => row.map(({ tokens }) => spansOf(tokens))),
      align,
      columns,
    ),
}

function spansOf(tokens: Token[], styles: string[] = []): Span[] {
  return tokens.flatMap((token): Span[] => {
    const inside = (...more: string[]) =>
      spansOf('tokens' in token && token.tokens ? token.tokens : [], [...styles, ...more])
    switch (token.type) {
      case 'strong':
        return inside('bold')
      case 'em':
        return inside('italic')
      case 'del':
        return inside('strikethrough')
      case 'codespan':
        return [{ text: decoded(token.text), styles: [...styles, 'cyan'] }]
      case 'br':
        return [{ text: '\n', styles }]
      case 'link':
        return [
          ...inside('underline'),
          ...(token.text === token.href || token.href === `mailto:${token.text}`
            ? []
            : [{ text: ` (${token.href})`, styles }]),
        ]
      case 'image':
        return [{ text: `[image: ${token.text || token.href}]`, styles }]
      default:
        if ('tokens' in token && token.tokens?.length) return inside()
        return [{ text: decoded('text' in token ? String(token.text) : token.raw), styles }]
    }
  })
}

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  apos: "'",
  nbsp: '\u00a0',
}
const decoded = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39|apos|nbsp);/g, (_, name: string) => entities[name] ?? '')
