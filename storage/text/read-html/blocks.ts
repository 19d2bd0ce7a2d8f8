import type { Block } from '../markdown.ts'
import { elements, type XmlElement } from '../parse-xml.ts'

/** Elements that stand in running text. */
const INLINE = new Set(
  'a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark nobr output q rp rt ruby s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
)

/** The blocks of a page or of a converted Word document. Running text between block elements is a paragraph. */
export const blocksOf = (parent: XmlElement, depth = 0): Block[] => {
  const blocks: Block[] = []
  let running = ''
  const flush = () => {
    if (running.trim()) blocks.push({ kind: 'paragraph', text: tidy(running) })
    running = ''
  }
  for (const part of parent.children) {
    if (typeof part === 'string' || isInline(part)) {
      running += inline(part)
      continue
    }
    flush()
    if (/^h[1-6]$/.test(part.name))
      blocks.push({ kind: 'heading', level: Number(part.name[1]), text: inline(part) })
    else if (part.name === 'pre') blocks.push({ kind: 'paragraph', text: inline(part) })
    else if (part.name === 'p') blocks.push({ kind: 'paragraph', text: tidy(inline(part)) })
    else if (part.name === 'ul' || part.name === 'ol') blocks.push(...listOf(part, depth))
    else if (part.name === 'table') blocks.push(...captionOf(part), { kind: 'table', rows: rowsOf(part) })
    else blocks.push(...blocksOf(part, depth))
  }
  flush()
  return blocks
}

/** A link or a span around whole blocks is one itself. */
const isInline = (part: XmlElement): boolean =>
  INLINE.has(part.name) && part.children.every((inner) => typeof inner === 'string' || isInline(inner))

const listOf = (list: XmlElement, depth: number): Block[] => {
  const start = Number.parseInt(list.attributes.start ?? '', 10) || 1
  return elements(list).flatMap((item, index) => {
    // Many pages put a list beside the item that it belongs to, not into it.
    if (item.name === 'ul' || item.name === 'ol') return listOf(item, depth + 1)
    const [first, ...rest] = blocksOf(item, depth + 1)
    const marker = list.name === 'ol' ? `${start + index}.` : '-'
    if (first?.kind !== 'paragraph') return [...(first ? [first] : []), ...rest]
    return [{ kind: 'item' as const, depth, marker, text: first.text }, ...rest]
  })
}

const captionOf = (table: XmlElement): Block[] =>
  elements(table)
    .filter((part) => part.name === 'caption')
    .map((caption) => ({ kind: 'paragraph', text: cellText(caption) }))

/** Cells over several columns or rows leave empty cells behind them, so that columns stay below their heads. */
const rowsOf = (table: XmlElement): string[][] => {
  const rows: string[][] = []
  const taken = new Map<string, true>()
  rowElements(table).forEach((row, y) => {
    const cells: string[] = []
    let x = 0
    for (const cell of elements(row)) {
      while (taken.has(`${y}:${x}`)) x++
      cells[x] = cellText(cell)
      const wide = span(cell.attributes.colspan)
      const high = span(cell.attributes.rowspan)
      for (let dy = 0; dy < high; dy++)
        for (let dx = 0; dx < wide; dx++) taken.set(`${y + dy}:${x + dx}`, true)
      x += wide
    }
    rows.push(Array.from(cells, (cell) => cell ?? ''))
  })
  return rows
}

const rowElements = (table: XmlElement): XmlElement[] =>
  elements(table)
    .flatMap((part) => (part.name === 'tr' ? [part] : elements(part)))
    .filter((part) => part.name === 'tr')

/** Word has at most 63 columns; a larger span is somebody's joke. */
const span = (value: string | undefined) => Math.min(100, Math.max(1, Number(value) || 1))

const cellText = (cell: XmlElement): string =>
  blocksOf(cell)
    .map((block) =>
      block.kind === 'table' ? block.rows.map((row) => row.join(', ')).join('; ') : itemText(block),
    )
    .join(' ')

const itemText = (block: Exclude<Block, { kind: 'table' }>) =>
  block.kind === 'item' ? `${block.marker} ${block.text}` : block.text

const inline = (part: XmlElement | string): string => {
  if (typeof part === 'string') return part
  if (part.name === 'br') return '\n'
  // The arrow that leads from a footnote back to its mark.
  if (part.attributes.href?.startsWith('#footnote-ref') || part.attributes.href?.startsWith('#endnote-ref'))
    return ''
  return part.children.map(inline).join('')
}

/** Pages are written with line ends and spaces where a reader sees none. */
const tidy = (text: string): string => text.replace(/ *\n */g, '\n').trim()
