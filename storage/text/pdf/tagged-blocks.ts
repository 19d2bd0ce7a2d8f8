import type { Block } from '../markdown.ts'
import { joinPieces, linesOf } from './lines.ts'
import type { PdfPage, Piece } from './page-pieces.ts'
import { asHeading, joinLines, type Sizes, unlabelled } from './paragraphs.ts'
import { type PlacedCell, toColumns } from './tagged-rows.ts'

/** A node of a tagged PDF: the program that made it wrote down what is a heading, a list or a table. */
type Tag = { role?: string; type?: string; id?: string; children?: Tag[] }

/** A block with the size of its letters, for documents whose tags know no headings. */
export type TaggedBlock = Block & { size?: number }

const BLOCK =
  /^(H[1-6]?|P|L|LI|LBody|Table|Div|Sect|Part|Art|Document|BlockQuote|TOC|TOCI|Caption|Note|Index|Title|FENote|Aside)$/

/**
 * The page's blocks as tagged, or null when there are no tags or they leave out text: then the page is read by its looks. 90 % is
 * required because programs forget to tag page furniture, and because half a page must never be lost for tags.
 */
export const taggedBlocks = async (
  page: PdfPage,
  pieces: readonly Piece[],
): Promise<TaggedBlock[] | null> => {
  const tree = (await page.getStructTree().catch(() => null)) as Tag | null
  if (!tree) return null
  const reader = new TagReader(pieces)
  const blocks = reader.blocks(tree, 0)
  const due = letters(pieces.filter(({ artifact }) => !artifact))
  if (reader.letters < 0.9 * due || due < 0.5 * letters(pieces)) return null
  // A whole page in one paragraph was tagged by a program that does not know its structure.
  if (blocks.length === 1 && blocks[0]!.kind === 'paragraph' && due > 1_200) return null
  return blocks
}

/** Some programs tag headings as paragraphs: where a document has none in its tags, larger letters make one. */
export const headingsBySize = (blocks: readonly TaggedBlock[], sizes: Sizes): Block[] =>
  blocks.map((block) =>
    block.kind === 'paragraph' && block.size ? (asHeading(block.text, block.size, sizes) ?? block) : block,
  )

const letters = (pieces: readonly Piece[]) => pieces.reduce((sum, { text }) => sum + text.length, 0)

class TagReader {
  letters = 0
  private readonly byMark = new Map<string, Piece[]>()

  constructor(pieces: readonly Piece[]) {
    for (const piece of pieces)
      if (piece.mark) this.byMark.set(piece.mark, [...(this.byMark.get(piece.mark) ?? []), piece])
  }

  blocks(tag: Tag, depth: number): TaggedBlock[] {
    const blocks: TaggedBlock[] = []
    let running: Piece[] = []
    const flush = () => {
      const text = this.text(running)
      if (text) blocks.push({ kind: 'paragraph', text, size: Math.min(...running.map(({ size }) => size)) })
      running = []
    }
    for (const child of tag.children ?? []) {
      if (!hasBlocks(child)) running.push(...this.pieces(child))
      else {
        flush()
        blocks.push(...this.block(child, depth))
      }
    }
    flush()
    return blocks
  }

  private block(tag: Tag, depth: number): TaggedBlock[] {
    const role = tag.role ?? ''
    if (/^H[1-6]?$|^Title$/.test(role))
      return [
        {
          kind: 'heading',
          level: Number(role[1]) || 1,
          text: this.text(this.pieces(tag)).replaceAll('\n', ' '),
        },
      ]
    if (role === 'Table') return [{ kind: 'table', rows: toColumns(this.rows(tag)) }]
    if (role === 'LI') return this.item(tag, depth)
    if (role === 'L') return (tag.children ?? []).flatMap((child) => this.listPart(child, depth))
    return this.blocks(tag, depth)
  }

  /** A list stands in an item of the outer list, or directly in that list: both are one level deeper. */
  private listPart(tag: Tag, depth: number): TaggedBlock[] {
    return tag.role === 'L' ? this.block(tag, depth + 1) : this.blocks({ children: [tag] }, depth)
  }

  private item(tag: Tag, depth: number): TaggedBlock[] {
    const label = (tag.children ?? []).find(({ role }) => role === 'Lbl')
    const written = label ? this.text(this.pieces(label)) : ''
    const [first, ...rest] = this.blocks(
      { children: (tag.children ?? []).filter((child) => child !== label) },
      depth + 1,
    )
    if (first?.kind !== 'paragraph') return [...(first ? [first] : []), ...rest]
    // The label is tagged as such, or stands at the beginning of the text, or is drawn and not written at all.
    const { marker, text } = unlabelled(`${written} ${first.text}`.trim()) ?? {
      marker: '-',
      text: first.text,
    }
    return [{ kind: 'item', depth, marker, text }, ...rest]
  }

  private rows(tag: Tag): PlacedCell[][] {
    if (tag.role === 'TR') return [(tag.children ?? []).map((cell) => this.cell(cell))]
    return (tag.children ?? []).flatMap((child) => (child.children ? this.rows(child) : []))
  }

  private cell(tag: Tag): PlacedCell {
    const pieces = this.pieces(tag)
    const text = this.blocks({ children: [tag] }, 0)
      .map((block) =>
        block.kind === 'table' ? block.rows.map((row) => row.join(', ')).join('; ') : block.text,
      )
      .join(' ')
    return {
      text,
      x: Math.min(...pieces.map(({ x }) => x)),
      right: Math.max(...pieces.map(({ right }) => right)),
    }
  }

  private pieces(tag: Tag): Piece[] {
    const own = tag.type === 'content' && tag.id ? (this.byMark.get(tag.id) ?? []) : []
    return [...own, ...(tag.children ?? []).flatMap((child) => this.pieces(child))]
  }

  private text(pieces: readonly Piece[]): string {
    this.letters += letters(pieces)
    const lines = linesOf(pieces).map((line) => ({
      text: joinPieces(line),
      x: Math.min(...line.map(({ x }) => x)),
      right: Math.max(...line.map(({ right }) => right)),
    }))
    return joinLines(lines, Math.max(...lines.map(({ right }) => right)))
  }
}

const hasBlocks = (tag: Tag): boolean => BLOCK.test(tag.role ?? '') || (tag.children ?? []).some(hasBlocks)
