import { type Block, type ListBlock, type Span, type TableBlock, textOf } from '../content/blocks.ts'

/** A paragraph of a slide. */
export interface Line {
  kind: 'line'
  spans: Span[]
  role: 'text' | 'heading' | 'quote' | 'code'
  /** Depth in lists, from 0. */
  level: number
  marker?: { bullet: true } | { number: number; list: number } | { task: 'open' | 'done' }
}

/** Rows of a table that share its columns: a table over several slides looks the same on each. */
export interface Rows {
  kind: 'rows'
  table: TableBlock
  /** From this row, up to but not including that one. */
  from: number
  to: number
}

/** What flows down a slide. */
export type Piece = Line | Rows

/** The outermost numbered list that a piece is an item of. */
export const numberedListOf = (piece: Piece): number | undefined =>
  piece.kind === 'line' && piece.level === 0 && piece.marker && 'list' in piece.marker
    ? piece.marker.list
    : undefined

/** PowerPoint has nine levels; beyond the fifth nobody can tell them apart. */
const deepest = 4

export const piecesOf = (blocks: Block[]): Piece[] => {
  let lists = 0
  const flow = (block: Block, level: number, role: Line['role']): Piece[] => {
    if (block.kind === 'heading') return [{ kind: 'line', role: 'heading', level, spans: block.spans }]
    if (block.kind === 'paragraph') return [{ kind: 'line', role, level, spans: block.spans }]
    if (block.kind === 'quote') return block.blocks.flatMap((one) => flow(one, level, 'quote'))
    if (block.kind === 'code') return codeLines(block.text, level)
    if (block.kind === 'list') return list(block, level, role)
    return block.kind === 'table' ? [{ kind: 'rows', table: block, from: 0, to: block.rows.length }] : []
  }
  const list = (block: ListBlock, level: number, role: Line['role']): Piece[] => {
    const id = ++lists
    return block.items.flatMap((item, index) => {
      const [first, ...rest] = item.blocks
      const opening = first?.kind === 'paragraph' || first?.kind === 'heading' ? first : undefined
      const line: Line = {
        kind: 'line',
        role,
        level,
        spans: opening?.spans ?? [],
        marker: item.task
          ? { task: item.task }
          : block.ordered
            ? { number: block.start + index, list: id }
            : { bullet: true },
      }
      const inner = Math.min(level + 1, deepest)
      return [line, ...(opening ? rest : item.blocks).flatMap((one) => flow(one, inner, role))]
    })
  }
  return blocks.flatMap((block) => flow(block, 0, 'text'))
}

const codeLines = (source: string, level: number): Line[] =>
  source.split('\n').map((text) => ({
    kind: 'line',
    role: 'code',
    level,
    spans: [{ text: text.replaceAll('\t', '  ') || ' ', code: true }],
  }))

/** Cuts a paragraph after about `length` characters, at a space if there is one near. */
export const splitLine = (line: Line, length: number): [Line, Line] => {
  const text = textOf(line.spans)
  const space = text.lastIndexOf(' ', length)
  const cut = space > length * 0.6 ? space + 1 : safeCut(text, length)
  const { marker: _, ...unmarked } = line
  return [
    { ...line, spans: sliceSpans(line.spans, 0, cut) },
    { ...unmarked, spans: sliceSpans(line.spans, cut, text.length) },
  ]
}

/** Not between the halves of an emoji. */
const safeCut = (text: string, at: number): number => (/[\udc00-\udfff]/.test(text[at] ?? '') ? at - 1 : at)

const sliceSpans = (spans: Span[], from: number, to: number): Span[] => {
  let start = 0
  return spans.flatMap((span) => {
    const text = span.text.slice(Math.max(from - start, 0), Math.max(to - start, 0))
    start += span.text.length
    return text ? [{ ...span, text }] : []
  })
}
