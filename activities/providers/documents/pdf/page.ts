import { showDate } from '../look/show-date.ts'
import type { DocumentRequest } from '../port.ts'
import type { Row } from './flow.ts'
import { paragraph, type Scene } from './paragraphs.ts'
import { type Setting, setLines } from './set-lines.ts'
import { footerLine, headerLine, side, textWidth } from './sheet.ts'

/** Whose it is, what it is, when: at the head of the first page. */
export const titleBlock = (
  title: string,
  { brand, date, timeZone }: DocumentRequest,
  scene: Scene,
): Row[] => {
  const { pen, palette } = scene
  const eyebrow = {
    size: 9.5,
    before: 0,
    leading: 1.3,
    bold: true,
    colour: palette.accentText,
    keepNext: true,
  }
  const head = {
    size: 25,
    before: 3,
    leading: 1.14,
    bold: true,
    colour: palette.primaryText,
    keepNext: true,
    keepTogether: true,
  }
  const when = { size: 10.5, before: 5, leading: 1.3, colour: palette.quiet, keepNext: true }
  return [
    ...paragraph([{ text: brand.name.toUpperCase() }], scene, eyebrow, pen.tag('P', scene.parent)),
    ...paragraph([{ text: title }], scene, head, pen.tag('H1', scene.parent)),
    ...paragraph([{ text: showDate(date, timeZone) }], scene, when, pen.tag('P', scene.parent)),
    {
      height: 10,
      before: 10,
      keep: true,
      draw: ({ y }) => pen.rule(scene.x, y, scene.width, palette.accent, 2),
    },
  ]
}

/** Whose it is, where its words come from, and which page it is, on all pages; the title from the second one on. */
export const furnish = (title: string, { brand, label }: DocumentRequest, scene: Scene): void => {
  const { pen, palette } = scene
  const { count } = pen.pdf.bufferedPageRange()
  for (let page = 0; page < count; page++) {
    pen.pdf.switchToPage(page)
    pen.decorate(() => {
      if (page > 0) {
        write(brand.name, 'left', headerLine, { bold: true, colour: palette.primaryText })
        write(shortened(title), 'right', headerLine)
        pen.pdf
          .moveTo(side, headerLine + 8)
          .lineTo(side + textWidth, headerLine + 8)
          .lineWidth(0.6)
          .stroke(`#${palette.rule}`)
      }
      const used = write(brand.name, 'left', footerLine)
      if (label) {
        const dot = write('·', 'left', footerLine, {}, used + 6)
        write(label, 'left', footerLine, { italic: true }, used + dot + 12)
      }
      write(`Page ${page + 1} of ${count}`, 'right', footerLine)
    }, 'Pagination')
  }

  function write(
    text: string,
    edge: 'left' | 'right',
    y: number,
    looks: Partial<Setting> = {},
    from = 0,
  ): number {
    const setting = {
      size: 8.5,
      width: textWidth * 0.72,
      colour: palette.quiet,
      linkColour: palette.quiet,
      ...looks,
    }
    const [line] = setLines([{ text }], setting, scene.faces)
    if (!line) return 0
    let x = edge === 'left' ? side + from : side + textWidth - line.width
    for (const piece of line.pieces) {
      pen.words(piece, x, y)
      x += piece.width
    }
    return line.width
  }
}

/** One line of a header. */
const shortened = (title: string): string => (title.length > 70 ? `${title.slice(0, 69).trimEnd()}…` : title)
