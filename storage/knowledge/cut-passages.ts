import type { Passage } from '../../shared/contract/knowledge.ts'
import type { PagedText } from '../text/page-starts.ts'

/** Characters of a passage: some 250 words, of which several fit into a prompt and each is about one thing. */
const most = 1_500
/** A section's end that is shorter goes with what stands before it. */
const least = 200

interface Block {
  at: number
  text: string
  heading: string | null
}

/**
 * Cuts a document's text along its headings, pages and paragraphs. What is longer than a passage is cut at sentences, then
 * at words.
 */
export function cutPassages({ text, pages = [] }: PagedText): Passage[] {
  const passages: Passage[] = []
  let turned = -1
  for (const block of blocksOf(text)) {
    while ((pages[turned + 1]?.at ?? Number.POSITIVE_INFINITY) <= block.at) turned++
    const page = pages[turned]?.page ?? null
    const last = passages.at(-1)
    const room = block.text.length < least ? most + least : most
    const goesOn =
      last?.heading === block.heading && last.page === page && last.text.length + block.text.length <= room
    if (goesOn) last.text += `\n\n${block.text}`
    else passages.push({ heading: block.heading, page, offset: block.at, text: block.text })
  }
  return passages
}

const headingLine = /^(#{1,6}) +(.*?)(?: +#+)?$/

/** Paragraphs, lists, tables and code under their headings, none longer than a passage. */
function* blocksOf(text: string): Generator<Block> {
  const above: string[] = []
  let heading: string | null = null
  let headingAt: number | undefined
  for (const paragraph of paragraphsOf(text)) {
    const [, marks, words = ''] = headingLine.exec(paragraph.text) ?? []
    if (marks === undefined) {
      headingAt = undefined
      for (const piece of shorten(paragraph)) yield { ...piece, heading }
      continue
    }
    // A heading with nothing under it says something all the same.
    above.length = marks.length - 1
    above[marks.length - 1] = words
    heading = above.filter(Boolean).join(' › ').slice(0, 300) || null
    headingAt = paragraph.at
  }
  if (headingAt !== undefined && heading) yield { at: headingAt, text: heading, heading }
}

/** Stretches without an empty line between; a heading is one of its own. Code keeps its empty lines. */
function* paragraphsOf(text: string): Generator<{ at: number; text: string }> {
  let start: number | undefined
  let isCode = false
  let at = 0
  const upTo = (end: number) => ({ at: start as number, text: text.slice(start, end).trimEnd() })
  while (at < text.length) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(at, Math.min(end, at + 400))
    const isFence = /^\s*(```|~~~)/.test(line)
    const isHeading = !isCode && end - at < 400 && headingLine.test(line)
    const isBlank = end - at < 400 && line.trim() === ''
    if (start !== undefined && !isCode && (isHeading || isBlank)) {
      yield upTo(at)
      start = undefined
    }
    if (isHeading) yield { at, text: line }
    else if (!isBlank || isCode) start ??= at
    if (isFence) isCode = !isCode
    at = end + 1
  }
  if (start !== undefined) yield upTo(text.length)
}

/** Pieces of a paragraph that is longer than a passage. */
function* shorten({ at, text }: { at: number; text: string }): Generator<{ at: number; text: string }> {
  for (let from = 0; from < text.length; ) {
    const end = text.length - from <= most ? text.length : from + lengthOf(text.slice(from, from + most))
    const piece = text.slice(from, end).trimEnd()
    if (piece) yield { at: at + from, text: piece }
    from = end
    while (/\s/.test(text[from] ?? '')) from++
  }
}

/** Where a piece may end: behind its last line or sentence, else its last word, else anywhere but inside a character. */
function lengthOf(piece: string): number {
  const half = piece.length / 2
  const line = piece.lastIndexOf('\n')
  if (line > half) return line
  const sentence = [...piece.matchAll(/[.!?…。！？]["”’»)\]]*(?:\s|(?=\p{Script=Han}))/gu)].at(-1)
  if (sentence && sentence.index > half) return sentence.index + sentence[0].length
  const word = piece.lastIndexOf(' ')
  if (word > half) return word
  return /[\ud800-\udbff]$/.test(piece) ? piece.length - 1 : piece.length
}
