import { BorderStyle, Footer, Header, PageNumber, Paragraph, TabStopType, TextRun } from 'docx'
import type { Palette } from '../look/colour.ts'
import { isRightToLeft } from '../look/scripts.ts'
import { showDate } from '../look/show-date.ts'
import type { DocumentRequest } from '../port.ts'

/** A4 with 2.3 cm at the sides, in twentieths of a point: lines of some 90 characters at 11 points. */
export const page = {
  size: { width: 11906, height: 16838 },
  margin: { top: 1360, bottom: 1300, left: 1304, right: 1304, header: 620, footer: 560 },
}
export const textWidth = page.size.width - page.margin.left - page.margin.right

/** Whose it is, what it is, when: at the head of the first page. */
export const titleBlock = (title: string, { brand, date, timeZone }: DocumentRequest): Paragraph[] => {
  const bidirectional = isRightToLeft(title)
  return [
    new Paragraph({ style: 'Eyebrow', bidirectional, text: brand.name }),
    new Paragraph({ style: 'Title', bidirectional, text: title }),
    new Paragraph({ style: 'Subtitle', bidirectional, text: showDate(date, timeZone) }),
  ]
}

/** From the second page on: the first has the title block. */
export const headerOf = (title: string, { brand }: DocumentRequest, palette: Palette): Header =>
  new Header({
    children: [
      new Paragraph({
        style: 'PageFurniture',
        tabStops: [{ type: TabStopType.RIGHT, position: textWidth }],
        border: { bottom: { style: BorderStyle.SINGLE, size: 4, color: palette.rule, space: 6 } },
        children: [
          new TextRun({ text: brand.name, bold: true, color: palette.primaryText }),
          new TextRun({ text: `\t${shortened(title)}` }),
        ],
      }),
    ],
  })

export const footerOf = ({ brand, label }: DocumentRequest): Footer =>
  new Footer({
    children: [
      new Paragraph({
        style: 'PageFurniture',
        tabStops: [{ type: TabStopType.RIGHT, position: textWidth }],
        children: [
          new TextRun({ text: brand.name }),
          ...(label ? [new TextRun({ text: '  ·  ' }), new TextRun({ text: label, italics: true })] : []),
          new TextRun({ children: ['\tPage ', PageNumber.CURRENT, ' of ', PageNumber.TOTAL_PAGES] }),
        ],
      }),
    ],
  })

/** One line of a header. */
const shortened = (title: string): string => (title.length > 70 ? `${title.slice(0, 69).trimEnd()}…` : title)
