import type { Chart } from '../../../../shared/contract/slides.ts'

/** A stretch of text in one style. A line break is the text `\n`. */
export interface Span {
  text: string
  bold?: true
  italic?: true
  strike?: true
  code?: true
  /** An absolute http, https or mailto address. */
  link?: string
}

export type Align = 'left' | 'center' | 'right'

export interface TableBlock {
  kind: 'table'
  /** What the Markdown asked for; `undefined` leaves it to the column's content. */
  align: (Align | undefined)[]
  header: Span[][]
  rows: Span[][][]
}

export interface ListBlock {
  kind: 'list'
  ordered: boolean
  start: number
  items: { task?: 'open' | 'done'; blocks: Block[] }[]
}

/** Markdown as every writer sees it: no writer knows the parser. */
export type Block =
  | { kind: 'heading'; level: number; spans: Span[] }
  | { kind: 'paragraph'; spans: Span[] }
  | ListBlock
  | TableBlock
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'code'; text: string }
  | { kind: 'rule' }
  | { kind: 'chart'; chart: Chart }

export const textOf = (spans: Span[]): string => spans.map((span) => span.text).join('')
