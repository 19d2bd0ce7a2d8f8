import { type Block, type ListBlock, type Span, textOf } from '../content/blocks.ts'
import { chartRows } from './charts.ts'
import { type Row, underlaid } from './flow.ts'
import { bodyLook, bodySize, type ParagraphLook, paragraph, type Scene } from './paragraphs.ts'
import { setLines } from './set-lines.ts'
import { tableRows } from './tables.ts'

export const writeBlocks = (blocks: Block[], scene: Scene): Row[] =>
  blocks.flatMap((block, index) => writeBlock(block, blocks[index + 1], scene))

const writeBlock = (block: Block, next: Block | undefined, scene: Scene): Row[] => {
  if (block.kind === 'heading') return heading(block, scene)
  if (block.kind === 'paragraph') {
    const look = { ...bodyLook(scene), keepNext: announces(block.spans, next) }
    return paragraph(block.spans, scene, look, scene.pen.tag('P', scene.parent))
  }
  if (block.kind === 'list') return list(block, scene)
  if (block.kind === 'quote') return quote(block.blocks, scene)
  if (block.kind === 'code') return code(block.text, scene)
  if (block.kind === 'table') return tableRows(block, scene)
  if (block.kind === 'chart') return chartRows(block.chart, scene)
  return [rule(scene)]
}

/** "These are the numbers:" must not stay alone at the foot of a page. */
const announces = (spans: Span[], next: Block | undefined): boolean =>
  next !== undefined && next.kind !== 'paragraph' && /[:：]\s*$/.test(textOf(spans))

const headings = [
  { size: 17, before: 22 },
  { size: 13.5, before: 17 },
  { size: 11.5, before: 13 },
  { size: 10.5, before: 11 },
]

const heading = (block: { level: number; spans: Span[] }, scene: Scene): Row[] => {
  const level = Math.min(block.level, headings.length)
  const { size = bodySize, before = 11 } = headings[level - 1] ?? {}
  const { palette } = scene
  const look: ParagraphLook = {
    size,
    before,
    leading: 1.25,
    bold: true,
    colour: level < 4 ? palette.primaryText : palette.quiet,
    keepNext: true,
    keepTogether: true,
  }
  // The title of the document is its only H1.
  const tag = scene.pen.tag(`H${Math.min(block.level + 1, 6)}`, scene.parent)
  const rows = paragraph(block.spans, scene, look, tag)
  const [first] = rows
  if (!first || scene.depth > 0 || scene.quoted) return rows
  const draw: Row['draw'] = (place) => {
    scene.pen.bookmark(block.level, textOf(block.spans), place.y)
    first.draw(place)
  }
  return [{ ...first, draw }, ...rows.slice(1)]
}

const indent = 17

/** Text narrower than this is not moved in any further. */
const leastWidth = 160

const list = (block: ListBlock, scene: Scene): Row[] => {
  const { pen, faces, palette } = scene
  const parent = pen.tag('L', scene.parent)
  const look = bodyLook(scene)
  const isLoose = block.items.some((item) => item.blocks.filter((one) => one.kind !== 'list').length > 1)
  return block.items.flatMap((item, index) => {
    const marker = markerOf(block, item.task, index, scene.depth)
    const colour = block.ordered && !item.task ? palette.primaryText : palette.accentText
    const bold = !block.ordered && !item.task
    const [mark] = setLines(
      [{ text: marker }],
      { size: bodySize, width: 200, colour, linkColour: colour, bold },
      faces,
    )
    const tag = pen.tag('LI', parent)
    const label = pen.tag('Lbl', tag)
    const body = pen.tag('LBody', tag)
    // Deep lists stop moving to the right while there is still room to read.
    const step = scene.width > leastWidth ? indent + Math.max(0, (mark?.width ?? 0) - indent + 5) : 0
    const inside: Scene = {
      ...scene,
      x: scene.x + step,
      width: scene.width - step,
      parent: body,
      depth: scene.depth + 1,
    }
    const rows = writeBlocks(
      item.blocks.length > 0 ? item.blocks : [{ kind: 'paragraph', spans: [] }],
      inside,
    )
    const [first, ...rest] = rows
    if (!first || !mark) return rows
    const isParagraph = !item.blocks[0] || ['paragraph', 'heading'].includes(item.blocks[0].kind)
    const height = bodySize * look.leading
    const baseline = height * (0.5 + 0.33 / look.leading)
    const draw: Row['draw'] = (place) => {
      pen.line(
        mark,
        inside.x - Math.max(mark.width + 5, block.ordered ? 0 : indent - 4),
        place.y + baseline,
        label,
      )
      first.draw(place)
    }
    const before = index === 0 ? (scene.depth > 0 ? 3 : 5) : isLoose ? 6 : 3
    if (isParagraph) return [{ ...first, before, draw }, ...rest]
    const alone: Row = {
      height: 0,
      before,
      keep: true,
      draw: (place) => pen.line(mark, inside.x - mark.width - 5, place.y + baseline, label),
    }
    return [alone, ...rows]
  })
}

