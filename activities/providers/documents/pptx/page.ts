import type { Chart } from '../../../../shared/contract/slides.ts'
import type { Palette } from '../look/colour.ts'
import { linesOf } from '../look/measure-text.ts'
import { isRightToLeft } from '../look/scripts.ts'
import { addChart } from './charts.ts'
import type { Deck, Page } from './deck.ts'
import { flow, type Sheet } from './flow.ts'
import { type Box, body, bodyBesideChart, bodyText, chartBesideBody, pointsPerInch, title } from './frame.ts'
import type { Presentation, RunOptions, Slide } from './library.ts'
import { type Piece, piecesOf } from './lines.ts'
import type { MasterName } from './masters.ts'
import { addBody, addPieces, fitsOneBox } from './pieces.ts'

export interface Scene {
  deck: Presentation
  palette: Palette
}

const add = ({ deck }: Scene, masterName: MasterName): Slide => deck.addSlide({ masterName })

export const addCover = (scene: Scene, cover: Deck['cover']): void => {
  const slide = add(scene, 'Cover')
  addTitle(slide, cover.title, { w: 10.6, h: 2.75 }, [48, 40, 32, 24, 20, 16])
  const subtitle = directed(cover.subtitle)
  slide.addText([{ text: cover.subtitle, options: { ...subtitle } }], { placeholder: 'Subtitle' })
  if (cover.notes) slide.addNotes(cover.notes)
}

/** As many slides as the page's words and charts need; only a title makes a section slide. */
export const addPage = (scene: Scene, page: Page): void => {
  const pieces = piecesOf(page.blocks)
  if (!pieces.length && !page.charts.length) {
    addSection(scene, page)
    return
  }
  const [first, ...others] = page.charts
  // A table of many columns needs the whole width: the chart then gets a slide of its own.
  const hasWideTable = pieces.some((piece) => piece.kind === 'rows' && piece.table.header.length > 3)
  const beside = pieces.length && !hasWideTable ? first : undefined
  const widths = { first: beside ? bodyBesideChart.w : widthFor(pieces), others: widthFor(pieces) }
  const sheets = pieces.length ? flow(pieces, widths, body.h) : []
  const alone = beside ? others : page.charts
  const slides: { sheet?: Sheet; chart?: Chart }[] = [
    ...sheets.map((sheet, index) => ({ sheet, ...(index === 0 && beside ? { chart: beside } : {}) })),
    ...alone.map((chart) => ({ chart })),
  ]
  for (const [index, { sheet, chart }] of slides.entries()) {
    const isText = sheet !== undefined && fitsOneBox(sheet.pieces)
    const slide = add(scene, isText ? (chart ? 'Text and chart' : 'Title and text') : 'Title only')
    addTitle(slide, index ? `${page.title} (${index + 1})` : page.title, title, [32, 28, 24, 20, 16, 14, 12])
    const box = chart ? bodyBesideChart : { ...body, w: index ? widths.others : widths.first }
    if (isText) addBody(slide, sheet, scene.palette)
    else if (sheet) addPieces(slide, sheet, box, scene.palette)
    if (chart) addChart(slide, chart, sheet ? chartBesideBody : body, scene.palette)
    if (index === 0 && page.notes) slide.addNotes(page.notes)
  }
}

const widthFor = (pieces: Piece[]): number =>
  pieces.some((piece) => piece.kind === 'rows') ? body.w : bodyText.w

const addSection = (scene: Scene, page: Page): void => {
  const slide = add(scene, 'Section')
  addTitle(slide, page.title, { w: 10.6, h: 2.15 }, [40, 32, 26, 20, 16])
  if (page.notes) slide.addNotes(page.notes)
}

/** The largest size that fits the title's box. */
const addTitle = (slide: Slide, text: string, box: Pick<Box, 'w' | 'h'>, sizes: number[]): void => {
  const fits = (size: number) =>
    linesOf(text, (box.w * pointsPerInch) / size / 1.06) * size * 1.2 <= box.h * pointsPerInch
  const fontSize = sizes.find(fits) ?? sizes.at(-1) ?? 12
  slide.addText([{ text, options: { fontSize, ...directed(text) } }], { placeholder: 'Title' })
}

const directed = (text: string): RunOptions => (isRightToLeft(text) ? { rtlMode: true, align: 'right' } : {})
