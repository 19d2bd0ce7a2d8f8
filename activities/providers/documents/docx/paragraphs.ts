import {
  BorderStyle,
  HeadingLevel,
  type IParagraphOptions,
  LineRuleType,
  Paragraph,
  type Table,
  TextRun,
} from 'docx'
import { type Block, type ListBlock, type Span, textOf } from '../content/blocks.ts'
import type { Palette } from '../look/colour.ts'
import { isRightToLeft } from '../look/scripts.ts'
import { chartOf } from './charts.ts'
import { deepest, type Lists, step } from './lists.ts'
import { runsOf } from './runs.ts'
import { tableOf } from './tables.ts'

/** What is being written, and how deep in lists and quotes. */
export interface Scene {
  palette: Palette
  lists: Lists
  /** The text area, in twentieths of a point. */
  width: number
  /** List level of the surrounding item; -1 outside lists. */
  level: number
  quoted?: true
}

type Written = Paragraph | Table

const headings = [
  HeadingLevel.HEADING_1,
  HeadingLevel.HEADING_2,
  HeadingLevel.HEADING_3,
  HeadingLevel.HEADING_4,
  HeadingLevel.HEADING_5,
  HeadingLevel.HEADING_6,
] as const

export const writeBlocks = (blocks: Block[], scene: Scene): Written[] =>
  blocks.flatMap((block, index) => writeBlock(block, blocks[index + 1], scene))

const writeBlock = (block: Block, next: Block | undefined, scene: Scene): Written[] => {
  if (block.kind === 'heading') {
    const heading = headings[Math.min(block.level, 6) - 1] ?? HeadingLevel.HEADING_6
    return [text(block.spans, scene, { heading })]
  }
  if (block.kind === 'paragraph')
    return [text(block.spans, scene, announces(block, next) ? { keepNext: true } : {})]
  if (block.kind === 'list') return writeList(block, scene)
  if (block.kind === 'quote') return writeBlocks(block.blocks, { ...scene, quoted: true })
  if (block.kind === 'code') return [code(block.text, scene)]
  if (block.kind === 'table') return [tableOf(block, scene.width, scene.palette), gap()]
  if (block.kind === 'chart') return [chartOf(block.chart, Math.floor(scene.width / 15), scene.palette)]
  return [rule(scene.palette)]
}

/** "These are the numbers:" must not stay alone at the foot of a page. */
const announces = (block: { spans: Span[] }, next: Block | undefined): boolean =>
  next !== undefined && next.kind !== 'paragraph' && /[:：]\s*$/.test(textOf(block.spans))

const text = (spans: Span[], scene: Scene, options: IParagraphOptions = {}): Paragraph =>
  new Paragraph({
    ...(scene.quoted && !options.heading && !options.numbering ? { style: 'Quote' } : {}),
    ...(scene.level >= 0 && !options.numbering ? { indent: { left: step * (scene.level + 1) } } : {}),
    ...(isRightToLeft(textOf(spans)) ? { bidirectional: true } : {}),
    ...options,
    children: runsOf(spans),
  })

const writeList = (list: ListBlock, scene: Scene): Written[] => {
  const level = Math.min(scene.level + 1, deepest)
  const numberingOf = scene.lists.begin(list)
  const inside = { ...scene, level }
  const isTight = list.items.every((item) => item.blocks.length <= 1)
  return list.items.flatMap((item, index) => {
    const [first, ...rest] = item.blocks
    const opening = first?.kind === 'paragraph' || first?.kind === 'heading' ? first.spans : []
    const isLast = index === list.items.length - 1 && scene.level < 0 && rest.length === 0
    const line = text(opening, inside, {
      style: 'ListParagraph',
      numbering: { ...numberingOf(item.task), level },
      // The last item closes the list with a paragraph's space.
      ...(isLast ? { spacing: { after: 160 } } : isTight ? {} : { spacing: { after: 80 } }),
    })
    return [line, ...writeBlocks(opening.length || !first ? rest : item.blocks, inside)]
  })
}

const code = (source: string, scene: Scene): Paragraph =>
  new Paragraph({
    style: 'Code',
    ...(scene.level >= 0 ? { indent: { left: step * (scene.level + 1) + 142, right: 142 } } : {}),
    children: source
      .split('\n')
      .map(
        (line, index) => new TextRun({ text: line.replaceAll('\t', '    '), ...(index ? { break: 1 } : {}) }),
      ),
  })

const rule = (palette: Palette): Paragraph =>
  new Paragraph({
    spacing: { before: 120, after: 200, line: 120, lineRule: LineRuleType.EXACT },
    border: { bottom: { style: BorderStyle.SINGLE, size: 6, color: palette.rule, space: 1 } },
  })

/** Space below a table, and what keeps Word from joining two of them. */
const gap = (): Paragraph =>
  new Paragraph({ spacing: { before: 0, after: 0, line: 200, lineRule: LineRuleType.EXACT } })