const markerOf = (
  block: ListBlock,
  task: 'open' | 'done' | undefined,
  index: number,
  depth: number,
): string => {
  if (task) return task === 'done' ? '☑' : '☐'
  if (!block.ordered) return ['•', '–', '·'][depth % 3] ?? '•'
  return `${[decimal, letters, roman][depth % 3]?.(block.start + index) ?? ''}.`
}

const decimal = (number: number): string => String(number)

const letters = (number: number): string =>
  number < 1
    ? String(number)
    : (number > 26 ? letters(Math.floor((number - 1) / 26)) : '') +
      String.fromCharCode(97 + ((number - 1) % 26))

const numerals = [
  ['m', 1000],
  ['cm', 900],
  ['d', 500],
  ['cd', 400],
  ['c', 100],
  ['xc', 90],
  ['l', 50],
  ['xl', 40],
  ['x', 10],
  ['ix', 9],
  ['v', 5],
  ['iv', 4],
  ['i', 1],
] as const

const roman = (number: number): string => {
  if (number < 1 || number > 3999) return String(number)
  let [rest, text] = [number, '']
  for (const [letter, value] of numerals) {
    for (; rest >= value; rest -= value) text += letter
  }
  return text
}

const quote = (blocks: Block[], scene: Scene): Row[] => {
  const { pen, palette } = scene
  // Quotes in quotes in quotes: beyond what a page has room for they are one.
  if (scene.width <= leastWidth) return writeBlocks(blocks, { ...scene, quoted: true })
  const step = 14
  const inside: Scene = {
    ...scene,
    x: scene.x + step,
    width: scene.width - step * 1.5,
    parent: pen.tag('BlockQuote', scene.parent),
    quoted: true,
  }
  const rows = writeBlocks(blocks, inside)
  return setApart(
    underlaid(rows, (y, height) => pen.box(scene.x, y, 2.4, height, palette.accent)),
    10,
  )
}

const code = (source: string, scene: Scene): Row[] => {
  const { pen, faces, palette } = scene
  const pad = { x: 10, y: 7 }
  const tag = pen.tag('Code', pen.tag('P', scene.parent))
  const setting = {
    size: 8.8,
    colour: palette.body,
    linkColour: palette.body,
    width: scene.width - 2 * pad.x,
  }
  const lines = source
    .replace(/\n+$/, '')
    .split('\n')
    .flatMap((line) =>
      setLines([{ text: line, code: true }], { ...setting, size: setting.size / 0.9 }, faces),
    )
    // The shade of the block is enough.
    .map((line) => ({ ...line, pieces: line.pieces.map(({ code: _, ...piece }) => piece) }))
  const height = setting.size * 1.45
  const padding: Row = { height: pad.y, before: 0, keep: true, draw: () => {} }
  const rows = lines.map(
    (line, index): Row => ({
      height,
      before: 0,
      keep: lines.length <= 20 || index === 0 || index >= lines.length - 2,
      draw: ({ y }) => pen.line(line, scene.x + pad.x, y + height * 0.72, tag),
    }),
  )
  const all = [padding, ...rows, { ...padding, keep: false }]
  return setApart(
    underlaid(all, (y, tall) => pen.box(scene.x, y, scene.width, tall, palette.wash)),
    9,
  )
}

/** More air above and below than between paragraphs. */
const setApart = (rows: Row[], space: number): Row[] => {
  const [first, ...rest] = rows
  return first
    ? [{ ...first, before: space }, ...rest, { height: 3, before: 0, keep: false, draw: () => {} }]
    : []
}

const rule = ({ pen, palette, x, width }: Scene): Row => ({
  height: 8,
  before: 12,
  keep: true,
  draw: ({ y, gap }) => {
    // At the head of a page there is nothing to divide.
    if (gap > 0) pen.rule(x, y, width, palette.rule, 0.8)
  },
})
