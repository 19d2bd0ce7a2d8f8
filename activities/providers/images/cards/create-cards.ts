import satori from 'satori'
import sharp from 'sharp'
import { legalText } from '../../documents/content/legal-text.ts'
import { alike } from '../../documents/pdf/typefaces.ts'
import { type Element, row } from './element.ts'
import { fontsFor, Letters } from './letters.ts'
import { plainText } from './plain-text.ts'
import type { CardRequest, Cards } from './port.ts'
import { CardProblem } from './problem.ts'
import { type Sheet, sheetOf } from './sheet.ts'
import { layChartCard } from './templates/chart.ts'
import { layComparison } from './templates/comparison.ts'
import { layCover } from './templates/cover.ts'
import { layQuote } from './templates/quote.ts'
import { layTitle } from './templates/title.ts'

/** Nobody reads more on a card, and setting a book would take the layout minutes. */
const longest = { title: 300, text: 2_000 }

export const createCards = (): Cards => ({
  async compose(given) {
    const request = tidy(legalText(given))
    const letters = new Letters()
    let svg = await draw(request, letters)
    const strangers = letters.strangers.size
    // Which letters are missing is known only when all have been looked for; a reader who meets a box should know that
    // it is not what was written.
    if (strangers > 0) svg = await draw(request, letters, noteOf(strangers))
    const bytes = await sharp(Buffer.from(svg)).png().toBuffer()
    return { bytes, strangers }
  },
})

async function draw(request: CardRequest, letters: Letters, note?: string): Promise<string> {
  const { size, title = '', text = '', chart } = request
  const card = lay[request.template](sheetOf(request, note), request)
  const { family, fonts } = await fontsFor(`${title} ${text} ${chart?.labels.join(' ') ?? ''}`)
  return satori(row({ ...size, fontFamily: family }, card) as Parameters<typeof satori>[0], {
    ...size,
    fonts,
    loadAdditionalAsset: letters.load,
  })
}

const noteOf = (strangers: number): string =>
  strangers === 1 ? 'A character has no font here' : `${strangers} characters have no font here`

const lay: Record<CardRequest['template'], (sheet: Sheet, request: CardRequest) => Element> = {
  cover: (sheet, request) => layCover(sheet, wordsOf(request)),
  title: (sheet, request) => layTitle(sheet, wordsOf(request)),
  quote: (sheet, request) => {
    const { title, text } = wordsOf(request)
    if (text === '') throw new CardProblem('A quote card needs "text": the words of somebody. It is empty.')
    return layQuote(sheet, { title, text })
  },
  // Its text is told apart into sides first.
  comparison: (sheet, { title = '', text = '', chart }) => layComparison(sheet, { title, text, chart }),
  chart: (sheet, request) => {
    const { chart, title = '', text = '' } = request
    if (!chart) throw new CardProblem('A chart card needs "chart": { type, labels, series }.')
    return layChartCard(sheet, { title, text: plainText(text), chart })
  },
}

/** A card of words without a title takes its text for one. */
function wordsOf({ template, title = '', text = '' }: CardRequest): { title: string; text: string } {
  const words = { title, text: plainText(text) }
  if (words.title === '' && words.text === '')
    throw new CardProblem(
      `The ${template} card has nothing to say: its title and text are empty. Check the templates that fill them.`,
    )
  return words.title === '' && template !== 'quote' ? { title: words.text, text: '' } : words
}

const tidy = (request: CardRequest): CardRequest => ({
  ...request,
  title: cut(
    signs(request.title ?? '')
      .replace(/\s+/g, ' ')
      .trim(),
    longest.title,
  ),
  text: cut(signs(request.text ?? '').trim(), longest.text),
})

/** Signs that people write as emoji, as the letters of the font have them. */
const signs = (text: string): string =>
  text.replace(/\p{Extended_Pictographic}\ufe0f?/gu, (sign) => alike[sign.replace('\ufe0f', '')] ?? sign)

const cut = (text: string, length: number): string => {
  const characters = [...text]
  return characters.length > length ? `${characters.slice(0, length).join('').trimEnd()}…` : text
}
