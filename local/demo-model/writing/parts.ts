import { countWords } from '../material/compare-words.ts'

export type Block =
  | { kind: 'paragraph'; sentences: string[] }
  | { kind: 'list'; items: string[] }
  | { kind: 'table'; head: string[]; rows: string[][] }

/** A heading and what stands under it. A part without a heading opens the text. */
export interface Part {
  heading?: string
  blocks: Block[]
}

export const paragraph = (...sentences: (string | undefined)[]): Block[] => {
  const said = sentences.filter((sentence): sentence is string => sentence !== undefined && sentence !== '')
  return said.length ? [{ kind: 'paragraph', sentences: said }] : []
}
export const list = (items: string[]): Block[] => (items.length ? [{ kind: 'list', items }] : [])
export const table = (head: string[], rows: string[][]): Block[] =>
  rows.length ? [{ kind: 'table', head, rows }] : []

const cell = (text: string) => text.replaceAll('|', '\\|')
const row = (cells: string[]) => `| ${cells.map(cell).join(' | ')} |`

const blockAsMarkdown = (block: Block): string => {
  if (block.kind === 'paragraph') return block.sentences.join(' ')
  if (block.kind === 'list') return block.items.map((item) => `- ${item}`).join('\n')
  return [row(block.head), row(block.head.map(() => '---')), ...block.rows.map(row)].join('\n')
}

export const toMarkdown = (parts: readonly Part[], title?: string): string =>
  [
    ...(title ? [`# ${title}`] : []),
    ...parts.flatMap((part) => [
      ...(part.heading ? [`## ${part.heading}`] : []),
      ...part.blocks.map(blockAsMarkdown),
    ]),
  ].join('\n\n')

/** The same without Markdown: a table's row becomes a line "label: cell, cell". */
export const toPlainText = (parts: readonly Part[], title?: string): string => {
  const plain = (text: string) => text.replaceAll('**', '')
  const block = (each: Block): string => {
    if (each.kind === 'paragraph') return plain(each.sentences.join(' '))
    if (each.kind === 'list') return each.items.map((item) => `• ${plain(item)}`).join('\n')
    return each.rows.map(([label, ...cells]) => `${label}: ${cells.filter(Boolean).join(', ')}`).join('\n')
  }
  return [
    ...(title ? [title] : []),
    ...parts.flatMap((part) => [...(part.heading ? [part.heading] : []), ...part.blocks.map(block)]),
  ].join('\n\n')
}

/**
 * Leaves out sentences and items, always the last of the longest part, then the lists and paragraphs beside tables, then whole parts from
 * the end, until the text has at most `limit` words. A table stays whole: half a price list misleads.
 */
export const fitWords = (parts: readonly Part[], limit: number | undefined): Part[] => {
  let kept = parts.map((part) => ({ ...part, blocks: part.blocks.map(copy) }))
  if (limit === undefined) return kept
  while (countWords(toMarkdown(kept)) > limit) {
    const longest = kept.reduce((a, b) => (canSpare(b) > canSpare(a) ? b : a))
    if (canSpare(longest) > 0) dropLine(longest)
    else if (kept.length > 1) kept = kept.slice(0, -1)
    else break
  }
  return kept
}

const copy = (block: Block): Block =>
  block.kind === 'paragraph'
    ? { ...block, sentences: [...block.sentences] }
    : block.kind === 'list'
      ? { ...block, items: [...block.items] }
      : block

const linesOf = (block: Block): string[] =>
  block.kind === 'paragraph' ? block.sentences : block.kind === 'list' ? block.items : []

/** The words of a part's sentences and items, as long as something stays when one goes. */
const canSpare = (part: Part): number => {
  const lines = part.blocks.flatMap(linesOf)
  const hasTable = part.blocks.some((block) => block.kind === 'table')
  return lines.length > (hasTable ? 0 : 1) ? countWords(lines.join(' ')) : 0
}

const dropLine = (part: Part) => {
  const block = part.blocks.findLast((each) => linesOf(each).length > 0)!
  linesOf(block).pop()
  part.blocks = part.blocks.filter((each) => each.kind === 'table' || linesOf(each).length > 0)
}
