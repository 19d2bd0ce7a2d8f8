import type { Block } from '../markdown.ts'
import type { Segment } from './lines.ts'

/** What the whole document tells about its type: the size of running text, and the larger sizes as levels of headings. */
export type Sizes = { body: number; headings: number[] }

/** A heading's letters are at least this much larger than running text. */
const HEADING = 1.15
/** A gap this much wider than the usual one between lines parts paragraphs. */
const PARAGRAPH_GAP = 1.3
const BULLET = /^[•◦▪‣●○■□►➢✓✔·\uf0b7\uf0a7\uf0d8\u2023\u2043]\s*|^[–—*-]\s+/u
const NUMBER = /^(\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)])\s+(?=\S)/

export const sizesOf = (segments: readonly Segment[]): Sizes => {
  const letters = new Map<number, number>()
  for (const { size, text } of segments) letters.set(half(size), (letters.get(half(size)) ?? 0) + text.length)
  const body = [...letters].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 10
  return {
    body,
    headings: [...letters.keys()].filter((size) => size >= body * HEADING).sort((a, b) => b - a),
  }
}

const half = (size: number) => Math.round(size * 2) / 2

/** Lines of one column as headings, list items and paragraphs. */
export const paragraphsOf = (lines: readonly Segment[], sizes: Sizes): Block[] => {
  const leading = usualLeading(lines)
  const edge = Math.max(...lines.map(({ right }) => right))
  const groups: Segment[][] = []
  for (const line of lines) {
    const group = groups.at(-1)
    if (group && belongs(group, line, leading, edge)) group.push(line)
    else groups.push([line])
  }
  const margin = Math.min(...lines.map(({ x }) => x))
  return groups.map((group) => toBlock(group, sizes, edge, margin))
}

const belongs = (group: readonly Segment[], line: Segment, leading: number, edge: number): boolean => {
  const before = group.at(-1)!
  const gap = (line.y - before.y) / line.size
  if (Math.abs(line.size - before.size) > 0.1 * before.size) return false
  if (gap > Math.max(leading, 1) * PARAGRAPH_GAP || gap < 0) return false
  if (
    isItem(line.text) &&
    !(NUMBER.test(line.text) && reachesEdge(before, line, edge) && !isItem(group[0]!.text))
  )
    return false
  // A first line set in begins a paragraph, unless it hangs below its bullet or number.
  return isItem(group[0]!.text) || line.x - before.x < 0.9 * line.size || group.length === 1
}

const isItem = (text: string) => BULLET.test(text) || NUMBER.test(text)

const usualLeading = (lines: readonly Segment[]): number => {
  const gaps = lines
    .slice(1)
    .map((line, index) => (line.y - lines[index]!.y) / line.size)
    .filter((gap) => gap > 0.8 && gap < 2.2)
    .sort((a, b) => a - b)
  // Lines within paragraphs are the closer ones, also where most paragraphs are short.
  return gaps[Math.floor(gaps.length / 3)] ?? 1.5
}

const toBlock = (group: readonly Segment[], sizes: Sizes, edge: number, margin: number): Block => {
  const text = joinLines(group, edge)
  const heading = asHeading(text, group[0]!.size, sizes)
  if (heading) return heading
  const depth = group[0]!.x > margin + 3 * sizes.body ? 1 : 0
  const item = unlabelled(text)
  return item ? { kind: 'item', depth, ...item } : { kind: 'paragraph', text }
}

/** Set in larger letters and short enough for a heading, with its level among the document's larger sizes. */
export const asHeading = (text: string, size: number, sizes: Sizes): Block | undefined => {
  const level = sizes.headings.indexOf(half(size)) + 1
  return level > 0 && text.length < 200
    ? { kind: 'heading', level, text: text.replaceAll('\n', ' ') }
    : undefined
}

/** A list item without its bullet, which becomes `-`, or its number, which stays. Undefined when it is none. */
export const unlabelled = (text: string): { marker: string; text: string } | undefined => {
  const label = BULLET.exec(text) ?? NUMBER.exec(text)
  return label ? { marker: label[1] ?? '-', text: text.slice(label[0].length) } : undefined
}

export type Line = { text: string; x: number; right: number }

/**
 * Lines of a paragraph as running text. Where the next word would have fitted on the line, the break was meant (an address, a verse) and
 * stays. A hyphen at the end of a line stays too: whether it belongs to the word, only a dictionary knows, except for the soft hyphen.
 */
export const joinLines = (lines: readonly Line[], edge: number): string => {
  let text = ''
  let before: Line | undefined
  for (const line of lines) {
    if (!before) text = line.text
    else if (text.endsWith('\u00ad')) text = text.slice(0, -1) + line.text
    else if (!reachesEdge(before, line, edge)) text += `\n${line.text}`
    else if (/\p{L}-$/u.test(text) && /^\p{L}/u.test(line.text)) text += line.text
    else if (isUnspaced(text.at(-1)) && isUnspaced(line.text[0])) text += line.text
    else text += ` ${line.text}`
    before = line
  }
  return text.replaceAll('\u00ad', '')
}

const reachesEdge = (before: Line, line: Line, edge: number): boolean => {
  const unit = (line.right - line.x) / Math.max(1, line.text.length)
  const word = isUnspaced(line.text[0]) ? 2 : line.text.split(/\s/, 1)[0]!.length + 1
  // Half a letter of tolerance: widths are estimated from the mean letter.
  return before.right + unit * (word - 0.5) >= edge - unit * 2
}

/** Chinese, Japanese and Thai are written without spaces between words. */
const isUnspaced = (letter: string | undefined) =>
  letter !== undefined &&
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\u3000-\u303f\uff00-\uffef]/u.test(
    letter,
  )
