import { area, column, type Element, row, words } from '../element.ts'
import { fitWords, setWords } from '../fit-words.ts'
import { accentOn, css, foot, type Sheet } from '../sheet.ts'
import type { CardWords } from '../template.ts'

/** The words of somebody, large; who said them is the title. */
export function layQuote(sheet: Sheet, { title, text }: CardWords): Element {
  const { width, height, unit, padding, inner, palette, mirrored } = sheet
  const mark = unit * 3.2
  // The sign fills the upper third of its line.
  const markHeight = unit * 1.25
  const accent = accentOn(palette.wash, palette, palette.accentText)
  const by = title
    ? fitWords(title, {
        width: inner.width - unit * 0.6,
        height: inner.height * 0.24,
        most: unit * 0.46,
        least: unit * 0.32,
        bold: true,
        leading: 1.25,
      })
    : undefined
  const gap = unit * 0.5
  const said = fitWords(unquoted(text), {
    width: inner.width,
    height: inner.height - markHeight - gap - (by ? by.height + gap : 0),
    most: unit * 0.95,
    least: unit * 0.38,
    leading: 1.28,
  })
  const flow = mirrored ? 'row-reverse' : 'row'
  return column(
    { width, height, padding, backgroundColor: css(palette.wash) },
    column(
      { width: inner.width, flexGrow: 1, justifyContent: 'center' },
      row(
        { height: markHeight, width: inner.width, overflow: 'hidden', flexDirection: flow, flexShrink: 0 },
        words(mirrored ? '”' : '“', {
          fontSize: mark,
          fontWeight: 700,
          lineHeight: 1,
          color: accent,
          marginTop: -mark * 0.06,
          [mirrored ? 'marginRight' : 'marginLeft']: -mark * 0.045,
        }),
      ),
      setWords(said, css(palette.primaryText), { mirrored, marginTop: gap * 0.4 }),
      by &&
        row(
          { width: inner.width, marginTop: gap, flexDirection: flow },
          area({
            width: Math.max(2, unit * 0.1),
            height: by.height,
            backgroundColor: accent,
            [mirrored ? 'marginLeft' : 'marginRight']: unit * 0.4,
          }),
          setWords(by, css(palette.body), { mirrored }),
        ),
    ),
    foot(sheet, css(palette.quiet)),
  )
}

/** The card brings a quotation mark of its own. */
const unquoted = (text: string): string => /^[“"„«»”]([^“"„«»”]+)[”"“»«]$/.exec(text.trim())?.[1] ?? text
