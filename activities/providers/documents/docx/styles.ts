import { BorderStyle, type IStylesOptions, LineRuleType } from 'docx'
import type { Palette } from '../look/colour.ts'
import { codeFont, eastAsianOf, latinFont } from '../look/scripts.ts'

/** Word counts letters in half points and space in twentieths of a point. */
const points = (size: number): number => size * 2
const space = (before: number, after: number) => ({ before: before * 20, after: after * 20 })

/** Line height as a multiple of the font's own. */
const leading = (lines: number) => ({ line: Math.round(lines * 240), lineRule: LineRuleType.AUTO })

/** Real Word styles under Word's own names, so that navigation, contents tables and restyling work. */
export const stylesOf = (palette: Palette, text: string): IStylesOptions => {
  const eastAsian = eastAsianOf(text)
  const heading = (size: number, before: number, after: number, color = palette.primaryText) => ({
    run: { size: points(size), bold: true, color },
    paragraph: { spacing: { ...space(before, after), ...leading(1.05) }, keepNext: true, keepLines: true },
  })
  return {
    default: {
      document: {
        run: {
          font: { ascii: latinFont, hAnsi: latinFont, cs: 'Arial', eastAsia: eastAsian.font },
          size: points(11),
          color: palette.body,
          language: { value: 'en-GB', eastAsia: eastAsian.language, bidirectional: 'ar-SA' },
        },
        paragraph: { spacing: { ...space(0, 7), ...leading(1.15) } },
      },
      title: {
        run: { size: points(28), bold: true, color: palette.primaryText },
        paragraph: { spacing: { ...space(0, 6), ...leading(1) }, keepNext: true, keepLines: true },
      },
      heading1: heading(18, 20, 6),
      heading2: heading(14, 15, 4),
      heading3: heading(12, 12, 3),
      heading4: heading(11, 10, 2, palette.quiet),
      heading5: heading(11, 10, 2, palette.quiet),
      heading6: heading(11, 10, 2, palette.quiet),
      listParagraph: { paragraph: { spacing: space(0, 3) } },
      hyperlink: { run: { color: palette.primaryText, underline: {} } },
    },
    paragraphStyles: [
      {
        id: 'Eyebrow',
        name: 'Eyebrow',
        basedOn: 'Normal',
        next: 'Title',
        run: { size: points(10), bold: true, color: palette.accentText, allCaps: true, characterSpacing: 20 },
        paragraph: { spacing: space(0, 4), keepNext: true },
      },
      {
        id: 'Subtitle',
        name: 'Subtitle',
        basedOn: 'Normal',
        next: 'Normal',
        quickFormat: true,
        run: { size: points(11), color: palette.quiet },
        paragraph: {
          spacing: space(0, 20),
          border: { bottom: { style: BorderStyle.SINGLE, size: 16, color: palette.accent, space: 10 } },
        },
      },
      {
        id: 'Quote',
        name: 'Quote',
        basedOn: 'Normal',
        quickFormat: true,
        run: { italics: true, color: '404040' },
        paragraph: {
          indent: { left: 284, right: 284 },
          border: { left: { style: BorderStyle.SINGLE, size: 24, color: palette.accent, space: 10 } },
        },
      },
      {
        id: 'Code',
        name: 'Code',
        basedOn: 'Normal',
        quickFormat: true,
        run: { font: codeFont, size: points(9.5), noProof: true },
        paragraph: {
          spacing: { ...space(2, 10), ...leading(1.05) },
          indent: { left: 142, right: 142 },
          shading: { fill: palette.wash },
          border: sides(palette.wash),
        },
      },
      {
        id: 'TableText',
        name: 'Table Text',
        basedOn: 'Normal',
        quickFormat: true,
        run: { size: points(10) },
        paragraph: { spacing: { ...space(0, 0), ...leading(1.05) } },
      },
      {
        id: 'PageFurniture',
        name: 'Page Furniture',
        basedOn: 'Normal',
        run: { size: points(8.5), color: palette.quiet },
        paragraph: { spacing: space(0, 0) },
      },
    ],
    characterStyles: [
      {
        id: 'CodeText',
        name: 'Code Text',
        basedOn: 'DefaultParagraphFont',
        run: { font: codeFont, size: points(9.5), noProof: true },
      },
    ],
  }
}

/** Borders in the shade's own colour give shaded text a margin. */
const sides = (color: string) => {
  const side = { style: BorderStyle.SINGLE, size: 4, color, space: 6 }
  return { top: side, bottom: side, left: side, right: side }
}
