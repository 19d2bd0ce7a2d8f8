import { getDocumentProxy } from 'unpdf'
import { MAX_CHARACTERS, plainLetters } from '../clean-text.ts'
import { type Block, toMarkdown } from '../markdown.ts'
import { changeText, type PagedText, type PageStart } from '../page-starts.ts'
import { damaged, locked, scanned, unmappedFonts } from '../unreadable.ts'
import { CharacterMaps } from './character-maps.ts'
import { regionsOf } from './columns.ts'
import { joinPages } from './join-pages.ts'
import { rowsOf, type Segment, segmentsOf } from './lines.ts'
import { stretchesOf } from './loose-tables.ts'
import { type PagePieces, type PdfDocument, piecesOf } from './page-pieces.ts'
import { type Rules, rulesOf } from './page-rules.ts'
import { paragraphsOf, type Sizes, sizesOf } from './paragraphs.ts'
import { takeRuledTables } from './ruled-tables.ts'
import { headingsBySize, type TaggedBlock, taggedBlocks } from './tagged-blocks.ts'

const MAX_PAGES = 2_000

/** A page as far as it can be read without knowing the others: by its tags, or its segments for reading by looks. */
type Page = {
  number: number
  pieces: PagePieces
  tagged: TaggedBlock[] | null
  segments: Segment[]
  rules: Rules
}

/** The text of a PDF as Markdown in reading order: by its tags where the program that made it wrote them, by its looks where not. */
export const readPdf = async (
  bytes: Buffer,
  name: string,
  mostCharacters = MAX_CHARACTERS,
): Promise<PagedText & { truncated: boolean }> => {
  if (isCutOff(bytes)) throw damaged(name)
  const pdf = await open(bytes, name)
  const pages: Page[] = []
  let letters = 0
  let broken = 0
  const last = Math.min(pdf.numPages, MAX_PAGES)
  for (let number = 1; number <= last && letters <= mostCharacters; number++) {
    const page = await readPage(pdf, number).catch(() => null)
    if (!page) broken++
    else pages.push(page)
    letters += page?.pieces.pieces.reduce((sum, { text }) => sum + text.length, 0) ?? 0
  }
  if (pages.length === 0 || (letters === 0 && broken > 0)) throw damaged(name)
  const sizes = sizesOf(pages.flatMap(({ segments }) => segments.filter(({ table }) => !table)))
  const hasHeadings = pages.some(({ tagged }) => tagged?.some(({ kind }) => kind === 'heading'))
  const blocks = pages.map((page) =>
    (page.tagged && !hasHeadings
      ? headingsBySize(page.tagged, sizes)
      : (page.tagged ?? blocksByLooks(page, sizes))
    ).map((block) => ({ ...block, page: page.number })),
  )
  const starts: PageStart[] = []
  const written = toMarkdown(joinPages(blocks), ({ page }, at) => {
    if (page !== starts.at(-1)?.page) starts.push({ page, at })
  })
  const { text, pages: onPages = [] } = changeText({ text: written, pages: starts }, plainLetters)
  const readable = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
  const unmapped = text.match(/[\ue000-\uf8ff\ufffd]/g)?.length ?? 0
  if (unmapped > readable) throw unmappedFonts(name)
  if (readable === 0) throw scanned(name, pdf.numPages)
  return { text, pages: onPages, truncated: pages.length < pdf.numPages }
}

/**
 * A PDF ends with `startxref` and `%%EOF`. PDF.js repairs files that were cut off and gives what is left of them as if it were all; half of
 * somebody's notes must not pass as the whole. A linearized file says its length at its beginning, and its first end mark comes early.
 */
const isCutOff = (bytes: Buffer): boolean => {
  const tail = bytes.subarray(-4_096)
  if (!tail.includes('%%EOF') && !tail.includes('startxref')) return true
  const announced = /\/Linearized\b[^>]*?\/L\s+(\d+)/.exec(bytes.toString('latin1', 0, 1_024))?.[1]
  return announced !== undefined && Number(announced) > bytes.length
}

const open = async (bytes: Buffer, name: string): Promise<PdfDocument> => {
  try {
    // Pictures are not decoded: text needs none, and they are where time and memory go. Level 0 keeps PDF.js from the console.
    return await getDocumentProxy(new Uint8Array(bytes), {
      maxImageSize: 1,
      verbosity: 0,
      enableXfa: false,
      useWorkerFetch: false,
      BinaryDataFactory: CharacterMaps,
    })
  } catch (error) {
    throw (error as Error).name === 'PasswordException' ? locked(name) : damaged(name)
  }
}

const readPage = async (pdf: PdfDocument, number: number): Promise<Page> => {
  const page = await pdf.getPage(number)
  const pieces = await piecesOf(page)
  const tagged = await taggedBlocks(page, pieces.pieces)
  let segments = segmentsOf(pieces.pieces)
  let rules: Rules = { horizontal: [], vertical: [] }
  // Drawn lines matter only where text stands side by side; finding them costs as much as the text.
  if (!tagged && rowsOf(segments).some((row) => row.segments.length > 1)) {
    rules = await rulesOf(page, pieces).catch(() => rules)
    const { tables, rest } = takeRuledTables(pieces.pieces, rules)
    segments = [...tables, ...segmentsOf(rest)]
  }
  page.cleanup()
  return { number, pieces, tagged, segments, rules }
}

const blocksByLooks = ({ pieces, segments, rules }: Page, sizes: Sizes): Block[] => {
  const blocks = regionsOf(segments).flatMap((region) => regionBlocks(region, rules, sizes))
  const rotated = pieces.rotated.join(' ')
  return rotated ? [...blocks, { kind: 'paragraph', text: rotated }] : blocks
}

const regionBlocks = (region: Segment[], rules: Rules, sizes: Sizes): Block[] =>
  stretchesOf(rowsOf(region), rules.horizontal).flatMap((stretch): Block[] => {
    if (stretch.table) return [{ kind: 'table', rows: stretch.table }]
    const blocks: Block[] = []
    let lines: Segment[] = []
    const flush = () => {
      if (lines.length > 0) blocks.push(...paragraphsOf(lines, sizes))
      lines = []
    }
    for (const row of stretch.rows) {
      const table = row.segments[0]?.table
      if (table) {
        flush()
        blocks.push({ kind: 'table', rows: table })
      } else lines.push(asLine(row.segments))
    }
    flush()
    return blocks
  })

/** A line of several parts (a date at the right margin) keeps them apart. */
const asLine = (segments: readonly Segment[]): Segment => ({
  ...segments[0]!,
  text: segments.map(({ text }) => text).join('  '),
  right: segments.at(-1)!.right,
})
