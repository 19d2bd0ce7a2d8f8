import type { Slide } from '../../../../shared/contract/slides.ts'
import type { Block } from './blocks.ts'
import { parseMarkdown } from './parse-markdown.ts'

/** A deck as a document: each slide a section, its notes a quote at the end. */
export const slidesAsBlocks = (slides: Slide[]): Block[] => slides.flatMap(sectionOf)

const sectionOf = ({ title, body, chart, notes }: Slide, index: number): Block[] => {
  const blocks: Block[] = []
  if (title.trim()) blocks.push({ kind: 'heading', level: 1, spans: [{ text: title.trim() }] })
  // A heading inside a slide belongs under the slide's own.
  for (const block of parseMarkdown(body ?? '', `slide ${index + 1}`)) {
    blocks.push(block.kind === 'heading' ? { ...block, level: block.level + 1 } : block)
  }
  if (chart) blocks.push({ kind: 'chart', chart })
  if (notes?.trim()) {
    const [first, ...rest] = parseMarkdown(notes, `the notes of slide ${index + 1}`)
    const label = { text: 'Notes: ', bold: true as const }
    const opening: Block[] =
      first?.kind === 'paragraph'
        ? [{ ...first, spans: [label, ...first.spans] }]
        : [{ kind: 'paragraph', spans: [label] }, ...(first ? [first] : [])]
    blocks.push({ kind: 'quote', blocks: [...opening, ...rest] })
  }
  return blocks
}
