import { legalText } from './content/legal-text.ts'
import { writeDocx } from './docx.ts'
import { writeHtml } from './html.ts'
import { writeMarkdown } from './md.ts'
import { writePdf } from './pdf.ts'
import type { DocumentFormat, DocumentRequest, Documents, Writer } from './port.ts'
import { writePptx } from './pptx.ts'
import { DocumentProblem } from './problem.ts'

const writers = {
  docx: writeDocx,
  pptx: writePptx,
  pdf: writePdf,
  md: writeMarkdown,
  html: writeHtml,
} satisfies Record<DocumentFormat, Writer>

export const createDocuments = (): Documents => ({
  async make(request) {
    const clean = legalText(request)
    if (isEmpty(clean)) {
      throw new DocumentProblem(
        `The document "${clean.name}" has nothing to say: its content is empty and it has no slides with text or a chart. Check the template that fills it.`,
      )
    }
    return writers[clean.format]({ ...clean, name: clean.name.replace(/\s+/g, ' ').trim() || 'Untitled' })
  },
})

const isEmpty = ({ content, slides }: DocumentRequest): boolean =>
  !content?.trim() && !slides?.some((slide) => slide.title.trim() || slide.body?.trim() || slide.chart)
