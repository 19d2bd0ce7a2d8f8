import { lexer, type Token, type Tokens } from 'marked'
import { DocumentProblem } from '../problem.ts'
import type { Block, ListBlock, TableBlock } from './blocks.ts'
import { decodeEntities } from './entities.ts'
import { parseChart } from './parse-chart.ts'
import { htmlAsText, parseSpans } from './parse-spans.ts'

/**
 * Markdown (GitHub's dialect) as blocks. Fails with `DocumentProblem` on a chart block that is no chart.
 * @param place which part of the document this is, such as `slide 3`: for messages
 */
export const parseMarkdown = (markdown: string, place?: string): Block[] =>
  blocksOf(readTokens(markdown), { charts: 0, place: place ? ` of ${place}` : '' })

export const readTokens = (markdown: string): Token[] => {
  try {
    return lexer(markdown)
  } catch (error) {
    // The parser recurses: thousands of nested quotes or lists exhaust the stack.
    throw new DocumentProblem(
      `The content cannot be read as Markdown: ${error instanceof RangeError ? 'it is nested too deeply' : (error as Error).message}.`,
    )
  }
}

export const isChart = (token: Token): token is Tokens.Code =>
  token.type === 'code' && /^chart\b/i.test(token.lang ?? '')

interface Seen {
  charts: number
  place: string
}

const blocksOf = (tokens: Token[], seen: Seen): Block[] =>
  tokens.flatMap((token) => blockOf(token as Tokens.Generic, seen) ?? [])

const blockOf = (token: Tokens.Generic, seen: Seen): Block | undefined => {
  if (isChart(token))
    return { kind: 'chart', chart: parseChart(token.text, `Chart ${++seen.charts}${seen.place}`) }
  if (token.type === 'heading') {
    return { kind: 'heading', level: token.depth, spans: parseSpans(token.tokens) }
  }
  if (token.type === 'paragraph' || token.type === 'text') return paragraph(token)
  if (token.type === 'list') return list(token as Tokens.List, seen)
  if (token.type === 'table') return table(token as Tokens.Table)
  if (token.type === 'blockquote') return { kind: 'quote', blocks: blocksOf(token.tokens ?? [], seen) }
  if (token.type === 'code') return { kind: 'code', text: token.text }
  if (token.type === 'hr') return { kind: 'rule' }
  if (token.type === 'html') {
    const text = decodeEntities(htmlAsText(token.text)).trim()
    return text ? { kind: 'paragraph', spans: [{ text }] } : undefined
  }
  return undefined
}

const paragraph = (token: Tokens.Generic): Block | undefined => {
  const spans = parseSpans(token.tokens ?? [token])
  return spans.length ? { kind: 'paragraph', spans } : undefined
}

const list = (token: Tokens.List, seen: Seen): ListBlock => ({
  kind: 'list',
  ordered: token.ordered,
  start: token.start === '' ? 1 : token.start,
  items: token.items.map((item) => ({
    ...(item.task ? { task: item.checked ? ('done' as const) : ('open' as const) } : {}),
    blocks: blocksOf(item.tokens, seen),
  })),
})

const table = (token: Tokens.Table): TableBlock => ({
  kind: 'table',
  align: token.align.map((align) => align ?? undefined),
  header: token.header.map((cell) => parseSpans(cell.tokens)),
  rows: token.rows.map((row) => row.map((cell) => parseSpans(cell.tokens))),
})
