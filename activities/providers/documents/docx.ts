import { Document, Header, Packer, Paragraph } from 'docx'
import { parseMarkdown } from './content/parse-markdown.ts'
import { slidesAsBlocks } from './content/slides-as-blocks.ts'
import { splitTitle } from './content/split-title.ts'
import { Lists } from './docx/lists.ts'
import { footerOf, headerOf, page, textWidth, titleBlock } from './docx/page.ts'
import { writeBlocks } from './docx/paragraphs.ts'
import { stylesOf } from './docx/styles.ts'
import { paletteOf } from './look/colour.ts'
import { latinFont } from './look/scripts.ts'
import type { Writer } from './port.ts'

/** A Word document: real styles, native charts, the brand's colours in its theme. */
export const writeDocx: Writer = async (request) => {
  const palette = paletteOf(request.brand)
  const source = request.content?.trim()
    ? parseMarkdown(request.content)
    : slidesAsBlocks(request.slides ?? [])
  const { title, blocks } = splitTitle(request.name, source)
  const lists = new Lists()
  const body = writeBlocks(blocks, { palette, lists, width: textWidth, level: -1 })
  const footer = footerOf(request)
  const document = new Document({
    title: request.name,
    creator: request.brand.name,
    lastModifiedBy: request.brand.name,
    ...(request.label ? { description: request.label } : {}),
    theme: {
      name: 'Brand',
      colors: { dark2: palette.primaryText, accent1: palette.primary, accent2: palette.accent },
      fonts: { headings: latinFont, body: latinFont },
    },
    styles: stylesOf(palette, JSON.stringify(source)),
    numbering: lists.definitions(palette),
    sections: [
      {
        properties: { page, titlePage: true },
        headers: {
          first: new Header({ children: [new Paragraph({ style: 'PageFurniture' })] }),
          default: headerOf(title, request, palette),
        },
        footers: { first: footer, default: footer },
        children: [...titleBlock(title, request), ...body],
      },
    ],
  })
  return {
    bytes: new Uint8Array(await Packer.toBuffer(document)),
    mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    extension: 'docx',
  }
}
