import { plainLetters } from './clean-text.ts'
import { type Block, toMarkdown } from './markdown.ts'
import { type OfficeFile, openOffice } from './open-office.ts'
import { child, descendants, elements, textOf, type XmlElement } from './parse-xml.ts'
import { readChart } from './read-chart.ts'
import { damaged, wordless } from './unreadable.ts'

/** A presentation as Markdown: per slide its title, texts, tables, the numbers of its charts and the speaker's notes. */
export const readPptx = async (bytes: Buffer, name: string): Promise<string> => {
  const file = openOffice(bytes, name)
  const slides = slideParts(file)
  if (!slides) throw damaged(name)
  const blocks = slides.flatMap((part, index) => slideBlocks(file, part, index + 1))
  const said = blocks.some((block) => block.kind !== 'heading' || /: /.test(block.text))
  if (!said) throw wordless(name, 'a presentation')
  return plainLetters(toMarkdown(blocks))
}

/** In the order of the presentation, which is not that of the file names. */
const slideParts = (file: OfficeFile): string[] | undefined => {
  const presentation = file.xml('ppt/presentation.xml')
  if (!presentation) return undefined
  const parts = new Map(file.related('ppt/presentation.xml').map(({ id, part }) => [id, part]))
  return elements(child(presentation, 'p:sldIdLst')).flatMap(
    (slide) => parts.get(slide.attributes['r:id'] ?? '') ?? [],
  )
}

const slideBlocks = (file: OfficeFile, part: string, number: number): Block[] => {
  const slide = file.xml(part)
  const shapes = shapesOf(child(slide, 'p:cSld', 'p:spTree'))
  const title = shapes.find((shape) => /^(title|ctrTitle)$/.test(placeholder(shape) ?? ''))
  const titleText = title
    ? paragraphsOf(child(title, 'p:txBody'))
        .map(({ text }) => text)
        .join(' ')
        .trim()
    : ''
  const hidden = slide?.attributes.show === '0' ? ' (hidden)' : ''
  return [
    { kind: 'heading', level: 2, text: `Slide ${number}${hidden}${titleText ? `: ${titleText}` : ''}` },
    ...shapes.filter((shape) => shape !== title).flatMap((shape) => shapeBlocks(file, part, shape)),
    ...notesBlocks(file, part),
  ]
}

/** Shapes of groups stand among the others; of the alternatives for old and new programs the first is taken. */
const shapesOf = (tree: XmlElement | undefined): XmlElement[] =>
  elements(tree).flatMap((shape) => {
    if (shape.name === 'p:grpSp') return shapesOf(shape)
    if (shape.name === 'mc:AlternateContent') return shapesOf(elements(shape)[0])
    return ['p:sp', 'p:graphicFrame'].includes(shape.name) ? [shape] : []
  })

const placeholder = (shape: XmlElement): string | undefined =>
  child(shape, 'p:nvSpPr', 'p:nvPr', 'p:ph') &&
  (child(shape, 'p:nvSpPr', 'p:nvPr', 'p:ph')?.attributes.type ?? 'body')

/** Repeated on every slide and no content: number, date, footer. */
const FURNITURE = new Set(['sldNum', 'dt', 'ftr', 'hdr'])

const shapeBlocks = (file: OfficeFile, part: string, shape: XmlElement): Block[] => {
  const role = placeholder(shape)
  if (FURNITURE.has(role ?? '')) return []
  if (shape.name === 'p:sp') {
    const lines = paragraphsOf(child(shape, 'p:txBody'))
    const listed = role === 'body' || role === 'obj' || lines.some(({ bullet }) => bullet)
    return lines.map(({ text, depth, marker }) =>
      listed ? { kind: 'item', depth, marker, text } : { kind: 'paragraph', text },
    )
  }
  const content = child(shape, 'a:graphic', 'a:graphicData')
  return [...tableBlocks(content), ...chartBlocks(file, part, content), ...diagramBlocks(file, part, content)]
}

type Line = { text: string; depth: number; bullet: boolean; marker: string }

const paragraphsOf = (body: XmlElement | undefined): Line[] => {
  let number = 0
  return elements(body).flatMap((paragraph) => {
    if (paragraph.name !== 'a:p') return []
    const text = elements(paragraph).map(runText).join('')
    if (!text.trim()) return []
    const properties = child(paragraph, 'a:pPr')
    const numbered = child(properties, 'a:buAutoNum') !== undefined
    number = numbered ? number + 1 : 0
    const bullet = numbered || child(properties, 'a:buChar') !== undefined
    const depth = Math.min(8, Number(properties?.attributes.lvl) || 0)
    return [{ text, depth, bullet, marker: numbered ? `${number}.` : '-' }]
  })
}

const runText = (run: XmlElement): string => {
  if (run.name === 'a:br') return '\n'
  return run.name === 'a:r' || run.name === 'a:fld' ? textOf(child(run, 'a:t')) : ''
}

const tableBlocks = (content: XmlElement | undefined): Block[] =>
  elements(content)
    .filter(({ name }) => name === 'a:tbl')
    .map((table) => ({
      kind: 'table',
      rows: elements(table)
        .filter(({ name }) => name === 'a:tr')
        .map((row) =>
          elements(row)
            .filter(({ name }) => name === 'a:tc')
            .map((cell) =>
              paragraphsOf(child(cell, 'a:txBody'))
                .map(({ text }) => text)
                .join(' '),
            ),
        ),
    }))

const chartBlocks = (file: OfficeFile, part: string, content: XmlElement | undefined): Block[] =>
  elements(content).flatMap((chart): Block[] => {
    const target = file
      .related(part)
      .find(({ id, type }) => type === 'chart' && id === chart.attributes['r:id'])
    if (chart.name !== 'c:chart' || !target) return []
    const { title, rows } = readChart(file.xml(target.part))
    if (rows.length === 0 && !title) return []
    return [
      { kind: 'paragraph', text: title ? `Chart: ${title}` : 'Chart:' },
      { kind: 'table', rows },
    ]
  })

/** SmartArt keeps its words in a part of its own. */
const diagramBlocks = (file: OfficeFile, part: string, content: XmlElement | undefined): Block[] =>
  elements(content).flatMap((diagram): Block[] => {
    const target = file.related(part).find(({ id }) => id === diagram.attributes['r:dm'])
    if (diagram.name !== 'dgm:relIds' || !target) return []
    return descendants(file.xml(target.part), 'dgm:t')
      .flatMap(paragraphsOf)
      .map(({ text }) => ({ kind: 'item', depth: 0, marker: '-', text }))
  })

const notesBlocks = (file: OfficeFile, part: string): Block[] => {
  const notes = file.related(part).find(({ type }) => type === 'notesSlide')
  const shapes = notes ? shapesOf(child(file.xml(notes.part), 'p:cSld', 'p:spTree')) : []
  const text = shapes
    .filter((shape) => placeholder(shape) === 'body')
    .flatMap((shape) => paragraphsOf(child(shape, 'p:txBody')).map((line) => line.text))
    .join('\n')
  return text ? [{ kind: 'paragraph', text: `Notes: ${text}` }] : []
}
