import type { Block, ListBlock, TableBlock } from '../content/blocks.ts'
import { textOf } from '../content/blocks.ts'
import type { Palette } from '../look/colour.ts'
import { alignmentOf } from '../look/table-columns.ts'
import { writeChart } from './charts.ts'
import { escapeHtml } from './escape.ts'
import { directionOf, writeSpans } from './spans.ts'

export const writeBlocks = (blocks: Block[], palette: Palette): string =>
  blocks.map((block) => writeBlock(block, palette)).join('\n')

const writeBlock = (block: Block, palette: Palette): string => {
  if (block.kind === 'heading') {
    // The title of the document is its only h1.
    const level = Math.min(block.level + 1, 6)
    return `<h${level}${directionOf(block.spans)}>${writeSpans(block.spans)}</h${level}>`
  }
  if (block.kind === 'paragraph') return `<p${directionOf(block.spans)}>${writeSpans(block.spans)}</p>`
  if (block.kind === 'list') return list(block, palette)
  if (block.kind === 'quote') return `<blockquote>\n${writeBlocks(block.blocks, palette)}\n</blockquote>`
  // A focusable box, since one that is too wide is scrolled with the keyboard too.
  if (block.kind === 'code') return `<pre tabindex="0"><code>${escapeHtml(block.text)}</code></pre>`
  if (block.kind === 'table') return table(block)
  if (block.kind === 'chart') return writeChart(block.chart, palette)
  return '<hr>'
}

const list = (block: ListBlock, palette: Palette): string => {
  const name = block.ordered ? 'ol' : 'ul'
  const start = block.ordered && block.start !== 1 ? ` start="${block.start}"` : ''
  const items = block.items.map(({ task, blocks }) => {
    const [first, ...rest] = blocks
    // One line needs no paragraph of its own.
    const isTight = first?.kind === 'paragraph' && rest.every((one) => one.kind === 'list')
    const inner = isTight
      ? [writeSpans(first.spans), ...rest.map((one) => writeBlock(one, palette))].join('\n')
      : writeBlocks(blocks, palette)
    if (!task) return `<li>${inner}</li>`
    const [box, said] = task === 'done' ? ['☑', 'done'] : ['☐', 'open']
    return `<li class="task"><span class="box" role="img" aria-label="${said}">${box}</span> ${inner}</li>`
  })
  return `<${name}${start}>\n${items.join('\n')}\n</${name}>`
}

const table = (block: TableBlock): string => {
  const align = alignmentOf(block)
  const classOf = (column: number) => {
    const texts = block.rows.map((row) => textOf(row[column] ?? []))
    const names = [
      align[column] === 'left' ? '' : align[column],
      texts.some((text) => text.length > 24) ? 'long' : '',
    ].filter(Boolean)
    return names.length > 0 ? ` class="${names.join(' ')}"` : ''
  }
  const classes = block.header.map((_, column) => classOf(column))
  const header = block.header.some((cell) => textOf(cell).trim())
    ? `<thead><tr>${block.header.map((cell, column) => `<th scope="col"${classes[column]}>${writeSpans(cell)}</th>`).join('')}</tr></thead>\n`
    : ''
  const rows = block.rows.map(
    (row) =>
      `<tr>${block.header.map((_, column) => `<td${classes[column]}${directionOf(row[column] ?? [])}>${writeSpans(row[column] ?? [])}</td>`).join('')}</tr>`,
  )
  // On paper a short table stays on one page, as in the other formats.
  const together = block.rows.length <= 12 ? ' class="short"' : ''
  return `<div class="wide" tabindex="0" role="group" aria-label="Table"><table${together}>\n${header}<tbody>\n${rows.join('\n')}\n</tbody></table></div>`
}
