import { area, column, type Element, row } from '../element.ts'
import { fitWords, setWords } from '../fit-words.ts'
import { accentOn, css, foot, type Sheet } from '../sheet.ts'
import type { CardWords } from '../template.ts'

/** The whole card in the primary colour, the organisation on top, a ring in the accent, large words at the lower side. */
export function layCover(sheet: Sheet, { title, text }: CardWords): Element {
  const { width, height, unit, margin, padding, inner, palette, mirrored, brand, footHeight } = sheet
  const onPrimary = css(palette.onPrimary)
  const accent = accentOn(palette.primary, palette, palette.onPrimary)
  const ring = Math.min(width, height) * 0.62
  const ringShows = ring * 0.6
  const bottom = foot({ ...sheet, brand: '' }, onPrimary)
  const whole = inner.height + (bottom ? 0 : footHeight)
  const room = Math.max(whole * 0.5, whole + margin - ringShows - unit * 0.3)
  const bar = { width: unit * 1.2, height: Math.max(2, unit * 0.12) }
  const gap = unit * 0.45
  const forWords = room - bar.height - gap
  const heading = fitWords(title, {
    width: inner.width,
    height: forWords * (text ? 0.66 : 1),
    most: unit * 1.35,
    least: unit * 0.5,
    bold: true,
    leading: 1.1,
  })
  const below = fitWords(text, {
    width: inner.width,
    height: forWords - heading.height - gap * 0.7,
    most: unit * 0.55,
    least: unit * 0.34,
  })
  const side = mirrored ? 'left' : 'right'
  return column(
    {
      width,
      height,
      padding,
      position: 'relative',
      overflow: 'hidden',
      backgroundColor: css(palette.primary),
      justifyContent: 'space-between',
    },
    area({
      position: 'absolute',
      top: -ring + ringShows,
      [side]: -ring + ringShows,
      width: ring,
      height: ring,
      borderRadius: ring,
      border: `${Math.max(2, Math.round(unit * 0.7))}px solid ${accent}`,
    }),
    footHeight > 0 &&
      setWords(
        fitWords(brand, {
          width: inner.width - ringShows,
          height: unit * 0.6,
          most: unit * 0.42,
          least: unit * 0.3,
          bold: true,
        }),
        onPrimary,
        { mirrored, alignSelf: mirrored ? 'flex-end' : 'flex-start' },
      ),
    column(
      { width: inner.width, flexGrow: 1, justifyContent: 'flex-end' },
      row(
        { width: inner.width, justifyContent: mirrored ? 'flex-end' : 'flex-start', marginBottom: gap },
        area({ ...bar, backgroundColor: accent }),
      ),
      setWords(heading, onPrimary, { mirrored }),
      text !== '' && setWords(below, onPrimary, { mirrored, marginTop: gap * 0.7 }),
    ),
    bottom,
  )
}
