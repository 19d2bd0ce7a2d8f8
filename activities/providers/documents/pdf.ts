import PDFDocument from 'pdfkit'
import { parseMarkdown } from './content/parse-markdown.ts'
import { slidesAsBlocks } from './content/slides-as-blocks.ts'
import { splitTitle } from './content/split-title.ts'
import { paletteOf } from './look/colour.ts'
import { languageOf } from './look/language-of.ts'
import { writeBlocks } from './pdf/blocks.ts'
import { flow } from './pdf/flow.ts'
import { furnish, titleBlock } from './pdf/page.ts'
import { paragraph, type Scene } from './pdf/paragraphs.ts'
import { Pen } from './pdf/pen.ts'
import { sheet, side, textWidth, top } from './pdf/sheet.ts'
import { stranger, Typefaces } from './pdf/typefaces.ts'
import type { DocumentRequest, Writer } from './port.ts'

/** A PDF: tagged, with bookmarks, its fonts inside, charts as vectors. */
export const writePdf: Writer = async (request) => {
  const palette = paletteOf(request.brand)
  const source = request.content?.trim()
    ? parseMarkdown(request.content)
    : slidesAsBlocks(request.slides ?? [])
  const { title, blocks } = splitTitle(request.name, source)
  const pdf = open(request)
  const bytes = collect(pdf)
  const faces = new Typefaces(pdf)
  const pen = new Pen(pdf)
  const scene: Scene = { pen, faces, palette, x: side, width: textWidth, parent: pen.root, depth: 0 }
  pdf.addPage()
  const rows = [...titleBlock(title, request, scene), ...writeBlocks(blocks, scene)]
  flow([...rows, ...missingLetters(scene)], top, () => pdf.addPage())
  furnish(title, request, scene)
  pdf.end()
  return { bytes: await bytes, mediaType: 'application/pdf', extension: 'pdf' }
}

const open = ({ name, brand, label, date, content, slides }: DocumentRequest) => {
  const made = new Date(date)
  return new PDFDocument({
    size: [sheet.width, sheet.height],
    margin: 0,
    autoFirstPage: false,
    bufferPages: true,
    pdfVersion: '1.7',
    tagged: true,
    displayTitle: true,
    lang: languageOf(content?.trim() ? content : JSON.stringify(slides)),
    info: {
      Title: name,
      Author: brand.name,
      Creator: 'Parley',
      Producer: 'Parley',
      ...(label ? { Subject: label } : {}),
      // The same request gives the same bytes.
      CreationDate: Number.isNaN(made.getTime()) ? new Date() : made,
    },
  })
}

const collect = (pdf: NodeJS.ReadableStream): Promise<Uint8Array> => {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk))
    pdf.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))))
    pdf.on('error', reject)
  })
}

/** A reader who meets a box should know that it is not what was written. */
const missingLetters = (scene: Scene) => {
  const count = scene.faces.strangers
  if (count === 0) return []
  const text = `${stranger} stands for ${count === 1 ? 'a character' : `${count} characters`} that the fonts of this PDF do not have.`
  const look = { size: 8.5, before: 18, leading: 1.4, colour: scene.palette.quiet }
  return paragraph([{ text }], scene, look, scene.pen.tag('P', scene.parent))
}
