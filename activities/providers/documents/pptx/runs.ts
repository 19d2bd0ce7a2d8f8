import { type Span, textOf } from '../content/blocks.ts'
import type { Palette } from '../look/colour.ts'
import { codeFont, isRightToLeft } from '../look/scripts.ts'
import { gapAbove, indentOf, sizeOf } from './heights.ts'
import type { Run, RunOptions } from './library.ts'
import type { Line } from './lines.ts'

/** Styled stretches as runs. The library reads a paragraph's own options from each of its runs. */
export const runsOf = (spans: Span[], palette: Palette, paragraph: RunOptions): Run[] =>
  brokenUp(spans).map(({ afterBreak, ...span }) => ({
    text: span.text,
    options: {
      ...paragraph,
      ...(afterBreak ? { softBreakBefore: true } : {}),
      ...(span.bold ? { bold: true } : {}),
      ...(span.italic ? { italic: true } : {}),
      ...(span.strike ? { strike: 'sngStrike' as const } : {}),
      ...(span.code ? { fontFace: codeFont } : {}),
      ...(span.link ? { hyperlink: { url: span.link }, color: palette.primaryText } : {}),
    },
  }))

/** The library knows line breaks only before a run. */
const brokenUp = (spans: Span[]): (Span & { afterBreak?: true })[] =>
  spans.flatMap((span) =>
    span.text
      .split('\n')
      .map((text, index) => ({ ...span, text, ...(index ? { afterBreak: true as const } : {}) })),
  )

/** Paragraphs of a text box. @param size of the slide's text, in points */
export const paragraphsOf = (lines: Line[], size: number, palette: Palette): Run[] => {
  const firstOfList = new Map<number, number>()
  return lines.flatMap((line, index) => {
    const options = paragraphOptions(line, size, palette, index === 0, firstOfList)
    const runs = runsOf(line.spans.length ? line.spans : [{ text: ' ' }], palette, options)
    const last = runs.at(-1)
    if (last && index < lines.length - 1) last.options = { ...last.options, breakLine: true }
    return runs
  })
}

const paragraphOptions = (
  line: Line,
  size: number,
  palette: Palette,
  isFirst: boolean,
  firstOfList: Map<number, number>,
): RunOptions => {
  const rightToLeft = isRightToLeft(textOf(line.spans))
  return {
    fontSize: Math.round(sizeOf(line, size) * 2) / 2,
    color: line.role === 'heading' ? palette.primaryText : line.role === 'quote' ? '404040' : palette.body,
    ...(line.role === 'heading' ? { bold: true } : {}),
    ...(line.role === 'quote' ? { italic: true } : {}),
    // Never nothing: the library would leave it out, and the master's own space would stand.
    paraSpaceBefore: isFirst ? 0.01 : Math.max(gapAbove(line, size), 0.01),
    ...(rightToLeft ? { rtlMode: true, align: 'right' as const } : { align: 'left' as const }),
    ...(line.level ? { indentLevel: line.level } : {}),
    ...markerOf(line, size, firstOfList),
  }
}

const markerOf = ({ marker, level }: Line, size: number, firstOfList: Map<number, number>): RunOptions => {
  const indent = indentOf(size)
  if (!marker) return {}
  if ('bullet' in marker) return { bullet: { indent, characterCode: level % 2 ? '2013' : '2022' } }
  if ('task' in marker) return { bullet: { indent, characterCode: marker.task === 'done' ? '2611' : '2610' } }
  // PowerPoint counts on by itself while the paragraphs of a list name the same start, so a person can insert one.
  const start = firstOfList.get(marker.list) ?? marker.number
  firstOfList.set(marker.list, start)
  return {
    bullet: {
      indent,
      type: 'number',
      style: level % 2 ? 'alphaLcPeriod' : 'arabicPeriod',
      numberStartAt: start,
    },
  }
}
