import { area, column, type Element, row } from '../element.ts'
import { fitWords, setWords } from '../fit-words.ts'
import { accentOn, css, foot, type Sheet } from '../sheet.ts'
import type { CardWords } from '../template.ts'

/** White, with a band in the primary colour along the side where reading begins. */
export function layTitle(sheet: Sheet, { title, text }: CardWords): Element {
  const { width, height, unit, padding, inner, palette, mirrored } = sheet
  const band = Math.max(3, Math.round(unit * 0.4))
  const room = inner.width - band
  const gap = unit * 0.4
  const bar = Math.max(2, unit * 0.12)
  const forWords = inner.height - bar - gap
  const heading = fitWords(title, {
    width: room,
    height: forWords * (text ? 0.6 : 1),
    most: unit * 1.2,
    least: unit * 0.5,
    bold: true,
    leading: 1.12,
  })
  const below = fitWords(text, {
    width: room,
    height: forWords - heading.height - gap,
    most: unit * 0.52,
    least: unit * 0.34,
    leading: 1.35,
  })
  return row(
    { width, height, backgroundColor: '#ffffff', flexDirection: mirrored ? 'row-reverse' : 'row' },
    area({ width: band, height, backgroundColor: css(palette.series[0] ?? palette.primary) }),
    column(
      { width: width - band, height, padding },
      column(
        { width: room, flexGrow: 1, justifyContent: 'center' },
        row(
          { width: room, justifyContent: mirrored ? 'flex-end' : 'flex-start', marginBottom: gap },
          area({
            width: unit * 1.2,
            height: bar,
            backgroundColor: accentOn('FFFFFF', palette, palette.accentText),
          }),
        ),
        setWords(heading, css(palette.primaryText), { mirrored }),
        text !== '' && setWords(below, css(palette.body), { mirrored, marginTop: gap }),
      ),
      foot({ ...sheet, inner: { ...inner, width: room } }, css(palette.quiet)),
    ),
  )
}
