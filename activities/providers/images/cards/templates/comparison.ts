import type { Chart } from '../../../../../shared/contract/slides.ts'
import { area, column, type Element, row } from '../element.ts'
import { fitWords, setWords } from '../fit-words.ts'
import { readSides, type Side } from '../read-sides.ts'
import { css, foot, type Sheet } from '../sheet.ts'
import type { CardWords } from '../template.ts'

/** The sides beside each other, or below each other on a standing card. */
export function layComparison(
  sheet: Sheet,
  { title, text, chart }: CardWords & { chart?: Chart | undefined },
): Element {
  const { width, height, unit, padding, inner, palette, mirrored } = sheet
  const sides = readSides(text, chart)
  const head = title || chart?.title?.trim() || ''
  const heading = head
    ? fitWords(head, {
        width: inner.width,
        height: inner.height * 0.26,
        most: unit * 0.7,
        least: unit * 0.42,
        bold: true,
        leading: 1.12,
      })
    : undefined
  const gap = unit * 0.45
  const stands = inner.height > inner.width * 1.1
  const forSides = inner.height - (heading ? heading.height + gap : 0)
  const share = (whole: number) => (whole - gap * (sides.length - 1)) / sides.length
  const panel = stands
    ? { width: inner.width, height: share(forSides) }
    : { width: share(inner.width), height: forSides }
  const flow = stands ? 'column' : mirrored ? 'row-reverse' : 'row'
  return column(
    { width, height, padding, backgroundColor: '#ffffff' },
    heading && setWords(heading, css(palette.primaryText), { mirrored, marginBottom: gap }),
    row(
      { width: inner.width, flexGrow: 1, flexDirection: flow, justifyContent: 'space-between' },
      ...laySides(sides, panel, sheet),
    ),
    foot(sheet, css(palette.quiet)),
  )
}

function laySides(sides: Side[], panel: { width: number; height: number }, sheet: Sheet): Element[] {
  const { unit, palette, mirrored } = sheet
  const pad = Math.min(unit * 0.5, panel.width * 0.09, panel.height * 0.12)
  const rule = Math.max(2, unit * 0.12)
  const room = { width: panel.width - pad * 2, height: panel.height - pad * 2 - rule }
  const names = sides.map(({ name }) =>
    fitWords(name, {
      width: room.width,
      height: room.height * 0.3,
      most: unit * 0.6,
      least: unit * 0.3,
      bold: true,
      leading: 1.2,
    }),
  )
  // Beside each other they are read as one: each kind of text has one size on all sides.
  const nameSize = Math.min(...names.map(({ size }) => size))
  const figures = sides.map(({ figure }) =>
    figure === undefined
      ? undefined
      : fitWords(figure, {
          width: room.width,
          height: room.height * 0.32,
          most: unit * 2,
          least: unit * 0.4,
          bold: true,
          leading: 1.15,
        }),
  )
  const figureSize = Math.min(...figures.map((one) => one?.size ?? Number.POSITIVE_INFINITY))
  const lines = sides.map(({ name, lines: said }, index) =>
    fitWords(said.join('\n'), {
      width: room.width,
      height:
        room.height - (name ? (names[index]?.height ?? 0) + pad * 0.5 : 0) - (figures[index]?.height ?? 0),
      most: Math.max(unit * 0.42, Math.min(unit * 0.62, room.height * 0.07)),
      least: unit * 0.26,
      leading: 1.35,
    }),
  )
  const lineSize = Math.min(...lines.filter(({ text }) => text).map(({ size }) => size))
  const even = (fitted: (typeof names)[number], size: number) =>
    fitWords(fitted.text, { ...fitted.room, most: size, least: size })
  return sides.map(({ name, lines: said }, index) => {
    const colour = index === 0 ? palette.primary : palette.accent
    const text = index === 0 ? palette.primaryText : palette.accentText
    const [nameWords, figureWords, lineWords] = [names[index], figures[index], lines[index]]
    return column(
      { ...panel, flexShrink: 0, backgroundColor: css(palette.wash) },
      area({ width: panel.width, height: rule, backgroundColor: css(index > 1 ? palette.quiet : colour) }),
      column(
        { padding: pad, width: panel.width },
        name !== '' && nameWords && setWords(even(nameWords, nameSize), css(palette.body), { mirrored }),
        figureWords &&
          setWords(even(figureWords, figureSize), css(index > 1 ? palette.body : text), { mirrored }),
        said.length > 0 &&
          lineWords &&
          setWords(even(lineWords, lineSize), css(palette.body), {
            mirrored,
            marginTop: name !== '' || figureWords ? pad * 0.5 : 0,
          }),
      ),
    )
  })
}
