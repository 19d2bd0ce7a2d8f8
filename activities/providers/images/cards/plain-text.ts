import { type Block, textOf } from '../../documents/content/blocks.ts'
import { parseMarkdown } from '../../documents/content/parse-markdown.ts'

/** Markdown as the lines of a card: without its marks, list items with a bullet. */
export const plainText = (markdown: string): string => linesOfBlocks(parseMarkdown(markdown)).join('\n')

export const linesOfBlocks = (blocks: Block[], bullet = '• '): string[] =>
  blocks.flatMap((block): string[] => {
    if (block.kind === 'heading' || block.kind === 'paragraph') return [textOf(block.spans).trim()]
    if (block.kind === 'quote') return linesOfBlocks(block.blocks, bullet)
    if (block.kind === 'code') return block.text.split('\n')
    if (block.kind === 'table')
      return [block.header, ...block.rows].map((cells) => cells.map(textOf).filter(Boolean).join(' · '))
    if (block.kind === 'list')
      return block.items.map((item, index) => {
        const mark = block.ordered ? `${block.start + index}. ` : bullet
        return `${mark}${linesOfBlocks(item.blocks, bullet).join(' ')}`
      })
    return []
  })
