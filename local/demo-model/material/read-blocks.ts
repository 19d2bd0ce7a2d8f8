import { readVerticalTable, rowsOfLines } from './read-tables.ts'
import { endsSentence } from './split-sentences.ts'
import { topicOf } from './topics.ts'

/** A document as it was meant, before its lines were broken: what extraction from a PDF loses and Markdown still says. */
export type TextBlock =
  | { kind: 'heading'; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'item'; text: string; number?: number }
  | { kind: 'table'; head: string[]; rows: string[][] }

const bullet = /^\s*(?:[-*+•●▪◦‣·–—]\s+|\[[ x]\]\s+)(?=\S)/
/** "Slide 2: How it was introduced": where it stood says nothing of what it is about. */
const slideNumber = /^(?:slide|page|folie|seite) \d+(?::\s*|$)/i
const numbered = /^\s*(\d{1,2})[.)]\s+(?=\S)/
const quiet = (text: string) =>
  text
    .replace(/[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}/g, '')
    .replace(/\\([\\.()\-|*_#])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()

export const readBlocks = (text: string): TextBlock[] => {
  const lines = text
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.replace(/\s+$/, ''))
  const full =
    lines
      .map((line) => line.length)
      .sort((a, b) => a - b)
      .at(Math.floor(lines.length * 0.8)) ?? 80
  const blocks: TextBlock[] = []
  /** The paragraph or item that the next line may continue. */
  let open: (TextBlock & { kind: 'paragraph' | 'item' }) | undefined
  let fenced = false

  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    const before = lines[at - 1]?.trim() ?? ''
    if (/^\s*```/.test(line)) {
      fenced = !fenced
      open = undefined
      continue
    }
    if (fenced) continue
    if (line.trim() === '' || /^\s*([-*_=]\s*){3,}$/.test(line)) {
      open = undefined
      continue
    }
    const markdown = /^\s*#{1,6}\s+(.+?)#*$/.exec(line)
    if (markdown) {
      open = undefined
      const named = quiet(markdown[1]!).replace(slideNumber, '')
      if (named) blocks.push({ kind: 'heading', text: named })
      continue
    }
    const table =
      readPipeTable(lines, at) ??
      readVerticalTable(lines, at) ??
      readLostTable(lines, at, blocks.at(-1), text)
    if (table) {
      open = undefined
      blocks.push({ kind: 'table', head: table.head, rows: table.rows })
      at = table.next - 1
      continue
    }
    if (bullet.test(line) || numbered.test(line)) {
      const number = numbered.exec(line)?.[1]
      open = {
        kind: 'item',
        text: quiet(line.replace(bullet, '').replace(numbered, '')),
        ...(number && { number: Number(number) }),
      }
      blocks.push(open)
      continue
    }
    if (blocks.length === 0 && isTitleOverTwoLines(lines, at)) {
      blocks.push({ kind: 'heading', text: quiet(`${line} ${lines[at + 1]}`) })
      at++
      continue
    }
    if (isHeading(lines, at, blocks)) {
      open = undefined
      blocks.push({ kind: 'heading', text: quiet(line).replace(/:$/, '') })
      continue
    }
    // Texts without any break are cut now and then, as each line added costs the whole paragraph.
    const endless = open !== undefined && open.text.length > (endsSentence(before) ? 3_000 : 12_000)
    const startsAnew =
      endsSentence(before) &&
      !/^\s*\p{Ll}/u.test(line) &&
      (open?.kind === 'item' || before.length < full * 0.6 || /^[\p{Lu}][\p{L} ]{1,24}: /u.test(line))
    if (open && !startsAnew && !endless) open.text = quiet(joinLines(open.text, line.trim(), text))
    else {
      open = { kind: 'paragraph', text: quiet(line) }
      blocks.push(open)
    }
  }
  return blocks.flatMap(splitRunIn)
}

/** A word broken at the end of a line loses its hyphen, unless it is written with one elsewhere or its first half is a word of its own. */
const joinLines = (before: string, line: string, whole: string): string => {
  const broken = /(\p{L}+)-$/u.exec(before)
  const rest = /^\p{Ll}+/u.exec(line)?.[0]
  if (!broken || !rest) return `${before} ${line}`
  const first = broken[1]!
  const isWord =
    new RegExp(`(?<![\\p{L}-])${first}(?![\\p{L}-])`, 'iu').test(whole) || compounds.has(first.toLowerCase())
  const keeps = whole.includes(`${first}-${rest}`) || (isWord && !whole.includes(first + rest))
  return before.slice(0, keeps ? undefined : -1) + line
}
const compounds = new Set(
  'small large long short high low real self well cold warm open read third first second two three four five six ten half full part year end time non low mid non co cross multi single on off follow'.split(
    ' ',
  ),
)

/** Without Markdown a heading is a short line that ends like no sentence, and stands after one that does. */
const isHeading = (lines: readonly string[], at: number, blocks: readonly TextBlock[]): boolean => {
  const line = lines[at]!.trim()
  const next = lines
    .slice(at + 1, at + 20)
    .find((each) => each.trim() !== '')
    ?.trim()
  const before = lines[at - 1]?.trim() ?? ''
  const short = line.length <= 60 && line.split(/\s+/).length <= 8
  if (!short || !next || !/^[\p{Lu}\d]/u.test(line) || /[.,;!…]$|[.!?] \p{Lu}/u.test(line)) return false
  if (/ (?:a|an|the|of|to|in|on|at|by|for|with|from|and|or|that|which)$/i.test(line)) return false
  if (line.endsWith(':')) return line.split(/\s+/).length <= 5 && before === ''
  if (!/^[\p{Lu}\d"“„(•*-]/u.test(next) && !bullet.test(next)) return false
  if (blocks.length === 0) return !/^\p{L}+ \p{L}+, /u.test(line) || before === ''
  const known = line.split(/\s+/).length <= 4 && topicOf(line) !== undefined && !/\d/.test(line)
  if (known) return true
  return !/\d/.test(line) && (before === '' || endsSentence(before)) && blocks.at(-1)?.kind !== 'heading'
}

/** "Cold-chain telemetry in the Nordics, / autumn 2026 / Internal brief. …" */
const isTitleOverTwoLines = (lines: readonly string[], at: number): boolean => {
  const [first = '', second = '', third = ''] = lines.slice(at, at + 3).map((line) => line.trim())
  const goesOn = first.endsWith(',') || /^\p{Ll}/u.test(second)
  return (
    goesOn &&
    first.length <= 60 &&
    second.length <= 40 &&
    second !== '' &&
    !/[.!?]/.test(first + second) &&
    /^(?:\p{Lu}|$)/u.test(third)
  )
}

const readPipeTable = (lines: readonly string[], at: number) => {
  const cells = (line = '') =>
    line
      .trim()
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => quiet(cell.replaceAll('\\|', '|')))
  const isRow = (line = '') => /^\s*\|.*\|\s*$/.test(line)
  const isRule = (line = '') => /^\s*\|?(\s*:?-{2,}:?\s*\|)+\s*(:?-{2,}:?\s*)?\|?\s*$/.test(line)
  if (!isRow(lines[at]) || !(isRule(lines[at + 1]) || isRow(lines[at + 1]))) return undefined
  let next = at
  const rows: string[][] = []
  for (; isRow(lines[next]); next++) if (!isRule(lines[next])) rows.push(cells(lines[next]))
  const [head = [], ...body] = rows
  return { head, rows: body, next }
}

/** Three lines or more under a heading, none a sentence, some with figures: a table whose columns the PDF lost. */
const readLostTable = (
  lines: readonly string[],
  at: number,
  before: TextBlock | undefined,
  whole: string,
) => {
  if (before?.kind !== 'heading') return undefined
  let next = at
  for (; next < lines.length; next++) {
    const line = lines[next]!.trim()
    if (line === '' || endsSentence(line) || bullet.test(line) || numbered.test(line) || line.startsWith('#'))
      break
    if (
      next > at &&
      line.split(/\s+/).length <= 3 &&
      !/\d/.test(line) &&
      /^\p{Lu}/u.test(line) &&
      topicOf(line) &&
      /^\p{Lu}/u.test(lines[next + 1]?.trim() ?? '')
    )
      break
  }
  // A last line that goes on into a sentence belongs to the paragraph after the table, which then is none.
  const region = lines.slice(at, next).map((line) => line.trim())
  if (region.length < 3 || region.filter((line) => /\d/.test(line)).length < 2) return undefined
  if (endsSentence(lines[next]?.trim() ?? '') && !/^[\p{Lu}\d#]/u.test(lines[next]!.trim())) return undefined
  const { head, rows } = rowsOfLines(region, whole)
  return rows.length >= 2 ? { head, rows, next } : undefined
}

/** "Risks. Coverage gaps remain …": a heading that runs into its paragraph. */
const splitRunIn = (block: TextBlock): TextBlock[] => {
  if (block.kind !== 'paragraph') return [block]
  const pieces = block.text.split(/(?<=[.!?] )(?=\p{Lu}[\p{Ll}]+(?: \p{Ll}+){0,3}\. \p{Lu})/u)
  const blocks = pieces.flatMap((piece): TextBlock[] => {
    const run = /^(\p{Lu}\p{Ll}{3,}(?: \p{Ll}+){0,3})\. (?=\p{Lu})/u.exec(piece)
    const text = piece.trim()
    return run && topicOf(run[1]!)
      ? [
          { kind: 'heading', text: run[1]! },
          { kind: 'paragraph', text: piece.slice(run[0].length).trim() },
        ]
      : [{ kind: 'paragraph', text }]
  })
  return blocks
}
