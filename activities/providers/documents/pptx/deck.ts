import type { Chart, Slide } from '../../../../shared/contract/slides.ts'
import { type Block, textOf } from '../content/blocks.ts'
import { parseMarkdown } from '../content/parse-markdown.ts'
import type { DocumentRequest } from '../port.ts'

/** A slide before it is known how many slides its words need. */
export interface Page {
  title: string
  blocks: Block[]
  charts: Chart[]
  notes?: string
}

export interface Deck {
  cover: { title: string; subtitle: string; notes?: string }
  pages: Page[]
}

export const deckOf = ({ name, slides, content }: DocumentRequest): Deck => {
  const given = slides?.length ? slides.map(pageOfSlide) : pagesOf(parseMarkdown(content ?? ''), name)
  const pages = given.filter((page) => page.title || page.blocks.length || page.charts.length)
  const [first, ...rest] = pages
  const subtitle = first && subtitleOf(first)
  return first && subtitle !== undefined
    ? { cover: { title: first.title, subtitle, ...(first.notes ? { notes: first.notes } : {}) }, pages: rest }
    : { cover: { title: name, subtitle: '' }, pages }
}

/** As much as stands well under a cover's title. */
const shortBody = 220

/** The page's words if it can be a cover: a title, no chart, and nothing or a short paragraph or two. */
const subtitleOf = ({ title, blocks, charts }: Page): string | undefined => {
  if (!title || charts.length) return undefined
  const lines = blocks.map((block) => (block.kind === 'paragraph' ? textOf(block.spans) : undefined))
  const text = lines.join('\n')
  return lines.includes(undefined) || text.length > shortBody || lines.length > 3 ? undefined : text
}

const pageOfSlide = ({ title, body, notes, chart }: Slide, index: number): Page => {
  const page = withChartsApart(oneLine(title), parseMarkdown(body ?? '', `slide ${index + 1}`))
  return {
    ...page,
    charts: [...(chart ? [chart] : []), ...page.charts],
    ...(notes?.trim() ? { notes: notes.trim() } : {}),
  }
}

/** `#`, `##` and `---` begin a slide. One that begins without a heading goes on under the title before it. */
const pagesOf = (blocks: Block[], name: string): Page[] => {
  const pages: { title: string; blocks: Block[] }[] = []
  let current: { title: string; blocks: Block[] } | undefined
  const begin = (title: string) => {
    current = { title, blocks: [] }
    pages.push(current)
    return current
  }
  for (const block of blocks) {
    if (block.kind === 'rule') current = undefined
    else if (block.kind === 'heading' && (block.level <= 2 || !current)) begin(oneLine(textOf(block.spans)))
    else (current ?? begin(pages.at(-1)?.title ?? name)).blocks.push(block)
  }
  return pages.map((page) => withChartsApart(page.title, page.blocks))
}

const withChartsApart = (title: string, blocks: Block[]): Page => ({
  title,
  // A rule between two parts of one slide is only a pause.
  blocks: blocks.filter((block) => block.kind !== 'chart' && block.kind !== 'rule'),
  charts: blocks.flatMap((block) => (block.kind === 'chart' ? block.chart : [])),
})

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
