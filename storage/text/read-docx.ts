import mammoth from 'mammoth'
import { plainLetters } from './clean-text.ts'
import { type Block, toMarkdown } from './markdown.ts'
import { checkParts, openOffice } from './open-office.ts'
import { elements, parseXml, type XmlElement } from './parse-xml.ts'
import { damaged, wordless } from './unreadable.ts'

/** Word's own title styles are no headings for mammoth; pictures and links give nothing to read. */
const STYLES = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Subtitle'] => p:fresh",
  'br[type="page"] => hr',
]

/** Headings, lists and tables of a Word document as Markdown; footnotes stand at the end. mammoth resolves styles, numbering and tracked changes. */
export const readDocx = async (bytes: Buffer, name: string): Promise<string> => {
  const file = openOffice(bytes, name)
  if (!file.names.some((part) => part.startsWith('word/document'))) throw damaged(name)
  checkParts(file)
  const { value: html } = await mammoth.convertToHtml(
    { buffer: bytes },
    {
      styleMap: STYLES,
      convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
      externalFileAccess: false,
    },
  )
  const text = plainLetters(toMarkdown(blocksOf(parseXml(`<body>${html}</body>`))))
  if (!/[\p{L}\p{N}]/u.test(text)) throw wordless(name, 'a Word document')
  return text
}

const INLINE = new Set([
  'a',
  'strong',
  'em',
  'b',
  'i',
  'u',
  's',
  'sup',
  'sub',
  'br',
  'img',
  'span',
  'del',
  'ins',
])

/** mammoth writes HTML of few kinds, well-formed. Running text between block elements is a paragraph. */
const blocksOf = (parent: XmlElement, depth = 0): Block[] => {
  const blocks: Block[] = []
  let running = ''
  const flush = () => {
    if (running.trim()) blocks.push({ kind: 'paragraph', text: running })
    running = ''
  }
  for (const part of parent.children) {
    if (typeof part === 'string' || INLINE.has(part.name)) {
      running += inline(part)
      continue
    }
    flush()
    if (/^h[1-6]$/.test(part.name))
      blocks.push({ kind: 'heading', level: Number(part.name[1]), text: inline(part) })
    else if (part.name === 'p') blocks.push({ kind: 'paragraph', text: inline(part) })
    else if (part.name === 'ul' || part.name === 'ol') blocks.push(...listOf(part, depth))
    else if (part.name === 'table') blocks.push({ kind: 'table', rows: rowsOf(part) })
    else blocks.push(...blocksOf(part, depth))
  }
  flush()
  return blocks
}

const listOf = (list: XmlElement, depth: number): Block[] =>
  elements(list).flatMap((item, index) => {
    const [first, ...rest] = blocksOf(item, depth + 1)
    const marker = list.name === 'ol' ? `${index + 1}.` : '-'
    if (first?.kind !== 'paragraph') return [...(first ? [first] : []), ...rest]
    return [{ kind: 'item' as const, depth, marker, text: first.text }, ...rest]
  })

/** Cells over several columns or rows leave empty cells behind them, so that columns stay below their heads. */
const rowsOf = (table: XmlElement): string[][] => {
  const rows: string[][] = []
  const taken = new Map<string, true>()
  const rowElements = elements(table).flatMap((part) => (part.name === 'tr' ? [part] : elements(part)))
  rowElements.forEach((row, y) => {
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
