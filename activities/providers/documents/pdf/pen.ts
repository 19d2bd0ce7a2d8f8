import type PDFDocument from 'pdfkit'
import type { Hex } from '../look/colour.ts'
import type { Line, Piece } from './set-lines.ts'

type Pdf = InstanceType<typeof PDFDocument>
type Bookmarks = Pdf['outline']
type Structure = ReturnType<Pdf['struct']>

/** A part of the document's structure, which screen readers and readers of text follow. */
export interface Tag {
  type: string
  structure: Structure
}

/** Draws on the current page; everything belongs to a tag or is marked as decoration. */
export class Pen {
  readonly pdf: Pdf
  readonly root: Tag

  /** The open chapter of each level. */
  #chapters: { level: number; bookmarks: Bookmarks }[] = []

  constructor(pdf: Pdf) {
    this.pdf = pdf
    this.root = { type: 'Document', structure: pdf.struct('Document') }
    pdf.addStructure(this.root.structure)
  }

  tag(type: string, parent: Tag, options: { alt?: string; scope?: 'Column' } = {}): Tag {
    const structure = this.pdf.struct(type, options)
    parent.structure.add(structure)
    return { type, structure }
  }

  within(tag: Tag | undefined, draw: () => void): void {
    if (!tag) {
      this.decorate(draw)
      return
    }
    tag.structure.add(this.pdf.markStructureContent(tag.type))
    draw()
    this.pdf.endMarkedContent()
  }

  decorate(draw: () => void, type: 'Layout' | 'Pagination' = 'Layout'): void {
    this.pdf.markContent('Artifact', { type })
    draw()
    this.pdf.endMarkedContent()
  }

  /** An entry of the reader's contents, below the last one of a higher level. */
  bookmark(level: number, title: string, y: number): void {
    while ((this.#chapters.at(-1)?.level ?? 0) >= level) this.#chapters.pop()
    const parent = this.#chapters.at(-1)?.bookmarks ?? this.pdf.outline
    // pdfkit counts from the right edge, and its types know neither option.
    const place = { top: Math.max(0, y - 8), left: this.pdf.page.width } as object
    this.#chapters.push({ level, bookmarks: parent.addItem(title, place) })
  }

  box(x: number, y: number, width: number, height: number, fill: Hex): void {
    this.decorate(() => this.pdf.rect(x, y, width, height).fill(`#${fill}`))
  }

  rule(x: number, y: number, width: number, colour: Hex, thickness: number): void {
    this.box(x, y - thickness / 2, width, thickness, colour)
  }

  /** @param tag without one, the line is a repetition that nobody needs to hear again */
  line(line: Line, x: number, baseline: number, tag: Tag | undefined): void {
    let at = x
    for (const piece of line.pieces) {
      const left = at
      at += piece.width
      if (!piece.text) continue
      if (piece.code) this.#shade(piece, left, baseline)
      const write = () => this.words(piece, left, baseline)
      if (piece.link && tag) this.#link(piece, piece.link, left, baseline, tag, write)
      else this.within(tag, write)
    }
  }

  words(piece: Piece, x: number, baseline: number): void {
    this.pdf
      .font(piece.face)
      .fontSize(piece.size)
      .fillColor(`#${piece.colour}`)
      .text(piece.text, x, baseline, { lineBreak: false, baseline: 'alphabetic' })
    if (piece.strike) this.#stroke(x, baseline - piece.size * 0.24, piece)
    if (piece.link) this.#stroke(x, baseline + piece.size * 0.16, piece)
  }

  #stroke(x: number, y: number, { width, size, colour }: Piece): void {
    this.pdf
      .moveTo(x, y)
      .lineTo(x + width, y)
      .lineWidth(size * 0.05)
      .stroke(`#${colour}`)
  }

  #shade({ width, size }: Piece, x: number, baseline: number): void {
    this.decorate(() =>
      this.pdf.roundedRect(x - 1, baseline - size * 0.92, width + 2, size * 1.25, 2).fill('#F1F2F4'),
    )
  }

  #link(piece: Piece, address: string, x: number, baseline: number, parent: Tag, write: () => void): void {
    const tag = this.tag('Link', parent)
    this.within(tag, write)
    const { size, width } = piece
    // The types do not know the option yet.
    const options = { structParent: tag.structure } as object
    this.pdf.link(x, baseline - size * 0.85, width, size * 1.15, address, options)
    // Ended on its own page: the structure names the page of the link by the one that is open.
    tag.structure.end()
  }
}
