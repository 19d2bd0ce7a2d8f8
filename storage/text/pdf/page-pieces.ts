import type { getDocumentProxy } from 'unpdf'

export type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>
export type PdfPage = Awaited<ReturnType<PdfDocument['getPage']>>

/**
 * A run of text at its place on the upright page, in points from the top left; `y` is the baseline. On pages written from right to left x is
 * mirrored, so that everything after this reads such a page like any other.
 */
export type Piece = {
  text: string
  x: number
  right: number
  y: number
  size: number
  /** The PDF wrote a space before it, however narrow. */
  spaced: boolean
  rightToLeft: boolean
  /** It runs against the direction in which the page is read: Arabic on an English page. */
  against: boolean
  /** The marked content it belongs to, in tagged PDFs; `artifact` is page furniture such as a running head. */
  mark?: string
  artifact: boolean
}

type Content = Awaited<ReturnType<PdfPage['getTextContent']>>['items'][number]

/** `rotated` holds what is not upright (labels on axes, stamps): readable, but outside of the page's lines. */
export type PagePieces = {
  pieces: Piece[]
  rotated: string[]
  mirrored: boolean
  width: number
  height: number
}

export const piecesOf = async (page: PdfPage): Promise<PagePieces> => {
  const viewport = page.getViewport({ scale: 1 })
  const content = await page.getTextContent({ includeMarkedContent: true })
  const pieces: Piece[] = []
  const rotated: string[] = []
  const marks: { id?: string; artifact: boolean }[] = []
  let rightToLeft = 0
  let spaced = false
  for (const item of content.items) {
    if (!('str' in item)) {
      followMarks(marks, item)
      continue
    }
    if (item.str.trim() === '') {
      spaced ||= item.str !== ''
      continue
    }
    const [a, b, c, d, x, y] = multiply(viewport.transform, item.transform)
    // Up to 8° is a slanted scan or a lively design; more is another direction.
    if (a <= 0 || Math.abs(b) > Math.abs(a) * 0.15) {
      rotated.push(item.str.trim())
      continue
    }
    const size = Math.hypot(c, d) || 1
    const mark = marks.findLast(({ id }) => id)?.id
    const artifact = marks.some((each) => each.artifact)
    if (item.dir === 'rtl') rightToLeft += item.str.length
    pieces.push(
      ...atWideSpaces({
        text: item.str,
        x,
        right: x + item.width,
        y,
        size,
        spaced,
        rightToLeft: item.dir === 'rtl',
        against: item.dir === 'rtl',
        artifact,
        ...(mark && { mark }),
      }),
    )
    spaced = /\s$/.test(item.str)
  }
  const mirrored = rightToLeft > pieces.reduce((sum, { text }) => sum + text.length, 0) / 2
  if (mirrored)
    for (const piece of pieces) {
      ;[piece.x, piece.right] = [viewport.width - piece.right, viewport.width - piece.x]
      piece.against = !piece.against
    }
  return { pieces, rotated, mirrored, width: viewport.width, height: viewport.height }
}

const followMarks = (
  marks: { id?: string; artifact: boolean }[],
  item: Exclude<Content, { str: string }>,
) => {
  // PDF.js gives the tag, but its types leave it out.
  const { tag } = item as { tag?: string }
  if (item.type === 'endMarkedContent') marks.pop()
  else marks.push({ ...(item.id && { id: item.id }), artifact: tag === 'Artifact' })
}

/** Reports set in a typewriter face make their columns of spaces; each column becomes a piece of its own. */
const atWideSpaces = (piece: Piece): Piece[] => {
  const parts = [...piece.text.matchAll(/\S+(?:\s{1,2}\S+)*/g)]
  if (parts.length < 2) return [{ ...piece, text: piece.text.trim() }]
  const unit = (piece.right - piece.x) / piece.text.length
  return parts.map((part, index) => ({
    ...piece,
    text: part[0],
    spaced: index > 0 || piece.spaced,
    x: piece.x + part.index * unit,
    right: piece.x + (part.index + part[0].length) * unit,
  }))
}

type Matrix = readonly [number, number, number, number, number, number]

export const multiply = (m: readonly number[], n: readonly number[]): Matrix => {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = m
  const [g = 1, h = 0, i = 0, j = 1, k = 0, l = 0] = n
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f]
}
