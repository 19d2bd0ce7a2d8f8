import type { Palette } from '../look/colour.ts'
import { showDate } from '../look/show-date.ts'
import type { DocumentRequest } from '../port.ts'
import { type body, bodyBesideChart, bodyText, footer, slide, title } from './frame.ts'
import type { Master, Placeholder, RunOptions } from './library.ts'

type Part = NonNullable<Master['objects']>[number]

export type MasterName = 'Cover' | 'Section' | 'Title only' | 'Title and text' | 'Text and chart'

/** The five layouts; whoever edits the deck finds them under New Slide. */
export const mastersOf = (request: DocumentRequest, palette: Palette): Master[] => {
  const heading = placeholder('Title', 'title', title, {
    fontSize: 32,
    bold: true,
    color: palette.primaryText,
    valign: 'middle',
  })
  const text = (box: typeof body) =>
    placeholder('Body', 'body', box, { fontSize: 24, color: palette.body, valign: 'top' })
  const content = (name: MasterName, ...more: Part[]): Master => ({
    title: name,
    background: { color: 'FFFFFF' },
    objects: [
      // A mark at the edge, level with the title.
      { rect: { x: 0, y: title.y + 0.1, w: 0.16, h: title.h - 0.2, fill: { color: palette.accent } } },
      ...furniture(request, palette.quiet),
      heading,
      ...more,
    ],
    slideNumber: slideNumber(palette.quiet),
  })
  return [
    cover(request, palette),
    section(request, palette),
    content('Title only'),
    content('Title and text', text(bodyText)),
    content('Text and chart', text(bodyBesideChart)),
  ]
}

const band = 1.35

const cover = ({ brand, label, date, timeZone }: DocumentRequest, palette: Palette): Master => ({
  title: 'Cover' satisfies MasterName,
  background: { color: 'FFFFFF' },
  objects: [
    { rect: { x: 0, y: 0, w: slide.w, h: slide.h - band, fill: { color: palette.primary } } },
    { rect: { x: 0, y: slide.h - band, w: slide.w, h: 0.1, fill: { color: palette.accent } } },
    placeholder(
      'Title',
      'title',
      { x: 0.95, y: 1.1, w: 10.6, h: 2.75 },
      {
        fontSize: 48,
        bold: true,
        color: palette.onPrimary,
        valign: 'bottom',
      },
    ),
    placeholder(
      'Subtitle',
      'body',
      { x: 0.95, y: 4.05, w: 10.6, h: 1.55 },
      {
        fontSize: 24,
        color: palette.onPrimary,
        valign: 'top',
      },
    ),
    text(
      brand.name,
      { x: 0.95, y: 6.4, w: 6.6, h: 0.75 },
      { fontSize: 18, bold: true, color: palette.primaryText },
    ),
    text(
      showDate(date, timeZone),
      { x: 7.8, y: label ? 6.36 : 6.4, w: 4.6, h: label ? 0.45 : 0.75 },
      { fontSize: 16, color: palette.body, align: 'right' },
    ),
    ...(label
      ? [
          text(
            label,
            { x: 7.8, y: 6.78, w: 4.6, h: 0.35 },
            { fontSize: 12, italic: true, color: palette.quiet, align: 'right' },
          ),
        ]
      : []),
  ],
})

const section = (request: DocumentRequest, palette: Palette): Master => ({
  title: 'Section' satisfies MasterName,
  background: { color: palette.primary },
  objects: [
    { rect: { x: 0.95, y: 4.55, w: 1.6, h: 0.09, fill: { color: palette.accent } } },
    placeholder(
      'Title',
      'title',
      { x: 0.95, y: 2.2, w: 10.6, h: 2.15 },
      {
        fontSize: 40,
        bold: true,
        color: palette.onPrimary,
        valign: 'bottom',
      },
    ),
    ...furniture(request, palette.onPrimary),
  ],
  slideNumber: slideNumber(palette.onPrimary),
})

/** Whose slide it is and where its words come from; the number stands at the other end. */
const furniture = ({ brand, label }: DocumentRequest, color: string): Part[] => [
  text(
    label ? `${brand.name}  ·  ${label}` : brand.name,
    { x: footer.left, y: footer.y, w: 9, h: footer.h },
    { fontSize: 12, color },
  ),
]

const slideNumber = (color: string) => ({
  x: footer.right - 1,
  y: footer.y,
  w: 1,
  h: footer.h,
  margin: 0,
  fontSize: 12,
  color,
  align: 'right' as const,
  valign: 'middle' as const,
})

const text = (words: string, box: typeof body, options: RunOptions): Part => ({
  text: { text: words, options: { ...box, margin: 0, valign: 'middle', ...options } },
})

const placeholder = (
  name: string,
  type: 'title' | 'body',
  box: typeof body,
  look: Omit<Placeholder, 'name' | 'type' | 'x' | 'y' | 'w' | 'h'>,
): Part => {
  // `objectName`, which the library's type forgets, is what the selection pane and screen readers call it.
  const options = { name, type, objectName: name, ...box, margin: 0, align: 'left' as const, ...look }
  return { placeholder: { options, text: '' } }
}
